from __future__ import annotations

import torch

from skeletonllm.draction import DrAction, DrActionConfig
from skeletonllm.draction.renderers import get_renderer
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.synthesis import synthesize
from skeletonllm.training.looking import draw_watched

MOTIONS = [synthesize("hand waving", fps=10), synthesize("sit down", fps=10)]


def test_a_strip_shows_even_frames_from_left_to_right() -> None:
    renderer = DrAction(DrActionConfig(size=56))
    strips = draw_watched(renderer, MOTIONS, frames=2)
    assert strips.shape == (2, 3, 56, 112)
    assert not strips.requires_grad
    length = MOTIONS[0].num_frames
    batch = MotionBatch.from_motions(MOTIONS[:1])
    index = torch.tensor([[length // 4, 3 * length // 4]])
    alone = renderer(batch, index).frames[0]
    assert torch.cat(list(alone), dim=2).allclose(strips[0], atol=1e-5)


def test_strips_change_only_with_what_was_learned() -> None:
    renderer = DrAction(DrActionConfig(size=56))
    before = draw_watched(renderer, MOTIONS)
    assert draw_watched(renderer, MOTIONS).equal(before)
    with torch.no_grad():
        renderer.get_parameter("appearance.colour").add_(1)
    assert not draw_watched(renderer, MOTIONS).equal(before)


def test_a_renderer_that_learns_nothing_is_drawn_too() -> None:
    renderer = get_renderer("plain_projection", DrActionConfig(size=56))
    assert draw_watched(renderer, MOTIONS).shape == (2, 3, 56, 224)
