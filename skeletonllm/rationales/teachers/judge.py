"""From the stored answers about a clip to its rationale; nobody is asked.

A better judge reads the same rows again: nothing that was paid for is lost. A rationale keeps every
step with its verdict. Its text is composed from the claims (:mod:`.retelling`), of those only that
the joints do not contradict; a claim that cannot be said is left out of it, and a flag says so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from skeletonllm.clip import Clip
from skeletonllm.errors import SourceError
from skeletonllm.motion import Motion
from skeletonllm.rationales.language import Phrasing
from skeletonllm.rationales.rationale import Rationale, Step
from skeletonllm.rationales.teachers.answer_format import TeacherAnswer, parse_answer, plain_name
from skeletonllm.rationales.teachers.kinematic import find_label
from skeletonllm.rationales.teachers.retelling import Retelling, find_word_faults, retell
from skeletonllm.rationales.verify.verdicts import verify_steps

Row = Mapping[str, Any]

_CODES = {
    "refused": "refused",
    "truncated": "truncated_answer",
    "filtered": "filtered",
    "empty": "no_answer",
    "unanswered": "no_answer",
}
"""Of an outcome, the reason why there is no rationale."""
_NEAREST = ("wrong_label", "not_structured", "truncated_answer", "filtered", "refused", "no_answer")
"""Of several samples that all failed, the one that came nearest is told."""


@dataclass(frozen=True)
class _Sample:
    """One usable answer, checked: its row, how often was asked, its steps, faults of its words."""

    number: int
    row: Row
    turns: int
    steps: tuple[Step, ...]
    faults: tuple[str, ...]

    def count(self, verdict: str) -> int:
        return sum(step.verdict == verdict for step in self.steps)

    @property
    def grounded(self) -> float:
        return self.count("true") / len(self.steps)

    @property
    def claims(self) -> frozenset[tuple[int, str, str, str]]:
        return frozenset((s.person, s.part, s.side, s.motion) for s in self.steps)


def judge_answers(
    clip: Clip,
    rows: Sequence[Row],
    *,
    teacher: str,
    min_grounded: float = 0.0,
    views: Sequence[tuple[str, str]] | None = None,
    other_labels: Sequence[str] = (),
) -> Rationale:
    """The best of the stored answers about a clip, each step checked against its joints.

    Most grounded first, then fewest contradicted steps, then fewest faults of words, then the
    lowest number. ``accepted`` has neither contradicted steps nor faults of words; where nothing
    is left to tell, the status is ``rejected``.

    Args:
        clip: Who was asked about.
        rows: All rows of :data:`schemas.answer.ANSWER` of this clip and one variant.
        teacher: Stored with the rationale, such as ``openai:<model>``.
        min_grounded: Below, the status is ``rejected``; the row stays, but no release takes it.
        views: Name and hash of the protocols that were asked for.
        other_labels: The other classes, where they are known: none may be what the words conclude.

    Raises:
        SourceError: No answer can be used: ``refused``, ``truncated_answer``, ``filtered``,
            ``no_answer``, ``not_structured`` or ``wrong_label``.
    """
    label = find_label(clip)
    samples, failures = _read_samples(rows, label, clip.motion, other_labels)
    if not samples:
        raise _choose_failure(failures, clip.clip_id)
    best = min(samples, key=_rank)
    others = [sample for sample in samples if sample is not best]
    variant = int(best.row["variant"])
    told = retell(best.steps, label, _make_phrasing(clip, variant))
    return Rationale(
        rationale_id=f"{clip.clip_id}#{teacher}/{variant}",
        clip_id=clip.clip_id,
        variant=variant,
        attempt=best.turns - 1,
        steps=told.steps,
        summary=told.summary,
        text=told.text,
        label=label,
        grounded=best.grounded,
        status=_find_status(best, told, min_grounded),
        teacher=teacher,
        prompt_sha256=best.row["prompt_sha256"],
        request_sha256=best.row["request_sha256"],
        tokens_in=sum(row["tokens_in"] for row in rows),
        tokens_out=sum(row["tokens_out"] for row in rows),
        usd=sum(row["usd"] for row in rows),
        finish_reason=best.row["finish_reason"],
        answer_sha256=best.row["answer_sha256"],
        agreement=_mean_agreement(best, others),
        facts_given=best.row["facts_given"],
        views=None if views is None else tuple(views),
        flags=best.faults + told.flags,
    )


def check_claims(steps: Sequence[Step], motion: Motion) -> tuple[Step, ...]:
    """The steps with their verdicts; causes that are no other step are gone.

    Args:
        steps: Claims as they were made. A cause that does not exist contradicts its step.
        motion: What they are checked against.
    """
    ids = {step.id for step in steps}
    return tuple(
        replace(
            step,
            verdict=verdict.verdict,
            measured=verdict.measured,
            causes=tuple(c for c in step.causes if c in ids - {step.id}),
        )
        for step, verdict in zip(steps, verify_steps(steps, motion), strict=True)
    )


def check_outcome(row: Row) -> None:
    """Refuse a row of :data:`schemas.answer.ANSWER` that holds no answer.

    Raises:
        SourceError: ``refused``, ``truncated_answer``, ``filtered`` or ``no_answer``.
    """
    if row["outcome"] != "answered":
        said = " ".join(row["text"].split())[:200]
        raise SourceError(_CODES[row["outcome"]], f"{row['outcome']}: {said}".rstrip(": "))


def _read_samples(
    rows: Sequence[Row], label: str, motion: Motion, other_labels: Sequence[str]
) -> tuple[list[_Sample], list[SourceError]]:
    """Usable samples, and why the others are not."""
    by_sample: dict[int, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row["sample"], row["turn"])):
        by_sample[row["sample"]].append(row)
    samples, failures = [], []
    for number, turns in by_sample.items():
        try:
            row, answer = _read_last_usable(turns)
            _check_label(answer, label)
        except SourceError as error:
            failures.append(error)
        else:
            said = answer.to_steps()
            faults = find_word_faults(answer.summary, said, label, other_labels)
            steps = check_claims(said, motion)
            samples.append(_Sample(number, row, len(turns), steps, faults))
    return samples, failures


def _read_last_usable(turns: Sequence[Row]) -> tuple[Row, TeacherAnswer]:
    """The last turn that can be read; why the last one cannot be, where there is none."""
    reason: SourceError | None = None
    for row in reversed(turns):
        try:
            return row, _read(row)
        except SourceError as error:
            reason = reason or error
    raise reason or SourceError("no_answer", "nobody was asked")


def _read(row: Row) -> TeacherAnswer:
    check_outcome(row)
    return parse_answer(row["text"])


def _check_label(answer: TeacherAnswer, label: str) -> None:
    if plain_name(answer.label) != plain_name(label):
        raise SourceError("wrong_label", f"label {answer.label[:80]!r}", expected=repr(label))


def _choose_failure(failures: Sequence[SourceError], clip_id: str) -> SourceError:
    if not failures:
        return SourceError("no_answer", "no answer is stored", where=clip_id)
    nearest = min(failures, key=lambda error: _NEAREST.index(error.code))
    return SourceError(nearest.code, nearest.found, expected=nearest.expected, where=clip_id)


def _rank(sample: _Sample) -> tuple[float, int, int, int]:
    """The best first."""
    contradicted = sample.count("contradicted")
    return -sample.grounded, contradicted, len(sample.faults), sample.number


def _make_phrasing(clip: Clip, variant: int) -> Phrasing:
    persons = int(clip.motion.present.any(axis=0).sum())
    return Phrasing(max(persons, 1), variant, clip.clip_id)


def _find_status(best: _Sample, told: Retelling, min_grounded: float) -> str:
    if best.grounded < min_grounded or not told.told:
        return "rejected"
    faulty = best.count("contradicted") or best.faults or not best.grounded
    return "kept_with_faults" if faulty else "accepted"


def _mean_agreement(best: _Sample, others: Sequence[_Sample]) -> float | None:
    """Mean share of claims in common with each other sample, over all claims of both."""
    if not others:
        return None
    shares = [len(best.claims & s.claims) / len(best.claims | s.claims) for s in others]
    return sum(shares) / len(shares)
