"""A tiny InternVL and frames to show it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from skeletonllm.mllm import InternVLAdapter, tiny_internvl
from skeletonllm.prompts import build_recognition_prompt

LABELS = ("wave", "sit down", "kick the ball")


def ask(count: int, labels: tuple[str, ...] = LABELS, frames: int = 2) -> list[str]:
    """A question about each of ``count`` clips."""
    return [build_recognition_prompt(labels, num_frames=frames, key=str(i)) for i in range(count)]


@pytest.fixture
def adapter() -> InternVLAdapter:
    return tiny_internvl(LABELS)


@pytest.fixture
def frames() -> Tensor:
    """Three clips of two frames."""
    return torch.rand(3, 2, 3, 56, 56, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def patches() -> Tensor:
    """Foreground of these frames: a few of 4 x 4 patches, and a frame without any."""
    drawn = torch.rand(3, 2, 4, 4, generator=torch.Generator().manual_seed(1)) < 0.3
    drawn[1, 0] = False
    return drawn
