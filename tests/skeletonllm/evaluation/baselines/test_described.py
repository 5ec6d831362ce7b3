from __future__ import annotations

import inspect

import numpy as np
import pytest

from skeletonllm.evaluation.baselines import described
from skeletonllm.evaluation.baselines.baseline import Baseline
from skeletonllm.evaluation.baselines.described import (
    HOW_MUCH,
    NOBODY,
    DescribedBaseline,
    describe_motion,
)
from skeletonllm.evaluation.baselines.meanings import Meanings
from skeletonllm.rationales import KinematicTeacher
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.clips import make_clip
from tests.skeletonllm.evaluation.baselines.made_up import embed_by_letters, measure_rows

MOTION = synthesize("hand waving", fps=15, seed=3)
NAMES = ("hand waving", "sit down")


def test_the_teacher_itself_ends_with_the_label_and_words_by_the_name_of_the_clip() -> None:
    """What :func:`describe_motion` must keep out: without it, the next tests would prove nothing.

    The way a thing is put is drawn from the clip's name, and names of clips hold their class.
    """
    texts = {
        KinematicTeacher().rationale(make_clip(MOTION, label=label, clip_id=f"lab/{label}")).text
        for label in NAMES
    }
    assert len(texts) == 2
    assert all(any(text.endswith(f"Label: {label}") for text in texts) for label in NAMES)


def test_two_clips_equal_but_for_their_label_have_the_same_text() -> None:
    clips = [make_clip(MOTION, label=label, clip_id=f"lab/{label}/1") for label in NAMES]
    assert describe_motion(clips[0].motion) == describe_motion(clips[1].motion)


def test_a_baseline_measures_a_motion_and_can_be_given_nothing_else() -> None:
    assert list(inspect.signature(Baseline.measure).parameters) == ["self", "motion"]
    assert not {"label", "clip_id", "source_uri", "captions"} & set(vars(MOTION))


@pytest.mark.parametrize("action", ["hand waving", "sit down", "pick up", "shaking hands"])
def test_no_label_line_is_left_in_a_text(action: str) -> None:
    summary, whole = describe_motion(synthesize(action, fps=15))
    assert whole.startswith(summary)
    assert len(whole) > len(summary) > 20
    assert "label" not in whole.casefold()
    assert NOBODY not in whole


def test_each_text_is_matched_to_the_names_by_its_own_setting(
    lettered: Meanings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(described, "embed_names", embed_by_letters)
    monkeypatch.setattr(described, "describe_motion", lambda _: ("wave a hand", "sit down low"))
    baseline = DescribedBaseline(lettered, unseen=True)
    values = baseline.measure(MOTION)[None]
    fits = baseline.fit(measure_rows(["x"], values, ["1"]), HOW_MUCH, seed=0)
    wanted = ("wave a hand", "sit down low")
    for at, fit in enumerate(fits):
        scores = fit.score(values, wanted)
        assert scores.argmax() == at
        assert scores[0, at] == pytest.approx(1.0)
    assert fits[0].sha256 != fits[1].sha256


def test_of_training_clips_nothing_is_learned(lettered: Meanings) -> None:
    baseline = DescribedBaseline(lettered, unseen=True)
    rng = np.random.default_rng(0)
    parts = [measure_rows([name], rng.normal(size=(1, 2, 12)), ["1"]) for name in NAMES]
    first, second = (baseline.fit(part, ["whole"], seed=0)[0] for part in parts)
    assert first.sha256 == second.sha256
