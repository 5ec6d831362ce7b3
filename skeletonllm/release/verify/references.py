"""Tables that speak of clips and classes: of those that exist, and of the views that they name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from schemas import ALL_CLIPS, REJECT
from skeletonllm.evaluation.protocols import get_protocol, list_protocols
from skeletonllm.release.verify.classes import Classes, Declared
from skeletonllm.release.verify.tables import SHOWN, Tables
from skeletonllm.views.view import COLUMNS, View

CLIP_COLUMNS = ["clip_id", "num_persons", *COLUMNS]
"""What is asked of a clip: what a view looks at, and how many persons it has."""
_RANKED = ("rank", "candidate")
"""Of one ranking, each once."""
STEP_SLACK_S = 1e-3
"""Seconds by which a step may end after its clip: times are rounded."""


def find_reference_faults(tables: Tables, clips: pa.Table, declared: Declared) -> Iterator[str]:
    """Rationales and negatives of clips, persons, classes and views that are not there.

    Args:
        tables: Of the release.
        clips: Columns :data:`CLIP_COLUMNS` of all its clips.
        declared: What :func:`skeletonllm.release.verify.classes.declare_classes` gave.
    """
    if "rationales" in tables:
        yield from _find_rationale_faults(tables["rationales"], clips)
    if "negatives" in tables:
        rejects = tables.get("rejects", REJECT.arrow.empty_table())
        known = _list_declared(clips, declared)
        yield from _find_negative_faults(tables["negatives"], clips, known, rejects)


def find_view_findings(tables: Tables) -> Iterator[str]:
    """Names of views that are no protocol here, or have another hash here: no stream takes them."""
    for name in ("negatives", "rationales"):
        for view, sha256 in _list_views(tables, name):
            if view not in list_protocols():
                yield f"{name}.parquet: view {view!r} is no protocol that is known here"
            elif _train(view).sha256 != sha256:
                yield f"{name}.parquet: view {view!r} has another hash here: no stream takes it"


def _list_views(tables: Tables, name: str) -> list[tuple[str, str | None]]:
    """Named views of a table, with their hashes."""
    if name not in tables:
        return []
    views = tables[name] if name == "negatives" else _flatten_views(tables[name])
    pairs = views.group_by(["view", "view_sha256"], use_threads=False).aggregate([]).to_pylist()
    found = {(row["view"], row["view_sha256"]) for row in pairs}
    return sorted((pair for pair in found if pair[0] != ALL_CLIPS), key=str)


def _flatten_views(rationales: pa.Table) -> pa.Table:
    """A row for each view of each rationale: the rationale's row, the view, its hash."""
    column = rationales.column("views").combine_chunks()
    views = pc.list_flatten(column)
    named = {"view": views.field("name"), "view_sha256": views.field("sha256")}
    return pa.table({"row": pc.list_parent_indices(column), **named})


@cache
def _train(name: str) -> View:
    return get_protocol(name).train


def _known_train(name: str, sha256: str | None) -> View | None:
    """The training view of a protocol, if it is the one that was meant."""
    known = name in list_protocols() and _train(name).sha256 == sha256
    return _train(name) if known else None


def _find_rationale_faults(rationales: pa.Table, clips: pa.Table) -> Iterator[str]:
    at = pc.index_in(rationales.column("clip_id"), value_set=clips.column("clip_id"))
    nowhere = rationales.filter(pc.is_null(at))
    yield from _name(nowhere, "rationales of no clip of the release")
    known, at = rationales.filter(pc.is_valid(at)), at.drop_null()
    own = clips.take(at)
    label = own.column("label")
    others = pc.fill_null(pc.not_equal(known.column("label"), label), False)
    yield from _name(known.filter(others), "rationales with another label than their clip")
    yield from _find_step_faults(known, own)
    asked = _flatten_views(known)
    for view, sha256 in _list_views({"rationales": known}, "rationales"):
        if (train := _known_train(view, sha256)) is not None:
            of_view = asked.filter(pc.equal(asked.column("view_sha256"), sha256)).column("row")
            outside = of_view.filter(pc.invert(train.mask(own.take(of_view))))
            what = f"rationales for view {view!r} of clips outside its training part"
            yield from _name(known.take(outside), what)


def _find_step_faults(rationales: pa.Table, clips: pa.Table) -> Iterator[str]:
    """Steps of persons that the clip does not have, and steps before its begin."""
    column = rationales.column("steps").combine_chunks()
    steps, rows = pc.list_flatten(column), pc.list_parent_indices(column)
    persons = clips.column("num_persons").combine_chunks().take(rows)
    person = steps.field("person")
    there = pc.and_(pc.greater_equal(person, 0), pc.less(person, persons))
    start, end = steps.field("start_s"), steps.field("end_s")
    timed = pc.and_(pc.greater_equal(start, -STEP_SLACK_S), pc.less_equal(start, end))
    for held, what in (
        (there, "of a person who is not there"),
        (timed, "whose start and end are no stretch of time"),
    ):
        bad = pc.unique(rows.filter(pc.invert(pc.fill_null(held, True))))
        yield from _name(rationales.take(bad), f"rationales with steps {what}")


def _name(rows: pa.Table, what: str) -> Iterator[str]:
    """A sentence for some rationales, if there are any, with the first of them."""
    if len(rows):
        first = rows.slice(0, SHOWN)
        ids = zip(*(first.column(c).to_pylist() for c in ("rationale_id", "clip_id")), strict=True)
        named = ", ".join(f"{rationale} (clip {clip})" for rationale, clip in ids)
        yield f"rationales.parquet: {len(rows)} {what}: {named}" + " ..." * (len(rows) > SHOWN)


def _find_negative_faults(
    negatives: pa.Table, clips: pa.Table, known: Classes, rejects: pa.Table
) -> Iterator[str]:
    keys = ["view", "view_sha256", "label_namespace", "label"]
    classes = _list_classes(clips)
    namespaces = {namespace for namespace, _ in classes}
    lost = "build_shards" in pc.unique(rejects.column("stage")).to_pylist()
    pairs = (
        negatives.group_by(["label_namespace", "label", "candidate"], use_threads=False)
        .aggregate([])
        .to_pylist()
    )
    named = {(row["label_namespace"], row[c]) for row in pairs for c in ("label", "candidate")}
    unknown = sorted(named - classes - known)
    foreign = sorted({namespace for namespace, _ in unknown} - namespaces)
    if foreign:
        yield f"negatives.parquet: namespaces {foreign}, which no clip of the release has"
    # A class may have lost all of its clips to the shards' rejects after it was ranked.
    left = [] if lost else [key for key in unknown if key[0] in namespaces]
    if left:
        more = " ..." * (len(left) > SHOWN)
        yield f"negatives.parquet: {len(left)} classes of no clip: {left[:SHOWN]}{more}"
    held = [("rank", "min"), ("rank", "max"), *((c, "count_distinct") for c in _RANKED)]
    ranks = negatives.group_by(keys, use_threads=False).aggregate([([], "count_all"), *held])
    for row in ranks.to_pylist():
        if problem := _find_rank_fault(row):
            yield f"negatives.parquet: {_ranking(row)} {problem}"
        view = _known_train(row["view"], row["view_sha256"])
        if view is not None and not view.shows(row["label"]):
            yield f"negatives.parquet: {_ranking(row)} ranks a class that the view must not see"


def _ranking(row: Mapping[str, Any]) -> str:
    return f"ranking of {row['label']!r} of {row['label_namespace']!r} for view {row['view']!r}"


def _find_rank_fault(row: Mapping[str, Any]) -> str | None:
    """What is wrong with one ranking: each candidate once, ranks 1, 2, 3 ..."""
    count = row["count_all"]
    if row["candidate_count_distinct"] != count:
        return "names a candidate twice"
    if (row["rank_min"], row["rank_max"], row["rank_count_distinct"]) != (1, count, count):
        return "has ranks that are not 1, 2, 3, ..."
    return None


def _list_classes(clips: pa.Table) -> set[tuple[str, str]]:
    known = (
        clips.group_by(["label_namespace", "label"], use_threads=False).aggregate([]).to_pylist()
    )
    return {(r["label_namespace"], r["label"]) for r in known if r["label"] is not None}


def _list_declared(clips: pa.Table, declared: Declared) -> Classes:
    """Classes of the same namespaces that a reader of the clips declares: they may be ranked."""
    pairs = (
        clips.group_by(["corpus", "label_namespace"], use_threads=False).aggregate([]).to_pylist()
    )
    return frozenset(
        (row["label_namespace"], name)
        for row in pairs
        for name in declared.get(row["corpus"], {}).get(row["label_namespace"], ())
    )
