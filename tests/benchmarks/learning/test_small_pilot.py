"""The pilot of the small model: sittings change nothing, and a projector learns to speak."""

from __future__ import annotations

import math
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.learning.eye.features import FRAMES
from benchmarks.learning.eye.speaking import (
    Clips,
    Course,
    Pupil,
    align_projector,
    as_maps,
    ask,
    list_tokens,
    read_answers,
    teach_projector,
)
from tests.skeletonllm.mllm.small.conftest import make_adapter

CLASSES = ("sit down", "throw", "wave")
COURSE = Course(epochs=3, batch=4, rate=3e-3)


@pytest.fixture
def clips() -> Clips:
    """Two versions of clips whose features tell their class."""
    rng = np.random.default_rng(0)
    labels = np.arange(12) % 3
    features = rng.normal(size=(12, 2, FRAMES, 16)) + 4 * np.eye(16)[labels][:, None, None]
    return Clips(features.astype(np.float16), labels, CLASSES)


def test_sittings_change_nothing(clips: Clips, tmp_path: Path) -> None:
    whole = Pupil(make_adapter(), tmp_path / "whole.pt", COURSE)
    assert teach_projector(whole, clips, seed=0, until=math.inf)
    torch.rand(3)  # another sitting finds other random numbers
    for _ in range(100):
        part = Pupil(make_adapter(), tmp_path / "part.pt", COURSE)
        done = part.step
        if teach_projector(part, clips, seed=0, until=time.monotonic() + 0.05):
            break
        assert part.step > done or part.step == 0
    assert part.losses == pytest.approx(whole.losses, abs=1e-5)
    for ours, theirs in zip(
        part.adapter.projector.parameters(), whole.adapter.projector.parameters(), strict=True
    ):
        assert torch.allclose(ours, theirs, atol=1e-5)


def test_a_projector_learns_to_be_understood(clips: Clips, tmp_path: Path) -> None:
    pupil = Pupil(
        make_adapter(), tmp_path / "pupil.pt", Course(aligned=0, epochs=25, batch=6, rate=1e-2)
    )
    before = read_answers(pupil.adapter, clips).mean()
    assert teach_projector(pupil, clips, seed=0, until=math.inf)
    assert read_answers(pupil.adapter, clips).mean() > max(0.6, before)
    assert list_tokens(pupil.adapter, clips.features).shape == (12, 2, FRAMES, 24)


def test_an_alignment_is_done_once_and_brings_tokens_near_words(
    clips: Clips, tmp_path: Path
) -> None:
    pupil = Pupil(make_adapter(), tmp_path / "pupil.pt", Course(aligned=40))
    answers = [CLASSES[i] for i in clips.labels]
    before = pupil.adapter.word_losses(as_maps(clips.features[:, 0]), answers).mean()
    align_projector(pupil, clips, seed=0)
    pupil.adapter.projector.eval()
    after = pupil.adapter.word_losses(as_maps(clips.features[:, 0]), answers).mean()
    assert after < before
    aligned = Pupil(make_adapter(), tmp_path / "pupil.pt", Course(aligned=40))
    align_projector(aligned, clips, seed=1)
    again = aligned.adapter.word_losses(as_maps(clips.features[:, 0]), answers).mean()
    assert torch.allclose(again, after)


def test_the_order_of_the_actions_changes_with_the_key_alone() -> None:
    assert ask(CLASSES, "1") == ask(CLASSES[::-1], "1")
    assert len({ask(CLASSES, str(key)) for key in range(8)}) > 1
    assert "wave" not in ask(CLASSES, "1", listed=False)
