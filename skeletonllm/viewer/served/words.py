"""Which rows hold a word: an inverted index in two arrays.

The rows of all words lie one after the other, in the order of the words. So the words that begin
alike, as somebody types, are one stretch of it.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]

_WORD = re.compile(r"[^\W_]+")
_LONGEST = 40
"""Letters of a word that are kept; what is longer is a hash or a mistake."""
_LAST = "\U0010ffff"
_COMMON = 32
"""A word in more than one of so many rows is common: a bit a row takes less than its rows."""


def split_words(text: str) -> list[str]:
    """The words of a text, in small letters without accents: runs of letters and digits.

    The page of one file does the same, in ``web/src/data/words.ts``.

    Example:
        >>> split_words("nw_ucla/a01: the LEFT hand's café")
        ['nw', 'ucla', 'a01', 'the', 'left', 'hand', 's', 'cafe']
    """
    return [word[:_LONGEST] for word in _WORD.findall(_fold(text))]


def _fold(text: str) -> str:
    """Small letters without marks."""
    if not text.isascii():
        parts = unicodedata.normalize("NFD", text)
        text = "".join(c for c in parts if unicodedata.category(c)[0] != "M")
    return text.lower()


@dataclass(frozen=True, eq=False)
class WordIndex:
    """Words, and the rows that hold each.

    A word of many rows is kept as one bit a row: so no query, however short its words, goes through
    more rows one by one than a few times all of them.

    Args:
        words: Sorted.
        ends: Where the rows of each end in ``rows``, int64 [W].
        rows: Of the words that few rows hold, int32.
        common: Places of the words that many rows hold, sorted, int64 [C].
        bits: Of these, a bit a row, uint8 [C, ceil(N / 8)].
        total: Rows in all, N.
    """

    words: Sequence[str]
    ends: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int32]
    common: npt.NDArray[np.int64]
    bits: npt.NDArray[np.uint8]
    total: int

    def find(self, start: str) -> Mask:
        """The rows with a word that begins so, bool [N]."""
        first, last = bisect_left(self.words, start), bisect_left(self.words, start + _LAST)
        if first >= last:
            return np.zeros(self.total, np.bool_)
        low, high = np.searchsorted(self.common, [first, last])
        packed = np.bitwise_or.reduce(self.bits[low:high], axis=0)
        found = np.unpackbits(packed, count=self.total).view(np.bool_)
        begin = int(self.ends[first - 1]) if first else 0
        found[self.rows[begin : int(self.ends[last - 1])]] = True
        return found


def index_words(
    words: Sequence[str], ends: npt.NDArray[np.int64], rows: npt.NDArray[np.int32], total: int
) -> WordIndex:
    """The index of sorted words and the rows of each.

    Args:
        words: Sorted.
        ends: Where the rows of each end, int64 [W].
        rows: Of all words, one after the other, int32.
        total: Rows in all.
    """
    counts = np.diff(ends, prepend=0)
    common = np.flatnonzero(counts > max(total // _COMMON, 1))
    bits = np.zeros((len(common), -(-total // 8)), np.uint8)
    for place, word in enumerate(common.tolist()):
        mask = np.zeros(total, np.bool_)
        mask[rows[ends[word] - counts[word] : ends[word]]] = True
        bits[place] = np.packbits(mask)
    few = np.ones(len(words), np.bool_)
    few[common] = False
    kept = np.where(few, counts, 0)
    return WordIndex(words, np.cumsum(kept), rows[np.repeat(few, counts)], common, bits, total)


class WordIndexBuilder:
    """Gathers the words of rows, 8 bytes a word and row."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._words, self._rows = array("i"), array("i")
        self._total = 0

    def add(self, texts: Iterable[str]) -> None:
        """Add the texts of the next row."""
        numbers = self._numbers
        found = {word for text in texts for word in split_words(text)}
        self._words.extend(numbers.setdefault(word, len(numbers)) for word in found)
        self._rows.extend([self._total] * len(found))
        self._total += 1

    def build(self) -> WordIndex:
        """The index of all rows that were added."""
        order = sorted(self._numbers)
        place = np.empty(len(order), np.int32)
        place[[self._numbers[word] for word in order]] = np.arange(len(order))
        words = place[np.array(self._words, np.int32)]
        rows = np.array(self._rows, np.int32)[np.argsort(words, kind="stable")]
        ends = np.cumsum(np.bincount(words, minlength=len(order)))
        return index_words(order, ends, rows, self._total)
