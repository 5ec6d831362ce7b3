"""Rows and words of a release, kept on this machine: it never changes, so they are made once."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from skeletonllm.errors import SkeletonLLMError
from skeletonllm.storage.local_files import open_whole
from skeletonllm.user_cache import find_user_cache
from skeletonllm.version import name_version
from skeletonllm.viewer.columns import COLUMNS, Category, Column, Numbers, Rows, Texts, WordSets
from skeletonllm.viewer.served.words import WordIndex

FEWEST = 2_000
"""Clips from which on it is worth it: fewer are read in a second."""
_FORM = "3"
"""Of what is kept; another form has other names. Those of form 2 may be of a damaged release."""
_log = logging.getLogger(__name__)

Arrays = dict[str, npt.NDArray[Any]]


def keep(name: str, rows: Rows, words: WordIndex) -> None:
    """Keep what a release was read into; where the disk is full it is told, and no more.

    Args:
        name: Hash of the release.
        rows: Its rows.
        words: Their words.
    """
    if len(rows) < FEWEST:
        return
    where = _find(name)
    arrays: Arrays = {n: getattr(words, n) for n in ("ends", "rows", "common", "bits")}
    arrays["words"] = _pack(list(words.words))
    for column_name, column in rows.columns.items():
        arrays |= {f"{column_name}.{n}": a for n, a in _take_apart(column).items()}
    try:
        with open_whole(str(where)) as file:
            np.savez(file, allow_pickle=False, **arrays)
    except (OSError, SkeletonLLMError) as error:
        _log.warning("%s: nothing is kept for the next time (%s)", where, error)


def take(name: str) -> tuple[Rows, WordIndex] | None:
    """What was kept of a release; None where nothing was, or not as it should be.

    Args:
        name: Hash of the release.
    """
    where = _find(name)
    if not where.exists():
        return None
    try:
        with where.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays = {key: stored[key] for key in stored.files}
        columns = {column.name: _put_together(column.name, arrays) for column in COLUMNS}
        rows = Rows(COLUMNS, columns)
        parts = {n: arrays[n] for n in ("ends", "rows", "common", "bits")}
        return rows, WordIndex(words=_unpack(arrays["words"]), total=len(rows), **parts)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        _log.warning("%s is damaged and is made again (%s)", where, error)
        return None


def _find(name: str) -> Path:
    code = name_version().replace(" ", "-")
    return find_user_cache() / "view" / f"{name}-{code}-{_FORM}.npz"


def _take_apart(column: Column) -> Arrays:
    if isinstance(column, Numbers):
        return {"values": column.values}
    if isinstance(column, Texts):
        return {"texts": _pack(list(column.values))}
    if isinstance(column, Category):
        return {"codes": column.codes, "words": _pack(list(column.words))}
    sets = [list(places) for places in column.sets]
    return {"codes": column.codes, "words": _pack(list(column.words)), "sets": _pack(sets)}


def _put_together(name: str, arrays: Arrays) -> Column:
    parts = {k.rpartition(".")[2]: a for k, a in arrays.items() if k.startswith(f"{name}.")}
    if "values" in parts:
        return Numbers(parts["values"])
    if "texts" in parts:
        return Texts(_unpack(parts["texts"]))
    words = tuple(_unpack(parts["words"]))
    if "sets" in parts:
        sets = tuple(tuple(places) for places in _unpack(parts["sets"]))
        return WordSets(words, sets, parts["codes"])
    return Category(words, parts["codes"])


def _pack(values: list[Any]) -> npt.NDArray[np.uint8]:
    return np.frombuffer(json.dumps(values).encode(), np.uint8)


def _unpack(array: npt.NDArray[np.uint8]) -> list[Any]:
    values: list[Any] = json.loads(array.tobytes())
    return values
