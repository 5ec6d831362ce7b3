"""A small corpus, and a tower that needs no weights, for tests of the ruler that is not ours."""

from __future__ import annotations

from pathlib import Path

import pytest
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.learning.eye.corpus import Corpus, divide_corpus
from benchmarks.learning.eye.features import FeatureStore
from skeletonllm.clip import Clip
from skeletonllm.corpora.toolkit import labels
from skeletonllm.mllm.small.tower import WIDTH
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.clips import make_clip
from skeletonllm.topology import KINECT_V1


class CountingTower(nn.Module):
    """A coarse copy of the picture for a vector; knows how many pictures it saw."""

    def __init__(self) -> None:
        super().__init__()
        self.pictures = 0

    def forward(self, pictures: Tensor) -> Tensor:
        self.pictures += len(pictures)
        coarse = F.adaptive_avg_pool2d(pictures, 16).flatten(1)
        return F.pad(coarse, (0, WIDTH - coarse.shape[1]))


def make_named_clip(subject: int, number: int, repetition: int) -> Clip:
    names = labels.names("utd_mhad")
    shown = ("cheer (raise arms)", "squat down")[number]
    motion = synthesize(shown, subject=subject, topology=KINECT_V1, seed=repetition, fps=8.0)
    return make_clip(
        motion,
        clip_id=f"utd_mhad/a{number}_s{subject}_t{repetition}",
        corpus="utd_mhad",
        label=names[number],
        label_id=number,
        label_namespace="utd_mhad",
        subject=str(subject),
    )


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    """Two actions by subjects 1 to 4, of which 1 and 3 train, twice each."""
    clips = [make_named_clip(s, a, r) for s in (1, 2, 3, 4) for a in (0, 1) for r in (1, 2)]
    return divide_corpus("utd_mhad", clips)


@pytest.fixture
def store(tmp_path: Path) -> FeatureStore:
    return FeatureStore(tmp_path / "features", CountingTower)
