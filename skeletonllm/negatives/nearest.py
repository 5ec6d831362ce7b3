"""Clip-level negatives: for each clip, the nearest clips of the classes it is most confused with.

A clip is compared with a bounded sample of each of these classes, never with all clips, so that the
work grows with the number of clips and not with its square. The sample is those clips of a class
whose ids have the lowest hashes: it is the same in whatever order the clips come.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from schemas import CLIP_NEGATIVE
from skeletonllm.negatives.descriptors.folds import hash_clip
from skeletonllm.negatives.descriptors.robust_scale import FloatArray, RobustScale
from skeletonllm.negatives.descriptors.rows import Rows
from skeletonllm.views.view import NamedView

SAMPLE_CLIPS = 32
"""Clips of a class that others are compared with: some of its people, at 5 MB a hundred classes."""
EACH = 2
"""Nearest clips that are kept of each confusable class."""
_DIGITS = 6


@dataclass(eq=False)
class ClassSample:
    """Up to :data:`SAMPLE_CLIPS` clips of one class, by the lowest hash of their ids.

    Example:
        >>> sample = ClassSample()
        >>> sample.add(["lab/1"], np.zeros((1, 3)))
        >>> sample.to_arrays()[0]
        ('lab/1',)
    """

    _kept: list[tuple[int, str, FloatArray]] = field(default_factory=list)

    def add(self, clip_ids: Sequence[str], values: FloatArray) -> None:
        """Offer clips.

        Args:
            clip_ids: N ids.
            values: Their descriptors, [N, D].
        """
        for clip_id, row in zip(clip_ids, values, strict=True):
            entry = (-hash_clip(clip_id), clip_id, row)
            if len(self._kept) < SAMPLE_CLIPS:
                heapq.heappush(self._kept, (*entry[:2], row.copy()))
            elif entry[:2] > self._kept[0][:2]:
                heapq.heapreplace(self._kept, (*entry[:2], row.copy()))

    def to_arrays(self) -> tuple[tuple[str, ...], FloatArray]:
        """Ids, sorted, and their descriptors [S, D]."""
        kept = sorted(self._kept, key=lambda entry: entry[1])
        return tuple(entry[1] for entry in kept), np.array([entry[2] for entry in kept])


@dataclass(frozen=True, eq=False)
class Neighbours:
    """What the clips of one ranking are compared with.

    Args:
        scale: Of the descriptors.
        samples: Class -> ids and standardized descriptors [S, D] of its sample.
        hardest: Class -> the classes whose clips are looked at, the hardest first.
        each: How many clips of each class are kept.
    """

    scale: RobustScale
    samples: Mapping[str, tuple[tuple[str, ...], FloatArray]]
    hardest: Mapping[str, Sequence[str]]
    each: int = EACH


def find_nearest_clips(clips: Rows, among: Neighbours, view: NamedView) -> pa.Table:
    """The nearest clips of the confusable classes, nearest first.

    Args:
        clips: Of one part and ranking.
        among: What they are compared with.
        view: Written into every row.

    Returns:
        Rows of :data:`schemas.CLIP_NEGATIVE`, in order of clips and rank.
    """
    values = among.scale.standardize(clips.values)
    found: list[list[tuple[float, str]]] = [[] for _ in clips.labels]
    for label in sorted(set(clips.labels)):
        rows = [row for row, own in enumerate(clips.labels) if own == label]
        for candidate in among.hardest.get(label, ()):
            near = _find_near(values[rows], *among.samples[candidate], among.each)
            for row, entries in zip(rows, near, strict=True):
                found[row] += entries
    rows_of_table = [
        (clip_id, name, rank, score)
        for clip_id, entries in zip(clips.clip_ids, found, strict=True)
        for rank, (score, name) in enumerate(sorted(entries, key=_by_score), start=1)
    ]
    return _make_table(rows_of_table, view)


def _by_score(entry: tuple[float, str]) -> tuple[float, str]:
    return -entry[0], entry[1]


def _find_near(
    values: FloatArray, names: Sequence[str], sample: FloatArray, each: int
) -> list[list[tuple[float, str]]]:
    """For each of the rows, score and id of its nearest clips of one class."""
    squares = (values**2).sum(axis=1)[:, None] + (sample**2).sum(axis=1) - 2 * values @ sample.T
    distances = np.sqrt(np.maximum(squares, 0.0) / max(values.shape[1], 1))
    scores = np.round(1 / (1 + distances), _DIGITS)
    first = np.argsort(-scores, axis=1, kind="stable")[:, :each]
    return [
        [(float(row[at]), names[at]) for at in near]
        for row, near in zip(scores, first, strict=True)
    ]


def _make_table(rows: Sequence[tuple[str, str, int, float]], view: NamedView) -> pa.Table:
    names = ("clip_id", "candidate_clip_id", "rank", "score")
    columns = dict(zip(names, zip(*rows, strict=True) if rows else ((),) * 4, strict=True))
    given = {name: list(values) for name, values in columns.items()}
    given |= {"view": [view.name] * len(rows), "view_sha256": [view.sha256] * len(rows)}
    return pa.table(given, schema=CLIP_NEGATIVE.arrow)
