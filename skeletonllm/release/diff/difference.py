"""All that differs between two releases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from skeletonllm.release.diff.classes import ClassChanges, compare_classes
from skeletonllm.release.diff.clips import ClipChanges, compare_clips
from skeletonllm.release.diff.numbers import LEAST, MovedNumbers, compare_numbers
from skeletonllm.release.diff.origin import (
    Change,
    LayoutChanges,
    TermChanges,
    compare_layout,
    compare_lineage,
    compare_terms,
    compare_versions,
    find_major,
)
from skeletonllm.release.diff.rankings import RankingChanges, compare_rankings
from skeletonllm.release.diff.rationales import (
    QuestionChanges,
    RationaleChanges,
    compare_questions,
    compare_rationales,
)
from skeletonllm.release.diff.samples import SampleChanges
from skeletonllm.release.diff.side import Side
from skeletonllm.release.diff.survival import Survival, judge_survival
from skeletonllm.shards.manifest import Identity


@dataclass(frozen=True)
class Contents:
    """What differs in tables and definitions; a part a topic."""

    clips: ClipChanges
    classes: ClassChanges
    rationales: RationaleChanges
    questions: QuestionChanges
    negatives: RankingChanges
    numbers: MovedNumbers
    terms: TermChanges
    layout: LayoutChanges

    def to_json(self) -> dict[str, Any]:
        """Plain data, a key a topic."""
        return {name: part.to_json() for name, part in vars(self).items()}


@dataclass(frozen=True)
class Difference:
    """All that differs between two releases.

    Args:
        old: The earlier one.
        new: The later one; its hash is empty while it is being built.
        versions: Version of the layout of both and of their tables, where that changed.
        contents: What differs in them; None where one is of a layout that this version of the
            library does not read, or a table of another major version than that of the other.
        lineage: What the lineages say otherwise.
        survival: What of order and states goes on.
        samples: What changed within samples; None where they were not read.
    """

    old: Identity
    new: Identity
    versions: Change
    contents: Contents | None
    lineage: Change
    survival: Survival
    samples: SampleChanges | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain data: what ``skeletonllm diff --json`` writes, but for the step."""
        return {
            "old": vars(self.old),
            "new": vars(self.new),
            "versions": self.versions,
            "contents": None if self.contents is None else self.contents.to_json(),
            "samples": None if self.samples is None else self.samples.to_json(),
            "lineage": self.lineage,
            "survival": self.survival.to_json(),
        }


def compare_tables(old: Side, new: Side, *, least: float = LEAST) -> Difference:
    """All that differs by manifests, tables and definitions; no tar is opened.

    Args:
        old: The earlier one.
        new: The later one.
        least: Smallest relative change of a number that is told.
    """
    versions = compare_versions(old, new)
    readable = old.readable and new.readable and not find_major(versions)
    contents = _compare_contents(old, new, least, versions) if readable else None
    clips, classes = (None, None) if contents is None else (contents.clips, contents.classes)
    same_candidates = classes is not None and not (
        classes.added or classes.removed or classes.renumbered
    )
    kept = 0.0 if clips is None else clips.kept_place / max(clips.after, 1)
    return Difference(
        old=old.identity,
        new=new.identity,
        versions=versions,
        contents=contents,
        lineage=compare_lineage(old, new),
        survival=judge_survival(old, new, kept_place=kept, candidates=same_candidates),
    )


def _compare_contents(old: Side, new: Side, least: float, versions: Change) -> Contents:
    rationales, told = compare_rationales(old, new)
    clips = compare_clips(old, new, told)
    return Contents(
        clips=clips,
        classes=compare_classes(old, new),
        rationales=rationales,
        questions=compare_questions(old, new),
        negatives=compare_rankings(old, new),
        numbers=compare_numbers(old, new, least),
        terms=compare_terms(old, new, clips.removed.count),
        layout=compare_layout(old, new, versions),
    )
