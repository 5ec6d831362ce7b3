"""What the flags of a teacher amount to."""

from __future__ import annotations

import pytest

from jobs.build_rationales import Flags, main
from jobs.teacher_flags import place_answers
from pipelines.rationales import RationalesConfig
from skeletonllm.errors import UsageError


def flags(**given: object) -> Flags:
    return Flags(clips=("c",), output="/o", **given)  # type: ignore[arg-type]


def test_a_dry_run_that_asks_nobody_is_refused() -> None:
    with pytest.raises(UsageError, match="--dry-run, and nobody is asked"):
        place_answers(flags(dry_run=True), "/o", asks=False)


def test_answers_lie_beside_the_output_or_where_they_are_named() -> None:
    assert place_answers(flags(), "/o/", asks=True) == "/o-answers"
    assert place_answers(flags(answers="/a"), "/o", asks=True) == "/a"


def test_the_offline_teacher_reads_no_answers_but_those_that_are_named() -> None:
    assert place_answers(flags(), "/o", asks=False) is None
    assert place_answers(flags(answers="/a"), "/o", asks=False) == "/a"


def test_a_model_must_be_named() -> None:
    with pytest.raises(UsageError, match="needs --model"):
        flags().to_endpoint()


def test_amounts_are_of_the_offline_teacher_only() -> None:
    assert flags(measures=True).measures
    with pytest.raises(UsageError, match="--measures, and answers of a teacher"):
        RationalesConfig(("c",), "/o", answers="/a", measures=True)


def test_whoever_is_asked_is_not_paid_before_a_flag_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[object] = []
    monkeypatch.setattr("pipelines.teacher.answers.ask_teacher", asked.append)
    with pytest.raises(UsageError, match="--measures"):
        main(flags(measures=True, teacher="openai", model="tiny"))
    assert asked == []
