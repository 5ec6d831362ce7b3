"""The projector: a few tokens a frame, that know when and where they are."""

from __future__ import annotations

import pytest
import torch

from skeletonllm.mllm.small.projector import Projector, ProjectorOptions


def make_projector(**given: int) -> Projector:
    torch.manual_seed(0)
    return Projector(
        ProjectorOptions(features=12, width=16, hidden=8, heads=2, **given), 0.1
    ).eval()


@pytest.mark.parametrize(("frames", "grid"), [(1, (1, 1)), (8, (1, 1)), (5, (2, 3))])
def test_any_number_of_frames_and_cells_is_projected(frames: int, grid: tuple[int, int]) -> None:
    tokens = make_projector()(torch.rand(2, frames, 12, *grid))
    assert tokens.shape == (2, frames, grid[0] * grid[1], 8)


def test_tokens_start_as_large_as_asked() -> None:
    projector = Projector(ProjectorOptions(), scale=0.1)
    size = projector(torch.rand(2, 8, 1280, 1, 1)).square().mean().sqrt().item()
    assert size == pytest.approx(0.1, rel=0.1)


@pytest.mark.parametrize("layers", [0, 1])
def test_the_order_of_frames_changes_what_is_said(layers: int) -> None:
    projector, features = make_projector(layers=layers), torch.rand(1, 4, 12, 1, 1)
    forward, back = projector(features), projector(features.flip(1)).flip(1)
    assert not torch.allclose(forward, back, atol=1e-3)


def test_a_frame_knows_the_others_only_through_attention() -> None:
    features = torch.rand(1, 4, 12, 1, 1)
    other = features.clone()
    other[:, 3] = torch.rand(12, 1, 1)
    apart, mixed = make_projector(layers=0), make_projector(layers=1)
    assert torch.allclose(apart(features)[:, :3], apart(other)[:, :3])
    assert not torch.allclose(mixed(features)[:, :3], mixed(other)[:, :3], atol=1e-4)
