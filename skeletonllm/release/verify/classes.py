"""The classes of a release: one name an id and one id a name, as the readers declare them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from skeletonllm.corpora.reader import get_reader, reader_names
from skeletonllm.errors import UsageError
from skeletonllm.release.verify.facts import Facts, iter_columns
from skeletonllm.storage.layout import SHARDS

Classes = frozenset[tuple[str, str]]
"""``(namespace, label)`` of every class."""
Declared = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Corpus -> namespace -> names in the order of ``label_id``; none where the files bring them."""


def count_classes(facts: Facts) -> list[dict[str, Any]]:
    """A row for each corpus, namespace, id and name: how many clips, and the first of them.

    Args:
        facts: Rows of :data:`skeletonllm.release.verify.facts.FACTS`.
    """
    keys = ["corpus", "label_namespace", "label_id", "label"]
    first, parts = [("clip_id", "min"), ("shard", "min")], []
    for columns in iter_columns(facts, [*keys, "clip_id", "shard"]):
        known = columns.filter(pc.is_valid(columns.column("label")))
        parts.append(known.group_by(keys, use_threads=False).aggregate([*first, ([], "count_all")]))
    if not parts:
        return []
    every = pa.concat_tables(parts).group_by(keys, use_threads=False)
    again = [("clip_id_min", "min"), ("shard_min", "min"), ("count_all", "sum")]
    counted = every.aggregate(again).select([*keys, *("_".join(pair) for pair in again)])
    counted = counted.rename_columns([*keys, "clip_id_min", "shard_min", "count_all"])
    return counted.sort_by([(key, "ascending") for key in keys]).to_pylist()


def find_class_faults(counted: list[dict[str, Any]], declared: Declared) -> Iterator[str]:
    """Classes with two ids, ids with two names, and classes that no reader declares.

    Args:
        counted: What :func:`count_classes` gave.
        declared: What :func:`declare_classes` gave.
    """
    yield from _find_conflicts(counted, "label_id", "label")
    yield from _find_conflicts(counted, "label", "label_id")
    for corpus, names in declared.items():
        own = [row for row in counted if row["corpus"] == corpus]
        yield from _compare_declared(corpus, names, own)


def _find_conflicts(counted: list[dict[str, Any]], one: str, other: str) -> Iterator[str]:
    """Values of ``one`` that have more than one of ``other``; the rarer is taken to be wrong."""
    groups: dict[tuple[str, Any], dict[Any, list[dict[str, Any]]]] = defaultdict(dict)
    for row in counted:
        groups[row["label_namespace"], row[one]].setdefault(row[other], []).append(row)
    for (namespace, value), found in sorted(groups.items()):
        if len(found) == 1:
            continue
        usual = max(found, key=lambda name: sum(row["count_all"] for row in found[name]))
        for name, rows in found.items():
            if name != usual:
                clips = sum(row["count_all"] for row in rows)
                yield (
                    f"{_place(rows[0])}: {one} {value!r} of namespace {namespace!r} has "
                    f"{other} {name!r} in {clips} clips, and {usual!r} in others"
                )


def _place(row: Mapping[str, Any]) -> str:
    """A tar and a clip of a group; both are the least, so the clip may lie in another tar."""
    return f"{SHARDS}/{row['shard_min']}, clip {row['clip_id_min']}"


def declare_classes(corpora: Iterable[str]) -> Declared:
    """What the readers of some corpora declare, where somebody here reads them and their labels."""
    found: dict[str, Mapping[str, tuple[str, ...]]] = {}
    names = reader_names()
    for corpus in sorted(set(corpora).intersection(names)):
        with suppress(UsageError):  # of another package, and broken
            declared = get_reader(corpus).label_names
            if declared:  # who reads no labels says nothing of those that a lab gave its clips
                found[corpus] = declared
    return found


def _compare_declared(
    corpus: str, declared: Mapping[str, tuple[str, ...]], rows: list[dict[str, Any]]
) -> Iterator[str]:
    for row in rows:
        namespace, label, number = row["label_namespace"], row["label"], row["label_id"]
        names = declared.get(namespace)
        said = f"{_place(row)}: {row['count_all']} clips"
        if names is None:
            expected = f"its reader declares {sorted(declared)}"
            yield f"{said} of corpus {corpus!r} have namespace {namespace!r}; {expected}"
        elif names and (number >= len(names) or names[number] != label):
            known = names[number] if number < len(names) else "no class"
            yield f"{said} are {label!r}, {number} of {namespace!r}; the reader says {known!r}"
