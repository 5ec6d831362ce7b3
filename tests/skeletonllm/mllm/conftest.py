"""A tiny InternVL and frames to show it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from skeletonllm.mllm import InternVLAdapter, tiny_internvl

LABELS = ("wave", "sit down", "kick the ball")


@pytest.fixture
def adapter() -> InternVLAdapter:
    return tiny_internvl(LABELS)


@pytest.fixture
def frames() -> Tensor:
    """Three clips of two frames."""
    return torch.rand(3, 2, 3, 56, 56, generator=torch.Generator().manual_seed(0))
