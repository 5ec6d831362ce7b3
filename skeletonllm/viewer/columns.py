"""The rows of a page as columns: few words that many rows share, numbers, texts and sets of words.

A category keeps each word once. A set keeps each combination once: a million rows have some dozens.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.int32]
_PLACES = 4
"""Of numbers behind the point."""


@dataclass(frozen=True)
class ColumnName:
    """A column as the page shows it.

    Args:
        name: In the data.
        title: In the head of the table.
        kind: ``text``, ``category``, ``number`` or ``set``.
        unit: Of a number; "" if it has none.
    """

    name: str
    title: str
    kind: str
    unit: str = ""

    def to_json(self) -> dict[str, str]:
        """Plain data; a unit only where there is one."""
        data = {"name": self.name, "title": self.title, "kind": self.kind}
        return data | ({"unit": self.unit} if self.unit else {})


COLUMNS = (
    ColumnName("clip_id", "clip", "text"),
    ColumnName("label", "class", "category"),
    ColumnName("corpus", "corpus", "category"),
    ColumnName("seconds", "length", "number", "s"),
    ColumnName("persons", "persons", "number"),
    ColumnName("verdicts", "verdicts", "set"),
    ColumnName("grounded", "grounded", "number"),
    ColumnName("observed", "joints observed", "number"),
    ColumnName("flags", "flags", "set"),
    ColumnName("splits", "splits", "set"),
    ColumnName("rationales", "rationales", "number"),
    ColumnName("subject", "subject", "category"),
    ColumnName("camera", "camera", "category"),
    ColumnName("setup", "setup", "category"),
    ColumnName("topology", "skeleton", "category"),
    ColumnName("frames", "frames", "number"),
    ColumnName("fps", "frames a second", "number"),
    ColumnName("namespace", "classes of", "category"),
    ColumnName("caption", "first caption", "text"),
)
"""What is known of every clip, in the order in which it is shown."""

CHANGE = ColumnName("change", "change", "category")
"""Of two releases: whether a clip was added, removed or changed."""


@dataclass(frozen=True, eq=False)
class Category:
    """One word a row, or none.

    Args:
        words: Each once, in order of their first row.
        codes: Place in ``words``; -1 for none, [N].
    """

    words: tuple[str, ...]
    codes: Codes
    kind: ClassVar[str] = "category"

    def __getitem__(self, row: int) -> str | None:
        code = int(self.codes[row])
        return None if code < 0 else self.words[code]

    def to_json(self) -> dict[str, Any]:
        """As the page reads it."""
        return {"kind": self.kind, "words": list(self.words), "codes": self.codes.tolist()}


@dataclass(frozen=True, eq=False)
class WordSets:
    """Some words a row, possibly none.

    Args:
        words: Each once.
        sets: Combinations of their places, each once.
        codes: Place in ``sets``, [N].
    """

    words: tuple[str, ...]
    sets: tuple[tuple[int, ...], ...]
    codes: Codes
    kind: ClassVar[str] = "set"

    def __getitem__(self, row: int) -> list[str]:
        return [self.words[place] for place in self.sets[int(self.codes[row])]]

    def to_json(self) -> dict[str, Any]:
        """As the page reads it."""
        sets = [list(places) for places in self.sets]
        codes = [sets[code] for code in self.codes.tolist()]
        return {"kind": self.kind, "words": list(self.words), "codes": codes}


@dataclass(frozen=True, eq=False)
class Numbers:
    """A number a row.

    Args:
        values: NaN for none, float64 [N].
    """

    values: npt.NDArray[np.float64]
    kind: ClassVar[str] = "number"

    def __getitem__(self, row: int) -> float | int | None:
        return _plain(float(self.values[row]))

    def to_json(self) -> dict[str, Any]:
        """As the page reads it."""
        return {"kind": self.kind, "values": [_plain(value) for value in self.values.tolist()]}


@dataclass(frozen=True, eq=False)
class Texts:
    """A text a row, other in each.

    Args:
        values: One a row.
    """

    values: Sequence[str]
    kind: ClassVar[str] = "text"

    def __getitem__(self, row: int) -> str:
        return self.values[row]

    def to_json(self) -> dict[str, Any]:
        """As the page reads it."""
        return {"kind": self.kind, "values": list(self.values)}


Column = Category | WordSets | Numbers | Texts


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of a page.

    Args:
        names: The columns, in order of display.
        columns: By name.
    """

    names: tuple[ColumnName, ...]
    columns: Mapping[str, Column]

    def __len__(self) -> int:
        values = self.columns["clip_id"]
        assert isinstance(values, Texts)
        return len(values.values)

    def row(self, row: int) -> dict[str, Any]:
        """One row as plain data."""
        return {name: column[row] for name, column in self.columns.items()}

    def to_json(self) -> dict[str, Any]:
        """The block of rows."""
        columns = {name: column.to_json() for name, column in self.columns.items()}
        return {"n": len(self), "columns": columns}


class RowsBuilder:
    """Gathers rows one by one, in a few bytes each.

    Args:
        names: The columns.
    """

    def __init__(self, names: Sequence[ColumnName] = COLUMNS) -> None:
        self._names = tuple(names)
        makers: dict[str, type[_Gatherer]] = {
            "text": _TextGatherer,
            "category": _CategoryGatherer,
            "number": _NumberGatherer,
            "set": _SetGatherer,
        }
        self._gatherers = {column.name: makers[column.kind]() for column in self._names}

    def add(self, row: Mapping[str, Any]) -> None:
        """Add a row; a column that it does not name has no value there."""
        for name, gatherer in self._gatherers.items():
            gatherer.add(row.get(name))

    def build(self) -> Rows:
        """All rows that were added."""
        columns = {name: gatherer.build() for name, gatherer in self._gatherers.items()}
        return Rows(self._names, columns)


class _Gatherer:
    def add(self, value: Any) -> None:
        raise NotImplementedError

    def build(self) -> Column:
        raise NotImplementedError


class _TextGatherer(_Gatherer):
    def __init__(self) -> None:
        self._values: list[str] = []

    def add(self, value: Any) -> None:
        self._values.append("" if value is None else str(value))

    def build(self) -> Column:
        return Texts(self._values)


class _NumberGatherer(_Gatherer):
    def __init__(self) -> None:
        self._values = array("d")

    def add(self, value: Any) -> None:
        # Rounded here, so that a server sorts and compares what the page of one file has.
        self._values.append(math.nan if value is None else round(float(value), _PLACES))

    def build(self) -> Column:
        return Numbers(np.array(self._values, np.float64))


class _CategoryGatherer(_Gatherer):
    def __init__(self) -> None:
        self._words: dict[str, int] = {}
        self._codes = array("i")

    def add(self, value: Any) -> None:
        code = -1 if value is None else self._words.setdefault(str(value), len(self._words))
        self._codes.append(code)

    def build(self) -> Column:
        return Category(tuple(self._words), np.array(self._codes, np.int32))


class _SetGatherer(_Gatherer):
    def __init__(self) -> None:
        self._words: dict[str, int] = {}
        self._sets: dict[tuple[int, ...], int] = {}
        self._codes = array("i")

    def add(self, value: Any) -> None:
        places = (self._words.setdefault(str(word), len(self._words)) for word in value or ())
        found = tuple(dict.fromkeys(places))
        self._codes.append(self._sets.setdefault(found, len(self._sets)))

    def build(self) -> Column:
        return WordSets(tuple(self._words), tuple(self._sets), np.array(self._codes, np.int32))


def _plain(value: float) -> float | int | None:
    """Short in JSON: whole numbers without a point, none for NaN."""
    if math.isnan(value):
        return None
    return int(value) if value.is_integer() else round(value, _PLACES)
