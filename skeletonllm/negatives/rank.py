"""The table of negatives: for every label, all other classes from hardest to easiest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from schemas import NEGATIVE
from skeletonllm.errors import UsageError
from skeletonllm.negatives.descriptors.robust_scale import FloatArray
from skeletonllm.negatives.fuse import Ranked, Scores, fuse_rankings
from skeletonllm.negatives.kinematics import compute_class_distances, compute_class_statistics
from skeletonllm.negatives.text import compute_name_similarity
from skeletonllm.views.view import EVERY_CLIP, NamedView

BySource = Mapping[str, Scores]
"""Name of a source -> what it says of one label; see :data:`schemas.negative.SOURCES`."""
Reasons = Mapping[str, Mapping[tuple[str, str], str]]
"""Name of a source -> (label, candidate) -> what it saw, in words."""
_NOTHING: Mapping[str, BySource] = {}


def rank_negatives(
    namespace: str,
    labels: Sequence[str],
    descriptors: Mapping[str, FloatArray],
    *,
    view: NamedView = EVERY_CLIP,
    extra_sources: Mapping[str, BySource] = _NOTHING,
) -> pa.Table:
    """The full ranking of all other classes by name and movement, of clips that are all at hand.

    The stage ranks larger corpora, and with more sources: :mod:`.mining`.

    Args:
        namespace: Of the labels; written into every row.
        labels: All classes of the namespace, with clips or without.
        descriptors: Class -> [N, D], one row a clip. A class that is missing here, or has no row,
            is ranked by its name alone.
        view: Whose clips the descriptors are of, and whose classes the labels are; written into
            every row. Nothing is filtered here, but an unseen class is refused.
        extra_sources: Label -> source -> scores of the other labels, where a source such as a
            teacher knows some.

    Returns:
        Rows of :data:`schemas.NEGATIVE` in order of label and rank; ``C * (C - 1)`` of them.

    Raises:
        UsageError: A label twice, an unseen label, scores or descriptors of an unknown label, or
            descriptors of different lengths.
    """
    names = sorted(labels)
    _check(names, descriptors)
    text = spread_scores(names, compute_name_similarity(names)) if names else {}
    moved, closeness = _kinematic(descriptors)
    kinematics = spread_scores(moved, closeness)
    by_label: dict[str, dict[str, Scores]] = {name: {"text": text[name]} for name in names}
    for label, scores in kinematics.items():
        by_label[label]["kinematics"] = scores
    for label, told in extra_sources.items():
        by_label.setdefault(label, {}).update(told)
    return rank_by_sources(namespace, names, by_label, view=view)


def rank_by_sources(
    namespace: str,
    labels: Sequence[str],
    by_label: Mapping[str, BySource],
    *,
    view: NamedView = EVERY_CLIP,
    weights: Mapping[str, float] | None = None,
    reasons: Reasons | None = None,
) -> pa.Table:
    """The full ranking of all other classes, for every label of a namespace.

    Args:
        namespace: Of the labels; written into every row.
        labels: All classes, those of the view alone.
        by_label: Label -> source -> scores of the other labels, where it knows them.
        view: Written into every row.
        weights: How much each source counts; None for all alike.
        reasons: What sources saw.

    Returns:
        Rows of :data:`schemas.NEGATIVE` in order of label and rank.

    Raises:
        UsageError: An unseen label, or scores of a class that is no label here.
    """
    names = sorted(labels)
    _check_view(names, view, by_label)
    tables = [NEGATIVE.arrow.empty_table()]
    for label in names:  # a table each: rows of all labels as dicts would take tens of megabytes
        others = [name for name in names if name != label]
        ranking = fuse_rankings(others, by_label.get(label, {}), weights)
        rows = [_row(view, namespace, label, ranked, reasons) for ranked in ranking]
        tables.append(pa.Table.from_pylist(rows, schema=NEGATIVE.arrow))
    return pa.concat_tables(tables).combine_chunks()


def _check(names: Sequence[str], descriptors: Mapping[str, FloatArray]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(f"labels named twice: {twice}")
    unknown = sorted(set(descriptors) - set(names))
    if unknown:
        raise UsageError(f"descriptors of {unknown}", expected="only classes among the labels")
    widths = sorted({np.shape(d)[1:] for d in descriptors.values()})
    if len(widths) > 1:
        raise UsageError(f"descriptors of different lengths {widths}", expected="one length D")


def _check_view(names: Sequence[str], view: NamedView, extra: Mapping[str, BySource]) -> None:
    hidden = [name for name in names if not view.view.shows(name)]
    if hidden:
        raise UsageError(f"labels {hidden} in a ranking of {view.name}", expected="its classes")
    known = set(names)
    scored = [scores for by_source in extra.values() for scores in by_source.values()]
    strange = sorted(set(extra).union(*scored) - known)
    if strange:
        raise UsageError(f"scores of {strange}", expected="only classes among the labels")


def _kinematic(descriptors: Mapping[str, FloatArray]) -> tuple[Sequence[str], FloatArray]:
    """Classes with clips, and how close they are: 1 / (1 + distance)."""
    moved = [label for label in sorted(descriptors) if len(descriptors[label])]
    if not moved:
        return (), np.zeros((0, 0))
    rows = np.concatenate([descriptors[label] for label in moved])
    owners = [label for label in moved for _ in range(len(descriptors[label]))]
    statistics = compute_class_statistics(rows, owners)
    return statistics.labels, 1 / (1 + compute_class_distances(statistics))


def spread_scores(names: Sequence[str], scores: FloatArray) -> dict[str, Scores]:
    """Label -> candidate -> score, without the label itself and without what is not known.

    Args:
        names: C classes.
        scores: [C, C]; NaN where nothing is known.
    """
    known = ~np.isnan(scores)
    return {
        label: {
            candidate: float(scores[i, j])
            for j, candidate in enumerate(names)
            if j != i and known[i, j]
        }
        for i, label in enumerate(names)
    }


def _row(
    view: NamedView, namespace: str, label: str, ranked: Ranked, reasons: Reasons | None
) -> dict[str, object]:
    sources = [{"name": n, "score": score, "rank": rank} for n, score, rank in ranked.sources]
    pair = (label, ranked.candidate)
    return {
        "view": view.name,
        "view_sha256": view.sha256,
        "label_namespace": namespace,
        "label": label,
        "candidate": ranked.candidate,
        "rank": ranked.rank,
        "score": ranked.score,
        "sources": sources,
        "reasons": None
        if reasons is None
        else [reasons.get(n, {}).get(pair) for n, _, _ in ranked.sources],
    }
