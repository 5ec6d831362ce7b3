"""A baked renderer draws what the trained one drew, and learns nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from skeletonllm.draction import DrAction, DrActionConfig
from skeletonllm.motion import Motion
from skeletonllm.motion_batch import MotionBatch

SMALL = DrActionConfig(size=56, patch=14)
FRAMES = torch.tensor([[0, 2, 6]])
TOLERANCE = 1e-5


def trained(config: DrActionConfig) -> DrAction:
    """A renderer some way from its first weights."""
    renderer, random = DrAction(config), torch.Generator().manual_seed(3)
    with torch.no_grad():
        for parameter in renderer.parameters():
            parameter.add_(0.2 * torch.randn(parameter.shape, generator=random))
    return renderer


@pytest.mark.parametrize(
    "config",
    [
        SMALL,
        replace(SMALL, recurrent=True),
        replace(SMALL, modulate=False),
        replace(SMALL, formula="published", camera="sensor"),
        replace(SMALL, formula="published", camera="sensor", modulate=False),
    ],
    ids=["body", "recurrent", "plain", "published", "published plain"],
)
def test_draws_the_same(everyone: list[Motion], config: DrActionConfig) -> None:
    motions = [m for m in everyone if config.camera == "fit" or m.space != "image"]
    batch, renderer = MotionBatch.from_motions(motions), trained(config)
    frames = FRAMES.expand(len(motions), -1)
    served = renderer.bake()
    for _ in range(2):  # the second time from its tables
        drawn = served(batch, frames)
        assert not drawn.frames.requires_grad
        with torch.no_grad():
            expected = renderer(batch, frames)
        torch.testing.assert_close(drawn.frames, expected.frames, rtol=0, atol=TOLERANCE)
        assert torch.equal(drawn.patches, expected.patches)


def test_training_on_does_not_change_what_was_baked(everyone: list[Motion]) -> None:
    batch, renderer = MotionBatch.from_motions(everyone), trained(SMALL)
    frames = FRAMES.expand(len(everyone), -1)
    served = renderer.bake()
    before = served(batch, frames).frames
    with torch.no_grad():
        for parameter in renderer.parameters():
            parameter.add_(1.0)
    assert torch.equal(served(batch, frames).frames, before)
    assert all(parameter.requires_grad for parameter in renderer.parameters())
    assert not any(parameter.requires_grad for parameter in served.parameters())
