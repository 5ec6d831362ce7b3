"""The passes over the descriptors of all clips, one part in memory at a time.

Three in number: to measure scales and plan folds, to sum moments, and to see what held-out clips
are taken for. What is kept of the clips is sums and bounded samples, so memory does not grow with
their number; it grows with classes times folds. Parts pass in order of their names, so sums have
the same last bit however many workers wrote the parts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from skeletonllm.negatives.descriptors.folds import FoldPlan, plan_folds
from skeletonllm.negatives.descriptors.moments import Index, Moments
from skeletonllm.negatives.descriptors.robust_scale import FloatArray, RobustScale, ScaleSketch
from skeletonllm.negatives.descriptors.rows import Key, Rows, Tables, iter_rows
from skeletonllm.negatives.held_out import HeldOutTally
from skeletonllm.negatives.nearest import ClassSample
from skeletonllm.views.view import NamedView


@dataclass(eq=False)
class Survey:
    """The first look at the clips of one ranking.

    Args:
        width: D, length of a descriptor.
    """

    width: int
    sketch: ScaleSketch = field(init=False)
    groups: Counter[str | None] = field(default_factory=Counter)
    samples: dict[str, ClassSample] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.sketch = ScaleSketch(self.width)

    def add(self, rows: Rows) -> None:
        """Count clips in."""
        self.sketch.add(rows.values)
        self.groups.update(rows.groups)
        for label in sorted(set(rows.labels)):
            at = [row for row, own in enumerate(rows.labels) if own == label]
            sample = self.samples.setdefault(label, ClassSample())
            sample.add([rows.clip_ids[row] for row in at], rows.values[at])


@dataclass(frozen=True, eq=False)
class Ground:
    """On what the clips of one ranking are compared.

    Args:
        labels: C classes, sorted: those of the namespace that the view shows.
        scale: Of the descriptors.
        folds: Of the clips.
    """

    labels: tuple[str, ...]
    scale: RobustScale
    folds: FoldPlan

    def place(self, rows: Rows) -> tuple[FloatArray, Index, Index]:
        """Standardized descriptors [N, D], classes [N] and folds [N] of clips."""
        at = {label: number for number, label in enumerate(self.labels)}
        codes = np.array([at[label] for label in rows.labels], np.int64)
        return (
            self.scale.standardize(rows.values),
            codes,
            self.folds.assign(rows.groups, rows.clip_ids),
        )


def survey_clips(tables: Tables) -> dict[Key, Survey]:
    """The first pass: scales, groups and samples."""
    surveys: dict[Key, Survey] = {}
    for key, rows in iter_rows(tables()):
        surveys.setdefault(key, Survey(rows.values.shape[1])).add(rows)
    return surveys


def prepare_ground(survey: Survey, known: Sequence[str], view: NamedView) -> Ground:
    """Classes, scale and folds of one ranking.

    Args:
        survey: The first look at its clips.
        known: All classes of the namespace; none if it is open: then those that have clips.
        view: Which of them are shown.
    """
    labels = tuple(n for n in sorted(known or survey.samples) if view.view.shows(n))
    return Ground(labels, survey.sketch.measure(), plan_folds(survey.groups))


def sum_moments(
    tables: Tables, grounds: Mapping[Key, Ground], surveys: Mapping[Key, Survey]
) -> dict[Key, Moments]:
    """The second pass: sums by fold and class.

    Args:
        tables: The descriptors.
        grounds: Of each ranking.
        surveys: Of each ranking.
    """
    moments = {
        key: Moments.make_empty(ground.folds.count, len(ground.labels), surveys[key].width)
        for key, ground in grounds.items()
    }
    for key, rows in iter_rows(tables()):
        moments[key].add(*grounds[key].place(rows))
    return moments


def tally_held_out(
    tables: Tables,
    grounds: Mapping[Key, Ground],
    moments: Mapping[Key, Moments],
    penalties: Mapping[Key, float],
) -> dict[Key, HeldOutTally]:
    """The third pass: what held-out clips are taken for.

    Args:
        tables: The descriptors.
        grounds: Of each ranking.
        moments: Of each ranking.
        penalties: Of the rankings whose clips can be held out.
    """
    tallies = {key: HeldOutTally(moments[key], penalty) for key, penalty in penalties.items()}
    for key, rows in iter_rows(tables() if tallies else ()):
        if key in tallies:
            tallies[key].add(*grounds[key].place(rows))
    return tallies
