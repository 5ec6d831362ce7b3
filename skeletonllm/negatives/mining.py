"""The second half of the stage: from the descriptors of all clips to the ranking of each view.

Every source is made of the sums of :mod:`.passes` or comes from outside; their weights are chosen
by :mod:`.weights`; :mod:`.rank` writes the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from schemas.negative import SOURCES
from skeletonllm.negatives.confusions import describe_taken
from skeletonllm.negatives.descriptors.moments import Moments
from skeletonllm.negatives.descriptors.robust_scale import FloatArray
from skeletonllm.negatives.descriptors.rows import Key, Tables
from skeletonllm.negatives.fuse import Scores
from skeletonllm.negatives.held_out import SOURCE as OUT_OF_FOLD
from skeletonllm.negatives.held_out import HeldOutTally, choose_penalty, score_held_out
from skeletonllm.negatives.kinematics import compute_class_distances, summarize_moments
from skeletonllm.negatives.nearest import Neighbours
from skeletonllm.negatives.passes import (
    Ground,
    prepare_ground,
    sum_moments,
    survey_clips,
    tally_held_out,
)
from skeletonllm.negatives.rank import BySource, Reasons, rank_by_sources, spread_scores
from skeletonllm.negatives.selection import TOP
from skeletonllm.negatives.weights import (
    LEAST_CLIPS,
    LEAST_FOLDS,
    HeldOut,
    Weights,
    choose_weights,
    weigh_equally,
)
from skeletonllm.views.view import NamedView

Told = Mapping[str, BySource]
"""Label -> what sources from outside, such as a teacher, say of it."""
_NOTHING: Mapping[Key, Told] = {}
DIGITS = 6
"""Measured scores are rounded to this: the last bits differ from processor to processor."""


@dataclass(frozen=True, eq=False)
class Mined:
    """What was mined for one view and namespace.

    Args:
        key: Which.
        ranking: Rows of :data:`schemas.NEGATIVE`.
        weights: Of the sources.
        ground: See there.
        samples: Class -> ids and descriptors [S, D] of its sample, as they are.
        clips: How many were looked at.
    """

    key: Key
    ranking: pa.Table
    weights: Weights
    ground: Ground
    samples: Mapping[str, tuple[tuple[str, ...], FloatArray]]
    clips: int

    def to_json(self) -> dict[str, Any]:
        """How the sources were fused, as ``fusion.json`` holds it."""
        folds = "subjects" if self.ground.folds.groups else "hashes of clips"
        of = {"view": self.key[0], "label_namespace": self.key[1], "clips": self.clips}
        told = {"folds": self.ground.folds.count, "folds_of": folds}
        return {**of, **told, **self.weights.to_json()}


def mine(
    tables: Tables,
    views: Sequence[NamedView],
    *,
    names_of: Callable[[str], Sequence[str]],
    compare: Callable[[Sequence[str]], FloatArray],
    told: Mapping[Key, Told] = _NOTHING,
    seen: Mapping[Key, Reasons] | None = None,
) -> list[Mined]:
    """The ranking of every view and namespace, in order of these.

    Args:
        tables: The descriptors, part by part, as often as asked.
        views: What is mined.
        names_of: Gives all classes of a label namespace; none for an open one.
        compare: Gives the similarity [C, C] of C names.
        told: What other sources say of each.
        seen: What those sources saw.
    """
    named = {view.name: view for view in views}
    surveys = survey_clips(tables)
    grounds = {
        (view, space): prepare_ground(surveys[view, space], names_of(space), named[view])
        for view, space in sorted(surveys)
    }
    moments = sum_moments(tables, grounds, surveys)
    penalties = {key: choose_penalty(m) for key, m in moments.items() if _has_held_out(m)}
    tallies = tally_held_out(tables, grounds, moments, penalties)
    mined = []
    for key, ground in grounds.items():
        sums, tally = moments[key], tallies.get(key)
        outside = gather_sources(keep_labels(told.get(key, {}), ground.labels), ground.labels)
        fixed = {"text": np.round(compare(ground.labels), DIGITS), **outside}
        measured = measure_sources(sums, penalties.get(key))
        weights = weigh_sources(measured, fixed, sums, tally, penalties.get(key))
        reasons = {**(seen or {}).get(key, {}), **_tell_held_out(tally, sums, ground)}
        ranking = rank_by_sources(
            key[1],
            ground.labels,
            _join_sources(ground.labels, {**fixed, **measured}),
            view=named[key[0]],
            weights=weights.by_source,
            reasons=reasons,
        )
        samples = {label: sample.to_arrays() for label, sample in surveys[key].samples.items()}
        mined.append(Mined(key, ranking, weights, ground, samples, int(sums.counts.sum())))
    return mined


def _join_sources(
    labels: Sequence[str], matrices: Mapping[str, FloatArray]
) -> dict[str, dict[str, Scores]]:
    """Label -> source -> scores, the sources in the order of :data:`schemas.negative.SOURCES`."""
    joined: dict[str, dict[str, Scores]] = {label: {} for label in labels}
    for name in sorted(matrices, key=SOURCES.index):
        for label, scores in spread_scores(labels, matrices[name]).items():
            if scores:
                joined[label][name] = scores
    return joined


def _has_held_out(moments: Moments) -> bool:
    """Whether two classes have clips in two folds: else nothing can be held out."""
    return int(moments.find_known(least_folds=2).sum()) > 1


def measure_sources(moments: Moments, penalty: float | None) -> dict[str, FloatArray]:
    """Scores [C, C] of the sources that are measured on clips; NaN where they know nothing.

    Args:
        moments: Of the clips.
        penalty: Of the ridge; None where nothing can be held out.
    """
    met = moments.find_known()
    places = [str(number) for number in range(len(met))]
    distances = compute_class_distances(summarize_moments(places, moments))
    closeness = np.full((len(met),) * 2, np.nan)
    closeness[np.ix_(met, met)] = 1 / (1 + distances)
    found = {"kinematics": closeness}
    if penalty is not None:
        found[OUT_OF_FOLD] = score_held_out(moments, penalty)
    return {name: np.round(scores, DIGITS) for name, scores in found.items()}


def gather_sources(told: Told, labels: Sequence[str]) -> dict[str, FloatArray]:
    """Scores [C, C] of each source from outside; NaN where it knows nothing.

    Args:
        told: Label -> source -> scores.
        labels: C classes.
    """
    at = {label: number for number, label in enumerate(labels)}
    found: dict[str, FloatArray] = {}
    for label, by_source in told.items():
        for name, scores in by_source.items():
            matrix = found.setdefault(name, np.full((len(labels),) * 2, np.nan))
            for candidate, score in scores.items():
                matrix[at[label], at[candidate]] = score
    return found


def weigh_sources(
    measured: Mapping[str, FloatArray],
    fixed: Mapping[str, FloatArray],
    moments: Moments,
    tally: HeldOutTally | None,
    penalty: float | None,
) -> Weights:
    """Weights chosen on held-out training folds, or equal ones where there are too few clips.

    Args:
        measured: Scores of what was measured on all clips.
        fixed: Scores of the names and from outside: the same whatever is held out.
        moments: Of all clips.
        tally: What held-out clips are taken for; None where nothing can be held out.
        penalty: Of the ridge.
    """
    names = sorted([*measured, *fixed], key=SOURCES.index)
    counts = moments.counts
    if tally is None or len(counts) < LEAST_FOLDS:
        return weigh_equally(names, f"equal: the clips make fewer than {LEAST_FOLDS} folds")
    if counts.sum() < LEAST_CLIPS * int(moments.find_known().sum()):
        return weigh_equally(names, f"equal: fewer than {LEAST_CLIPS:g} clips a class")
    held = []
    for fold, target in enumerate(tally.sum_confusions()):
        inner = measure_sources(moments.leave_out(fold), penalty)
        held.append(HeldOut({n: {**fixed, **inner}[n] for n in names}, target))
    return choose_weights(held)


def _tell_held_out(
    tally: HeldOutTally | None, moments: Moments, ground: Ground
) -> dict[str, dict[tuple[str, str], str]]:
    if tally is None:
        return {}
    clips, labels = moments.counts.sum(axis=0), ground.labels
    return {
        OUT_OF_FOLD: {
            (labels[i], labels[j]): describe_taken(tally.taken[i, j], clips[i], "held-out clips")
            for i in range(len(labels))
            for j in range(len(labels))
            if i != j
        }
    }


def find_neighbours(mined: Mined, each: int) -> Neighbours:
    """With which clips those of one ranking are compared: samples of the hardest classes.

    Args:
        mined: The ranking.
        each: How many are kept of each class.
    """
    moved = {label for label, (clip_ids, _) in mined.samples.items() if clip_ids}
    hardest: dict[str, list[str]] = {label: [] for label in moved}
    for row in mined.ranking.select(["label", "candidate"]).to_pylist():
        if row["label"] in moved and row["candidate"] in moved:
            hardest[row["label"]] = [*hardest[row["label"]], row["candidate"]][:TOP]
    scale = mined.ground.scale
    samples = {
        label: (clip_ids, scale.standardize(values))
        for label, (clip_ids, values) in mined.samples.items()
    }
    return Neighbours(scale, samples, hardest, each)


def keep_labels(told: Told, labels: Sequence[str]) -> dict[str, BySource]:
    """Without classes of an open namespace all of whose clips became rejects here.

    Args:
        told: Label -> source -> scores.
        labels: The classes that are ranked.
    """
    known = set(labels)
    return {
        label: {
            source: {name: scores[name] for name in scores if name in known}
            for source, scores in by_source.items()
        }
        for label, by_source in told.items()
        if label in known
    }
