"""Tables that speak of clips and classes: of those that exist, and of the views that they name."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from schemas import ALL_CLIPS, NEGATIVE, SAMPLE
from schemas.release import STAGES
from skeletonllm.evaluation.protocols import get_protocol, list_protocols
from skeletonllm.release.cutting.ids import KnownIds
from skeletonllm.release.verify.classes import Classes, Declared
from skeletonllm.release.verify.facts import SLICE
from skeletonllm.release.verify.tables import SHOWN, Tables
from skeletonllm.storage.tables import TableFile, iter_batches
from skeletonllm.views.view import COLUMNS, View

CLIP_COLUMNS = ["clip_id", "num_persons", *(c for c in COLUMNS if c != "motion_sha256")]
"""What is asked of a clip: what a view looks at, and how many persons it has."""
LENGTH_COLUMNS = ["num_frames", "fps"]
"""How long a clip is; the index alone does not tell it."""
_RANKED = ("rank", "candidate")
"""Of one ranking, each once."""
STEP_SLACK_S = 1e-3
"""Seconds by which a time may miss its clip: times are rounded."""


def find_reference_faults(tables: Tables, clips: pa.Table, declared: Declared) -> Iterator[str]:
    """Rationales and negatives of clips, persons, classes and views that are not there.

    Args:
        tables: Of the release.
        clips: Columns :data:`CLIP_COLUMNS` of all its clips, words as text or as dictionaries;
            with :data:`LENGTH_COLUMNS`, times are compared with the lengths of the clips.
        declared: What :func:`skeletonllm.release.verify.classes.declare_classes` gave.
    """
    if "questions" in tables and "fps" in clips.column_names:
        yield from _find_question_faults(tables["questions"], clips)
    if "rationales" in tables:
        yield from _find_rationale_faults(tables["rationales"], clips)
    if "negatives" in tables:
        known = _list_declared(clips, declared)
        negatives = tables["negatives"].select(NEGATIVE.arrow.names)
        yield from _find_negative_faults(negatives, clips, known, count_refused(tables))


def count_refused(tables: Tables) -> int:
    """How many clips the shards refused; 0 where the rejects cannot be read."""
    if "rejects" not in tables:
        return 0
    stages = tables["rejects"].select(["stage"]).column(0)
    return int(pc.sum(pc.equal(stages, STAGES[-1]), min_count=0).as_py())


def find_view_findings(tables: Tables) -> Iterator[str]:
    """Names of views that are no protocol here, or have another hash here: no stream takes them."""
    for name in ("negatives", "rationales"):
        for view, sha256 in _list_views(tables, name):
            if view not in list_protocols():
                yield f"{name}.parquet: view {view!r} is no protocol that is known here"
            elif _train(view).sha256 != sha256:
                yield f"{name}.parquet: view {view!r} has another hash here: no stream takes it"


def _list_views(
    tables: Mapping[str, pa.Table | TableFile], name: str
) -> list[tuple[str, str | None]]:
    """Named views of a table, with their hashes."""
    if name not in tables:
        return []
    found: set[tuple[str, str | None]] = set()
    for table in iter_batches(
        tables[name], ["view", "view_sha256"] if name == "negatives" else ["views"]
    ):
        found |= _pair_views(table if name == "negatives" else _flatten_views(table))
    return sorted((pair for pair in found if pair[0] != ALL_CLIPS), key=str)


def _pair_views(views: pa.Table) -> set[tuple[str, str | None]]:
    pairs = views.group_by(["view", "view_sha256"], use_threads=False).aggregate([]).to_pylist()
    return {(row["view"], row["view_sha256"]) for row in pairs}


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


class _Named:
    """Rationales that something is wrong with: how many, and the first of them by name."""

    def __init__(self) -> None:
        self._count: Counter[str] = Counter()
        self._first: dict[str, list[str]] = defaultdict(list)

    def add(self, rows: pa.Table, what: str) -> None:
        self._count[what] += len(rows)
        first = rows.slice(0, SHOWN - min(SHOWN, len(self._first[what])))
        ids = zip(*(first.column(c).to_pylist() for c in ("rationale_id", "clip_id")), strict=True)
        self._first[what] += [f"{rationale} (clip {clip})" for rationale, clip in ids]

    def sentences(self) -> Iterator[str]:
        for what, count in self._count.items():
            if count:
                more = " ..." * (count > SHOWN)
                yield f"rationales.parquet: {count} {what}: {', '.join(self._first[what])}{more}"


_JUDGED = ("rationale_id", "clip_id", "label", "steps", "views")


def _find_rationale_faults(rationales: pa.Table | TableFile, clips: pa.Table) -> Iterator[str]:
    named = _Named()
    known = KnownIds(part.column("clip_id") for part in iter_batches(clips, ["clip_id"]))
    for rows in iter_batches(rationales, _JUDGED):
        _judge_rationales(rows, clips, known, named)
    yield from named.sentences()


def _judge_rationales(rationales: pa.Table, clips: pa.Table, ids: KnownIds, named: _Named) -> None:
    at = ids.find(rationales.column("clip_id"))
    named.add(rationales.filter(pa.array(at < 0)), "rationales of no clip of the release")
    known = rationales.filter(pa.array(at >= 0))
    taken = clips.take(pa.array(at[at >= 0]))
    own = to_plain(taken)
    # What one without a label concludes is compared within its sample, which has its caption.
    others = pc.fill_null(pc.not_equal(known.column("label"), own.column("label")), False)
    named.add(known.filter(others), "rationales with another label than their clip")
    _judge_steps(known, own, _list_ends(taken), named)
    asked = _flatten_views(known)
    for view, sha256 in _list_views({"rationales": known}, "rationales"):
        if (train := _known_train(view, sha256)) is not None:
            of_view = asked.filter(pc.equal(asked.column("view_sha256"), sha256)).column("row")
            outside = of_view.filter(pc.invert(train.mask(own.take(of_view))))
            what = f"rationales for view {view!r} of clips outside its training part"
            named.add(known.take(outside), what)


def to_plain(clips: pa.Table) -> pa.Table:
    """Columns :data:`CLIP_COLUMNS`, with their words as text."""
    return clips.select(CLIP_COLUMNS).cast(
        pa.schema([SAMPLE.arrow.field(name) for name in CLIP_COLUMNS])
    )


def _list_ends(clips: pa.Table) -> pa.Array:
    """By when something in each clip must have begun, in seconds; null where no length is known."""
    if "fps" not in clips.column_names:
        return pa.nulls(len(clips), pa.float64())
    frames = clips.column("num_frames").cast(pa.float64())
    return pc.add(pc.divide(frames, clips.column("fps")), STEP_SLACK_S).combine_chunks()


def _find_question_faults(questions: pa.Table | TableFile, clips: pa.Table) -> Iterator[str]:
    """Questions about what comes after the end of their clip."""
    known = KnownIds(part.column("clip_id") for part in iter_batches(clips, ["clip_id"]))
    late: list[str] = []
    for asked in iter_batches(questions, ["question_id", "clip_id", "start_s"]):
        at = known.find(asked.column("clip_id"))
        of_clips = asked.filter(pa.array(at >= 0))
        ends = _list_ends(clips.select(LENGTH_COLUMNS).take(pa.array(at[at >= 0])))
        after = pc.fill_null(pc.greater(of_clips.column("start_s"), ends), False)
        late += of_clips.filter(after).column("question_id").to_pylist()
    if late:
        what = "questions about a stretch after the end of their clip"
        yield f"questions.parquet: {len(late)} {what}, first {late[0]!r}"


def _judge_steps(rationales: pa.Table, clips: pa.Table, ends: pa.Array, named: _Named) -> None:
    """Steps of persons that the clip does not have, or of times that it does not have.

    A teacher may have said anything. The judge calls such a step contradicted, and so it is told.
    """
    column = rationales.column("steps").combine_chunks()
    steps, rows = pc.list_flatten(column), pc.list_parent_indices(column)
    held = pc.fill_null(pc.not_equal(steps.field("verdict"), "contradicted"), True)
    steps, rows = steps.filter(held), rows.filter(held)
    persons = clips.column("num_persons").combine_chunks().take(rows)
    person = steps.field("person")
    there = pc.and_(pc.greater_equal(person, 0), pc.less(person, persons))
    start, end = steps.field("start_s"), steps.field("end_s")
    timed = pc.and_(pc.greater_equal(end, -STEP_SLACK_S), pc.less_equal(start, end))
    begun = pc.fill_null(pc.less_equal(start, ends.take(rows)), pc.is_null(ends.take(rows)))
    for right, what in (
        (there, "of a person who is not there"),
        (timed, "whose start and end are no stretch of time"),
        (begun, "that begin after the end of their clip"),
    ):
        bad = pc.unique(rows.filter(pc.invert(pc.fill_null(right, False))))
        named.add(rationales.take(bad), f"rationales with steps {what}")


def _find_negative_faults(
    negatives: pa.Table, clips: pa.Table, known: Classes, refused: int
) -> Iterator[str]:
    keys = ["view", "view_sha256", "label_namespace", "label"]
    classes = _list_classes(clips)
    namespaces = {namespace for namespace, _ in classes}
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
    left = [key for key in unknown if key[0] in namespaces]
    if len(left) > refused:
        told = f", and the shards refused {refused}" * bool(refused)
        more = " ..." * (len(left) > SHOWN)
        yield f"negatives.parquet: {len(left)} classes of no clip{told}: {left[:SHOWN]}{more}"
    held = [("rank", "min"), ("rank", "max"), *((c, "count_distinct") for c in _RANKED)]
    ranks = negatives.group_by(keys, use_threads=False).aggregate([([], "count_all"), *held])
    for row in ranks.to_pylist():
        if problem := _find_rank_fault(row):
            yield f"negatives.parquet: {_ranking(row)} {problem}"
    yield from _find_hidden_faults(negatives)


def _find_hidden_faults(negatives: pa.Table) -> Iterator[str]:
    """Rankings of a view that rank a class which it must not see, or rank one among others."""
    for view, sha256 in _list_views({"negatives": negatives}, "negatives"):
        if (train := _known_train(view, sha256)) is None:
            continue
        of_view = negatives.filter(pc.equal(negatives.column("view_sha256"), sha256))
        ranked = [pc.unique(of_view.column(c)).to_pylist() for c in ("label", "candidate")]
        if hidden := sorted(name for name in set().union(*ranked) if not train.shows(name)):
            said = f"{hidden[:SHOWN]}{' ...' * (len(hidden) > SHOWN)}"
            yield (
                f"negatives.parquet: a ranking for view {view!r} ranks a class that the view must "
                f"not see: {said}"
            )


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
    known = _list_pairs(clips, "label_namespace", "label")
    return {(namespace, label) for namespace, label in known if label is not None}


def _list_pairs(clips: pa.Table, *names: str) -> set[tuple[Any, ...]]:
    """Different values of some columns."""
    found: set[tuple[Any, ...]] = set()
    for part in iter_batches(clips, CLIP_COLUMNS, SLICE):
        rows = to_plain(part).group_by(list(names), use_threads=False).aggregate([]).to_pylist()
        found.update(tuple(row[name] for name in names) for row in rows)
    return found


def _list_declared(clips: pa.Table, declared: Declared) -> Classes:
    """Classes of the same namespaces that a reader of the clips declares: they may be ranked."""
    return frozenset(
        (namespace, name)
        for corpus, namespace in _list_pairs(clips, "corpus", "label_namespace")
        for name in declared.get(corpus, {}).get(namespace, ())
    )
