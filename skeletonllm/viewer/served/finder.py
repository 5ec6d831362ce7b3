"""Finds rows among a million: every filter is a mask over one column, held in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt

from skeletonllm.errors import UsageError
from skeletonllm.viewer.columns import Category, Column, Numbers, Rows, Texts, WordSets
from skeletonllm.viewer.served.query import Query
from skeletonllm.viewer.served.words import Mask, WordIndex, split_words

Ints = npt.NDArray[np.int64]
_PIECE = 1 << 15
_FACETS = 10_000
"""Words of a column that are counted in an answer: more than the page of one file can hold."""
QUALITY = "quality"
"""Not a column: by joints observed, and among equals those with fewer flags are better."""


@dataclass(frozen=True, eq=False)
class Found:
    """The answer to a query.

    Args:
        total: Rows that fit.
        rows: Those of the window, in order.
        facets: Column -> its most frequent words, with how many rows each would give: what is asked
            of the column itself does not count, since another of its words would widen it. Words
            that are asked for are always among them.
        place: Of the row whose place was asked for; None if it does not fit.
    """

    total: int
    rows: list[int]
    facets: dict[str, list[list[Any]]]
    place: int | None = None


@dataclass(frozen=True, eq=False)
class _Order:
    """Rows by a column, those without a value last; equal ones by their number both ways.

    Args:
        up: Lowest first.
        down: Highest first.
    """

    up: npt.NDArray[np.int32]
    down: npt.NDArray[np.int32]


class Finder:
    """Answers queries about rows.

    Args:
        rows: All of them.
        words: Of their texts; those of categories and sets need not be among them.
    """

    def __init__(self, rows: Rows, words: WordIndex) -> None:
        self._rows, self._words = rows, words
        self._orders: dict[str, _Order] = {}
        worded = {n: c for n, c in rows.columns.items() if isinstance(c, Category | WordSets)}
        self._whole = {name: _count_words(column) for name, column in worded.items()}
        self._alphabet = {name: np.array(_places(c.words)) for name, c in worded.items()}

    def find(self, query: Query) -> Found:
        """The rows that fit a query.

        Raises:
            UsageError: It names a column that is not there, or asks one for what it has not.
        """
        masks = list(self._masks(query))
        mask = _all_of(mask for _, mask in masks)
        total = len(self._rows) if mask is None else int(np.count_nonzero(mask))
        rows = self._take_window(mask, total, query)
        facets = self._count(mask, [n for n in self._whole if n not in query.where])
        for name in query.where.keys() & self._whole.keys():
            others = _all_of(mask for column, mask in masks if column != name)
            facets |= self._count(others, [name], query.where[name])
        place = None if query.place_of is None else self._find_place(mask, query.place_of, query)
        return Found(total, rows, {name: facets[name] for name in self._whole}, place)

    def prepare(self) -> None:
        """Sort by every column now, so that nobody waits for it later."""
        for name in (*self._rows.columns, QUALITY):
            self._order(name)

    def _masks(self, query: Query) -> Iterator[tuple[str, Mask]]:
        """The column that is asked, and the rows that fit; "" for words, which are for all."""
        words = dict.fromkeys(split_words(query.text))
        if not words and query.text.strip():
            yield "", np.zeros(len(self._rows), np.bool_)  # as of "%": nobody means everything
        for word in words:
            yield "", self._holding(word)
        for name, wanted in query.where.items():
            yield name, _mask_words(self._column(name), set(wanted), name)
        for name, (low, high) in query.within.items():
            column = self._column(name)
            if not isinstance(column, Numbers):
                raise UsageError(f"a range of column {name!r}", expected="a column of numbers")
            for mask in _mask_range(column, low, high):
                yield name, mask

    def _column(self, name: str) -> Column:
        if name not in self._rows.columns:
            known = ", ".join(self._rows.columns)
            raise UsageError(f"column {name[:80]!r}", expected=f"one of {known}")
        return self._rows.columns[name]

    def _holding(self, start: str) -> Mask:
        """Rows with a word that begins so, in a text or in a column."""
        found = self._words.find(start)
        for column in self._rows.columns.values():
            if isinstance(column, Category | WordSets):
                fitting = {w for w in column.words if _has_word(w, start)}
                if fitting:
                    found |= _mask_words(column, fitting, "")
        return found

    def _take_window(self, mask: Mask | None, total: int, query: Query) -> list[int]:
        """The rows of the window, in order; no more of the order is looked at than it needs."""
        end = min(query.offset + query.limit, total)
        found: list[int] = []
        for piece in self._pieces(query):
            if len(found) >= end:
                break
            found += (piece if mask is None else piece[mask[piece]]).tolist()
        return found[query.offset : end]

    def _find_place(self, mask: Mask | None, row: int, query: Query) -> int | None:
        """The place of a row among those that fit; None if it is not one of them."""
        before = 0
        if not 0 <= row < len(self._rows) or (mask is not None and not mask[row]):
            return None
        for piece in self._pieces(query):
            fitting = piece if mask is None else piece[mask[piece]]
            here = np.flatnonzero(fitting == row)
            if len(here):
                return before + int(here[0])
            before += len(fitting)
        raise AssertionError(f"row {row} is in no order")

    def _pieces(self, query: Query) -> Iterator[npt.NDArray[np.int32]]:
        """All rows in the order of the query; those without a value last."""
        if query.sort is None:
            order = np.arange(len(self._rows), dtype=np.int32)
        else:
            if query.sort != QUALITY:
                self._column(query.sort)
            both = self._order(query.sort)
            order = both.down if query.down else both.up
        for start in range(0, len(order), _PIECE):
            yield order[start : start + _PIECE]

    def _order(self, name: str) -> _Order:
        if name not in self._orders:
            keys, missing = _rank(self._rows.columns["observed" if name == QUALITY else name])
            ties = () if name != QUALITY else (-_rank(self._rows.columns["flags"])[0],)
            up = np.lexsort((*ties, keys, missing)).astype(np.int32)
            down = _turn(up, len(up) - int(missing.sum()), (*ties, keys))
            self._orders[name] = _Order(up, down)
        return self._orders[name]

    def _count(
        self, mask: Mask | None, names: Sequence[str], asked: Sequence[str] = ()
    ) -> dict[str, list[list[Any]]]:
        """The most frequent words of columns; of most rows by counting the others."""
        inside = mask is None or 2 * int(np.count_nonzero(mask)) <= len(self._rows)
        rows = None if mask is None else np.flatnonzero(mask if inside else ~mask)
        facets = {}
        for name in names:
            column = self._rows.columns[name]
            assert isinstance(column, Category | WordSets)
            counts = self._whole[name] if rows is None else _count_words(column, rows)
            if not inside:
                counts = self._whole[name] - counts
            facets[name] = _list_most(column.words, counts, self._alphabet[name], asked)
        return facets


def _all_of(masks: Iterable[Mask]) -> Mask | None:
    """Rows that fit all; None where nothing is asked."""
    known = list(masks)
    return reduce(np.logical_and, known) if known else None


def _has_word(text: str, start: str) -> bool:
    return any(word.startswith(start) for word in split_words(text))


def _mask_words(column: Column, words: set[str], name: str) -> Mask:
    """Rows with one of the words."""
    if isinstance(column, Category):
        wanted = np.array([*(word in words for word in column.words), False], np.bool_)
        return np.asarray(wanted[column.codes])
    if isinstance(column, WordSets):
        places = {i for i, word in enumerate(column.words) if word in words}
        wanted = np.array([bool(places.intersection(s)) for s in column.sets] or [False], np.bool_)
        return np.asarray(wanted[column.codes])
    if isinstance(column, Texts):
        return np.fromiter((value in words for value in column.values), np.bool_)
    raise UsageError(f"words of column {name!r}", expected="a column of words")


def _mask_range(column: Numbers, low: float | None, high: float | None) -> Iterator[Mask]:
    if low is not None:
        yield column.values >= low
    if high is not None:
        yield column.values <= high


def _rank(column: Column) -> tuple[npt.NDArray[Any], Mask]:
    """A key a row by which it is sorted, and which rows have no value."""
    if isinstance(column, Numbers):
        missing = np.isnan(column.values)
        return np.where(missing, 0, column.values), missing
    if isinstance(column, Category):
        places = np.array([*_places(column.words), -1], np.int64)
        return places[column.codes], column.codes < 0
    if isinstance(column, WordSets):
        sizes = np.array([len(s) for s in column.sets] or [0], np.int64)
        keys = sizes[column.codes]
        return keys, np.zeros(len(keys), np.bool_)
    keys = np.array(_places(column.values), np.int64)
    return keys, np.zeros(len(keys), np.bool_)


def _turn(up: npt.NDArray[np.int32], known: int, keys: Sequence[Ints]) -> npt.NDArray[np.int32]:
    """An order the other way round, but for rows with equal keys and those without a value."""
    inner, first = up[:known], np.zeros(known, np.bool_)
    first[:1] = True
    for key in keys:
        ordered = key[inner]
        first[1:] |= ordered[1:] != ordered[:-1]
    starts = np.flatnonzero(first)
    sizes = np.diff(starts, append=known)
    # Rows with equal keys move together: what stood before them stands behind them.
    moved = np.repeat(known - 2 * starts - sizes, sizes)
    down = up.copy()
    down[np.arange(known) + moved] = inner
    return down


def _places(words: Sequence[str]) -> list[int]:
    """For each word its place among the sorted ones; equal words share theirs."""
    places = {word: place for place, word in enumerate(sorted(set(words)))}
    return [places[word] for word in words]


def _count_words(column: Category | WordSets, rows: Ints | None = None) -> Ints:
    """Rows of each word, of all rows or of some."""
    codes = column.codes if rows is None else column.codes[rows]
    if isinstance(column, Category):
        return np.bincount(codes + 1, minlength=len(column.words) + 1)[1:]
    of_sets = np.bincount(codes, minlength=len(column.sets))
    counts = np.zeros(len(column.words), np.int64)
    for places, count in zip(column.sets, of_sets.tolist(), strict=True):
        counts[list(places)] += count
    return counts


def _list_most(
    words: Sequence[str], counts: Ints, alphabet: Ints, asked: Sequence[str]
) -> list[list[Any]]:
    """The words of most rows, equal ones by the alphabet, and behind them those asked for."""
    some = np.flatnonzero(counts)
    order = some[np.lexsort((alphabet[some], -counts[some]))].tolist()
    wanted = set(asked)
    order = order[:_FACETS] + [i for i in order[_FACETS:] if words[i] in wanted]
    return [[words[i], int(counts[i])] for i in order]
