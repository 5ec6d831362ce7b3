from __future__ import annotations

from pathlib import Path

import pytest
import torch

from benchmarks.rendering.published_code import (
    FILE,
    PublishedRenderer,
    load_published_code,
    synthesize_scene,
)
from skeletonllm.errors import UsageError

# Takes what the published renderer takes, and draws how far each pixel of a frame is from black.
STAND_IN = """
import torch


class DifferentiableSkeletonRenderer(torch.nn.Module):
    def __init__(self, count, joints, features, metadata, height, width, enable_nfm):
        super().__init__()
        self.size = height, width
        self.canonical_features = torch.nn.Parameter(torch.zeros(count, features))
        self.depth_mix_logit = torch.nn.Parameter(torch.zeros(()))
        self.appearance_head = self.nfm = torch.nn.Identity()
        for name, shape in {
            "joints": (joints, 3), "means": (count, 3), "scales": (count, 3), "quats": (count, 4),
            "opacities": (count, 1),
        }.items():
            self.register_buffer(f"canonical_{name}", torch.zeros(shape))
        self.register_buffer("lbs_weights_logits", torch.zeros(count, joints))

    def load_state_dict(self, state):
        return super().load_state_dict(state, strict=False)

    def forward(self, poses, metas, k, w2c, vels):
        assert poses.shape == vels.shape == (len(k), 2, 25, 3)
        assert metas.shape == (len(w2c), 2, 10)
        return poses.mean((1, 2))[None, :, None, None, :].expand(1, -1, *self.size, 3)
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    file = tmp_path / FILE
    file.parent.mkdir(parents=True)
    file.write_text(STAND_IN)
    return tmp_path


def test_the_published_renderer_gets_our_weights_and_its_own_layout(checkout: Path) -> None:
    published = PublishedRenderer(checkout, synthesize_scene(frames=4), size=28)
    features = published.renderer.canonical_features
    assert features.shape == (265, 3)
    assert features.abs().max() > 0  # ours, where the stand-in had zeros
    pictures = published(2)
    assert pictures.shape == (2, 3, 28, 28)
    torch.testing.assert_close(pictures[:, :, 0, 0], published.poses[:2].mean((1, 2)))


def test_a_folder_that_is_no_checkout_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="draction.py.*git clone"):
        load_published_code(tmp_path)
