from __future__ import annotations

from dataclasses import replace

from skeletonllm.draction import DrAction, DrActionConfig
from skeletonllm.training.estimates import Workload
from skeletonllm.training.estimates.drawn_clip import draw_clip

SMALL = Workload(model="tiny", trains=("renderer",), num_frames=2, size=56)


def test_a_renderer_that_learns_keeps_more_the_more_it_draws() -> None:
    clip = draw_clip(SMALL, 14)
    own = sum(p.numel() for p in DrAction(DrActionConfig(size=56, patch=14)).parameters())
    assert clip.learns
    assert clip.parameters == own
    assert clip.patches.shape == (1, 2, 4, 4)
    assert clip.pictures == 2 * 3 * 56 * 56 * 4
    assert clip.saved > clip.pictures
    assert draw_clip(replace(SMALL, num_frames=6), 14).saved > 1.5 * clip.saved
    assert draw_clip(replace(SMALL, size=112), 14).saved > clip.saved


def test_a_frozen_or_fixed_renderer_keeps_nothing() -> None:
    assert draw_clip(replace(SMALL, trains=("projector",)), 14).saved == 0
    fixed = draw_clip(replace(SMALL, renderer="plain_projection"), 14)
    assert (fixed.saved, fixed.parameters, fixed.learns) == (0, 0, False)
