"""One clip of a page, read: its row, its texts, its motion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from skeletonllm.clip import Clip
from skeletonllm.rejects import Reject
from skeletonllm.viewer.examples import Examples
from skeletonllm.viewer.negatives import Negatives
from skeletonllm.viewer.told import (
    Rationales,
    describe_clip,
    tell_captions,
    tell_lineage,
    tell_questions,
    tell_rationales,
)


@dataclass(frozen=True, eq=False)
class Entry:
    """A clip and what belongs to it.

    Args:
        clip: The clip; None where it cannot be read.
        rationales: Of it, those that were rejected too.
        questions: Rows of :data:`schemas.QUESTION`.
        place: Names and values of where it lies.
        columns: What a row has beside what the clip itself says.
        fault: Why it cannot be read.
    """

    clip: Clip | None
    rationales: Rationales = ()
    questions: Sequence[Mapping[str, Any]] = ()
    place: Mapping[str, Any] = field(default_factory=dict)
    columns: Mapping[str, Any] = field(default_factory=dict)
    fault: Reject | None = None

    def describe(self) -> dict[str, Any]:
        """Its row."""
        if self.clip is None:
            return dict(self.columns)
        return {**describe_clip(self.clip, self.rationales), **self.columns}


_NOTHING: dict[str, Any] = {
    name: []
    for name in (
        *("rationales", "captions", "negatives", "example_rows"),
        *("questions", "lineage", "pictures"),
    )
}


def tell_entry(
    entry: Entry,
    negatives: Negatives | None,
    examples: Examples,
    pictures: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """All that a page tells of a clip beside its row.

    Args:
        entry: The clip.
        negatives: Hard negatives of all classes, if there are any.
        examples: Rows of all classes.
        pictures: Of renderers, if any.
    """
    clip = entry.clip
    if clip is None:
        why = [] if entry.fault is None else [["cannot be read", entry.fault.message]]
        lineage = [*why, *([name, str(value)] for name, value in entry.place.items())]
        return {**_NOTHING, "lineage": lineage}
    hard = [] if negatives is None else negatives.hardest(clip.label_namespace, clip.label)
    skeleton = clip.motion.topology.name
    return {
        "rationales": tell_rationales(entry.rationales, clip),
        "captions": tell_captions(clip),
        "negatives": hard,
        "example_rows": [examples.find(clip.label_namespace, name, skeleton) for name, _ in hard],
        "questions": tell_questions(entry.questions),
        "lineage": tell_lineage(clip, entry.place),
        "pictures": list(pictures),
    }
