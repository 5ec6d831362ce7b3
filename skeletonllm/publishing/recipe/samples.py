"""The samples of a release, as the annotations of its recipe tell of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import pyarrow as pa

from schemas import ANNOTATION
from skeletonllm.errors import SkeletonLLMError
from skeletonllm.publishing.recipe.annotations import CAPTIONS, find_untold
from skeletonllm.publishing.recipe.layout import annotation_file
from skeletonllm.release.cutting.ids import to_digest
from skeletonllm.release.verify.descriptions import Seen
from skeletonllm.release.verify.facts import FACTS, FactsFile
from skeletonllm.release.verify.files import list_tars
from skeletonllm.release.verify.tables import Tables
from skeletonllm.release.verify.tars import TarTask, plan_tars
from skeletonllm.release.verify.told import find_told_faults
from skeletonllm.shards.forms import find_text_fault
from skeletonllm.shards.index_rows import describe_sample
from skeletonllm.storage import join, read_table
from skeletonllm.storage.layout import SHARDS, table_file

MOST_FPS = 1e9
"""Far above what any camera does; a number that fits no float is below no such bound."""
Rows = Sequence[Mapping[str, Any]]


def read_annotations(
    recipe: str, release: Mapping[str, Any], tables: Tables, closed: frozenset[str]
) -> tuple[Seen, list[str]]:
    """What all annotations tell of the samples, and what is wrong with them.

    Args:
        recipe: Its folder.
        release: Manifest of the release.
        tables: Of the recipe, with the index.
        closed: Ids of the licences whose captions are left out.
    """
    facts, faults = FactsFile(), list[str]()
    paths = set(list_tars(dict(release)))
    entries = [entry for entry in release["files"] if entry["path"] in paths]
    index, told_of = tables["index"], tables.get("rationales")
    with TemporaryDirectory(prefix="skeletonllm-verify-") as folder:
        for task in plan_tars(recipe, entries, index, told_of, {}, folder=folder):
            faults += _read_part(recipe, task, closed, facts)
    return Seen(facts.finish(), None, len(facts) == len(index)), faults


def _read_part(
    recipe: str, task: TarTask, closed: frozenset[str], facts: FactsFile
) -> Iterator[str]:
    """A row for each sample, which says of it what the index and the rationales say.

    What the rows tell is added to the facts where they are right.
    """
    shard = task.entry["path"].removeprefix(f"{SHARDS}/")
    path = annotation_file(shard)
    try:
        table = read_table(join(recipe, path), schema=ANNOTATION)
    except (OSError, pa.ArrowException, SkeletonLLMError) as error:
        yield f"{path}: {error}"
        return
    faults = [f"{path}: {fault}" for fault in ANNOTATION.faults(table)]
    rows = [] if task.rows is None else task.rows.load().to_pylist()
    told = table.to_pylist()
    if [row["clip_id"] for row in rows] != [row["clip_id"] for row in told]:
        faults.append(f"{path}: its clips are not those of {table_file('index')} in {shard}")
        yield from faults
        return
    found = (_find_fault(row, own, closed) for row, own in zip(rows, told, strict=True))
    places = (f"{path}, clip {row['clip_id']}" for row in rows)
    faults += [f"{place}: {fault}" for place, fault in zip(places, found, strict=True) if fault]
    yield from faults
    if faults:
        return
    metas = [orjson.loads(own["json"]) for own in told]
    facts.add(task.entry["path"], _list_facts(shard, rows, told, metas))
    if task.rationales is not None:
        named = zip(rows, metas, strict=True)
        samples = [(row["key"], row["clip_id"], meta["rationales"]) for row, meta in named]
        yield from find_told_faults(path, samples, task.rationales.load())


_DIGESTS = ("source_sha256", "motion_sha256", "decoded_sha256")


def _list_facts(shard: str, rows: Rows, told: Rows, metas: Rows) -> pa.Table:
    """Rows of :data:`skeletonllm.release.verify.facts.FACTS`."""
    plain = set(FACTS.names) - {*_DIGESTS, "num_captions", "shard"}
    columns: dict[str, Any] = {name: [meta[name] for meta in metas] for name in plain}
    stated = [{**meta, **own} for meta, own in zip(metas, told, strict=True)]
    columns |= {name: [to_digest(one[name]) for one in stated] for name in _DIGESTS}
    columns["num_captions"] = [row["num_captions"] for row in rows]
    columns["shard"] = [shard] * len(rows)
    return pa.table({name: columns[name] for name in FACTS.names}, FACTS)


def _fill_captions(meta: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """The text of a sample with as many captions as it had; what they said may be left out."""
    return {**meta, CAPTIONS: meta.get(CAPTIONS, [None] * row["num_captions"])}


def _find_fault(
    row: Mapping[str, Any], own: Mapping[str, Any], closed: frozenset[str]
) -> str | None:
    """The first thing that is wrong with an annotation."""
    try:
        meta = orjson.loads(own["json"])
        if untold := find_untold(meta):
            return untold
        if fault := find_text_fault({CAPTIONS: [], **meta}):
            return fault
        whole = _fill_captions(meta, row)
        if not 0 < whole["fps"] < MOST_FPS:
            return f"fps {whole['fps']}; expected a positive number"
        made = describe_sample(whole)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return f"its text cannot be read ({type(error).__name__}: {error})"
    return _compare_columns(meta, own, closed) or _compare_index(made, row)


def _compare_columns(
    meta: Mapping[str, Any], own: Mapping[str, Any], closed: frozenset[str]
) -> str | None:
    """The columns of an annotation against its text."""
    for name in ("clip_id", "source_uri", "source_sha256", "profile", "licence"):
        if meta.get(name) != own[name]:
            return f"{name} {own[name]!r}; its text says {meta.get(name)!r}"
    if meta.get("decoded_sha256", own["decoded_sha256"]) != own["decoded_sha256"]:
        return "decoded_sha256 is not that of its text"
    if own["licence"] in closed and meta.get(CAPTIONS):
        return f"it holds captions, which {own['licence']!r} keeps from being passed on"
    return None


def _compare_index(made: Mapping[str, Any], row: Mapping[str, Any]) -> str | None:
    for name, value in made.items():
        if row[name] != value and name != "num_questions":
            return f"{name} {value!r}; the index says {row[name]!r}"
    return None
