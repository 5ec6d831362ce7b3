"""What the made rows hold, asked without the page."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from typing import Any

from tests.web.made_data import PageData

Row = dict[str, Any]


def read_rows(data: PageData) -> list[Row]:
    """Rows of the packed columns, as the page should see them."""
    packed = json.loads(zlib.decompress(data.blocks["rows"], wbits=-15))
    columns = {name: _values(column) for name, column in packed["columns"].items()}
    return [{name: column[i] for name, column in columns.items()} for i in range(packed["n"])]


def count(rows: list[Row], fits: Callable[[Row], bool]) -> int:
    """How many rows fit.

    Args:
        rows: To choose from.
        fits: Says which.
    """
    return sum(map(fits, rows))


def _values(column: dict[str, Any]) -> list[Any]:
    if "values" in column:
        return list(column["values"])
    words = column["words"]
    if column["kind"] == "category":
        return [None if code < 0 else words[code] for code in column["codes"]]
    return [[words[code] for code in codes] for codes in column["codes"]]
