"""Which step of the version a difference is, by the rules of docs/VERSIONS.md."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from schemas.versions import parse_version
from skeletonllm.errors import ReleaseError
from skeletonllm.licences import REDISTRIBUTE
from skeletonllm.release.diff.clips import MOTION, ClipChanges
from skeletonllm.release.diff.difference import Contents, Difference
from skeletonllm.release.diff.origin import TermChanges, find_major, rank_terms
from skeletonllm.release.diff.samples import SampleChanges

FEW = 0.01
"""Share of the clips whose motions may be corrected in a patch; one clip always may."""


class Step(IntEnum):
    """How much a version must be raised, from nothing at all to the most."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3

    @property
    def word(self) -> str:
        """In lower case, for sentences."""
        return self.name.lower()


@dataclass(frozen=True)
class Reason:
    """Why it is at least such a step.

    Args:
        step: Which one.
        text: What was found.
    """

    step: Step
    text: str


_REST = "card, statistics, lineage or bytes alone"
"""What it is where two releases differ, and in nothing that a rule names."""
RIGHT, LARGER, SMALL = "right", "larger than needed", "too small"
LARGE_ENOUGH, OPEN = "right or larger than needed", "not known"
"""Where samples that nobody read may be a larger step: the version suffices even then, or not."""


@dataclass(frozen=True)
class Judgement:
    """The step that a difference is, and what the versions say.

    Args:
        step: The step by the rules.
        reasons: Why, the weightiest first.
        old: Version of the earlier release.
        new: Version of the later one.
        verdict: ``right``, ``larger than needed``, ``too small``, or why no verdict can be given.
        least: The smallest version that would be right.
        hidden: The step that it may be by samples that were not read, where that is a larger one.
        unread: How many samples these are.
    """

    step: Step
    reasons: tuple[Reason, ...]
    old: str
    new: str
    verdict: str
    least: str
    hidden: Step = Step.NONE
    unread: int = 0

    @property
    def is_enough(self) -> bool:
        """Whether the later version is raised as much as it must be, for certain."""
        return self.verdict in (RIGHT, LARGER, LARGE_ENOUGH)

    @property
    def sentence(self) -> str:
        """What to tell a person."""
        step = "nothing changed" if self.step is Step.NONE else f"this is a {self.step.word} step"
        if self.hidden:
            step = (
                f"this is at least a {self.step.word} step, and may be a {self.hidden.word} one: "
                f"{self.unread:,} changed samples were not read, `skeletonllm diff --samples` does"
            )
        hint = f"; at least {self.least}" if self.verdict == SMALL else ""
        return f"{step}; the versions say {self.old} -> {self.new}: {self.verdict}{hint}"

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        reasons = [{"step": reason.step.word, "text": reason.text} for reason in self.reasons]
        steps = {"step": self.step.word, "hidden": self.hidden.word}
        return {**vars(self), **steps, "reasons": reasons}


def judge_step(found: Difference) -> Judgement:
    """Which step a difference is, and whether the version of the later release says so.

    Raises:
        ReleaseError: A version is not MAJOR.MINOR.PATCH.
    """
    every = sorted(_find_reasons(found), key=lambda reason: -reason.step)
    reasons = tuple(r for r in every if r.text != _REST or len(every) == 1)
    step = reasons[0].step if reasons else Step.NONE
    least = raise_version(found.old.version, step)
    hidden = find_hidden(found)
    verdict = _compare(found, least, raise_version(found.old.version, hidden or step))
    unread = found.contents.clips.changed if found.contents is not None and hidden else 0
    versions = (found.old.version, found.new.version)
    return Judgement(step, reasons, *versions, verdict, least, hidden, unread)


def find_hidden(found: Difference) -> Step:
    """The step that samples which were not read may be; none where that is no larger one.

    What a caption says, and the licence of a clip, stand in the samples alone.
    """
    if found.samples is not None or found.contents is None or not found.contents.clips.changed:
        return Step.NONE
    clips, terms = found.contents.clips, found.contents.terms
    least = max((reason.step for reason in _find_reasons(found)), default=Step.NONE)
    may_be = Step.MINOR if clips.captioned or terms.may_loosen else Step.NONE
    may_be = Step.MAJOR if terms.may_tighten else may_be
    return may_be if may_be > least else Step.NONE


def raise_version(version: str, step: Step) -> str:
    """The next version by a step. Below 1.0.0 nothing is promised: a major step needs a minor one.

    Args:
        version: MAJOR.MINOR.PATCH.
        step: How much.

    Raises:
        ReleaseError: It is no such version.

    Example:
        >>> raise_version("1.4.2", Step.MAJOR), raise_version("0.4.2", Step.MAJOR)
        ('2.0.0', '0.5.0')
    """
    major, minor, patch = _parse(version)
    if step is Step.MAJOR and major > 0:
        return f"{major + 1}.0.0"
    if step >= Step.MINOR:
        return f"{major}.{minor + 1}.0"
    return version if step is Step.NONE else f"{major}.{minor}.{patch + 1}"


def _parse(version: str) -> tuple[int, int, int]:
    parsed = parse_version(version)
    if parsed is None:
        raise ReleaseError(f"version {version!r}", expected="MAJOR.MINOR.PATCH")
    return parsed


def _compare(found: Difference, least: str, most: str) -> str:
    if found.old.name != found.new.name:
        return f"another data set, {found.old.name} and {found.new.name}: no step"
    old, new = _parse(found.old.version), _parse(found.new.version)
    if new < old:
        return "backwards: the later release has the earlier version"
    if new < _parse(least):
        return SMALL
    if least != most:
        return OPEN if new < _parse(most) else LARGE_ENOUGH
    return RIGHT if new == _parse(least) else LARGER


def _find_reasons(found: Difference) -> Iterator[Reason]:
    if found.old.sha256 == found.new.sha256:
        return
    if found.contents is None:
        unread = {"release": found.versions.get("release", ["?", "?"])}
        for name, (old, new) in (find_major(found.versions) or unread).items():
            text = f"layout of {name} {old} -> {new}: programs for one do not read the other"
            yield Reason(Step.MAJOR, text)
        return
    yield from _of_layout(found.contents)
    yield from _of_clips(found.contents.clips, found.samples)
    yield from _of_classes(found.contents)
    yield from _of_texts(found.contents)
    yield from _of_terms(found.contents.terms)
    yield from _of_samples(found)
    yield Reason(Step.PATCH, _REST)


def _of_layout(contents: Contents) -> Iterator[Reason]:
    for name, (old, new) in contents.layout.versions.items():
        if old is not None and new is not None:  # one that a release lacks is told by its rows
            yield Reason(Step.PATCH, f"layout of {name} {old} -> {new}")
    for name, (old, new) in contents.layout.skeletons.items():
        if old is None:
            yield Reason(Step.MINOR, f"skeleton {name} added")
        else:
            told = "removed" if new is None else "defined otherwise"
            yield Reason(Step.MAJOR, f"skeleton {name} {told}")


def _of_clips(clips: ClipChanges, samples: SampleChanges | None) -> Iterator[Reason]:
    if clips.removed:
        yield Reason(Step.MAJOR, f"{clips.removed.count} clips removed")
    if clips.added:
        yield Reason(Step.MINOR, f"{clips.added.count} clips added")
    for field in ("label", "label_namespace", "subject", "camera", "setup", "corpus", "topology"):
        if field not in clips.fields:
            continue
        change = clips.fields[field]
        if change.overwritten:
            yield Reason(Step.MAJOR, f"{field} of {change.overwritten} clips changed")
        if change.filled:
            yield Reason(Step.MINOR, f"{field} of {change.filled} clips added")
    for field in ("captions", "rationales"):
        if field in clips.fields and clips.fields[field].emptied:
            emptied = clips.fields[field].emptied
            yield Reason(Step.MAJOR, f"{emptied} clips have no {field} any more")
    if "captions" in clips.fields and samples is None:
        yield Reason(Step.MINOR, f"captions of {clips.count('captions')} clips changed")
    if MOTION in clips.fields:
        yield _of_motions(clips.count(MOTION), clips.both)
    # What a sample says of captions alone has a reason of its own.
    if clips.other and (samples is None or samples.fields.keys() - {"captions"}):
        text = f"other fields of {clips.other.count} clips changed"
        yield Reason(Step.PATCH, text)


def _of_motions(changed: int, both: int) -> Reason:
    if changed <= max(1, FEW * both):
        return Reason(Step.PATCH, f"motions of {changed} of {both} clips corrected")
    return Reason(Step.MAJOR, f"motions of {changed} of {both} clips are others")


def _of_classes(contents: Contents) -> Iterator[Reason]:
    classes = contents.classes
    if classes.removed:
        yield Reason(Step.MAJOR, f"{len(classes.removed)} classes removed")
    if classes.renumbered:
        yield Reason(Step.MAJOR, f"label_id of {len(classes.renumbered)} classes changed")
    if classes.added:
        yield Reason(Step.MINOR, f"{len(classes.added)} classes added")


def _of_texts(contents: Contents) -> Iterator[Reason]:
    told, asked, ranked = contents.rationales, contents.questions, contents.negatives
    for ids, text in (
        (asked.removed, "questions removed"),
        (asked.moved, "questions are about another clip or stretch"),
        (asked.reanswered, "questions have another answer"),
    ):
        if ids:
            yield Reason(Step.MAJOR, f"{ids.count} {text}")
    for view in told.lost:
        yield Reason(Step.MAJOR, f"the rationales of view {view} are gone, or of another view")
    for view in (*ranked.removed, *ranked.redefined):
        yield Reason(Step.MAJOR, f"the rankings of view {view} are gone, or of another view")
    for ids, text in (
        (told.added, "rationales added"),
        (told.removed, "rationales removed"),
        (told.reworded, "rationales reworded"),
        (told.rejudged, "rationales judged otherwise"),
        (told.retold, "rationales of another teacher, prompt, answer or view"),
        (asked.added, "questions added"),
        (asked.reworded, "questions asked otherwise"),
    ):
        if ids:
            yield Reason(Step.MINOR, f"{ids.count} {text}")
    for view in ranked.added:
        yield Reason(Step.MINOR, f"rankings of view {view} added")
    for view, change in ranked.views.items():
        for count, what in (
            (change.changed, "classes with other hardest candidates"),
            (change.lost, "classes are not ranked any more"),
            (change.gained, "classes are ranked now"),
        ):
            if count:
                yield Reason(Step.MINOR, f"rankings of view {view}: {count} {what}")


def _of_terms(terms: TermChanges) -> Iterator[Reason]:
    if terms.audience == ("public", "internal"):
        yield Reason(Step.MAJOR, "for internal use only, and was public")
    elif terms.audience[0] != terms.audience[1]:
        yield Reason(Step.MINOR, f"audience {terms.audience[0]} -> {terms.audience[1]}")
    ranks = [_rank(word) for word in terms.redistribute]
    if ranks[0] != ranks[1]:
        step = Step.MAJOR if ranks[1] > ranks[0] else Step.MINOR
        text = f"redistribution of the whole: {terms.redistribute[0]} -> {terms.redistribute[1]}"
        yield Reason(step, text)
    for name, (old, new) in terms.licences.items():
        if old is None or new is None:
            continue
        tighter, looser = rank_terms(new) > rank_terms(old), rank_terms(new) < rank_terms(old)
        step = Step.MAJOR if tighter else Step.MINOR if looser else Step.PATCH
        yield Reason(step, f"terms of licence {name} {'tighter' * tighter or 'changed'}")
    if terms.tightened:
        yield Reason(Step.MAJOR, f"{terms.tightened} clips under tighter terms, at least")


def _rank(word: str) -> int:
    return REDISTRIBUTE.index(word) if word in REDISTRIBUTE else len(REDISTRIBUTE) - 1


def _of_samples(found: Difference) -> Iterator[Reason]:
    """What only the tars tell, where they were read."""
    if found.samples is None:
        return
    captions = found.samples.fields.get("captions", 0)
    if captions:
        yield Reason(Step.MINOR, f"captions of {captions} clips changed")
    if found.samples.tightened:
        yield Reason(Step.MAJOR, f"{found.samples.tightened} clips under a tighter licence")
    if found.samples.loosened:
        yield Reason(Step.MINOR, f"{found.samples.loosened} clips under a looser licence")
