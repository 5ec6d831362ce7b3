"""Charts of all reports as inline SVG, and tables of counts. No script, no torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt

from skeletonllm.visualization.svg import make_text, wrap_svg

Values = npt.NDArray[np.floating[Any]]

_NAME, _ROW = 190, 18
"""Pixels of a bar's name, and of its row."""
_LONGEST_NAME = 28
"""Letters that fit beside a bar."""
_BARS, _WIDTH, _HEIGHT, _FOOT = 620, 430, 150, 22
"""Pixels: width of bars; width, height and foot of a histogram."""


def draw_bars(values: Mapping[str, float], unit: str = "", width: int = _BARS) -> str:
    """Horizontal bars with name and value; empty input says so.

    Args:
        values: By name; at least 0.
        unit: Written behind each value.
        width: Of the picture in pixels.
    """
    if not values:
        return "<p>none</p>"
    longest = max(values.values()) or 1
    room = width - _NAME - 90  # for the longest bar; its value stands behind it
    rows = [
        _draw_bar(i, name, room * value / longest, f"{value:g}{unit}")
        for i, (name, value) in enumerate(values.items())
    ]
    return wrap_svg(width, _ROW * len(rows), rows)


def _draw_bar(row: int, name: str, length: float, value: str) -> str:
    y = row * _ROW
    fits = len(name) <= _LONGEST_NAME
    short = name if fits else name[: _LONGEST_NAME - 1] + "…"
    return (
        make_text(_NAME - 6, y + 13, short, anchor="end", whole=name)
        + f'<rect x="{_NAME}" y="{y + 3}" height="12" width="{max(1.0, length):.1f}"/>'
        + make_text(_NAME + length + 6, y + 13, value)
    )


def draw_histogram(
    values: Values,
    unit: str,
    *,
    limits: Sequence[float] = (),
    most: float | None = None,
    bins: int = 40,
) -> str:
    """Columns of how many values lie where; the last one holds all above ``most``.

    Args:
        values: What is counted; NaN is left out.
        unit: Written behind the numbers of the axis.
        limits: Where red lines stand.
        most: End of the axis; by default the largest value.
        bins: Number of columns.
    """
    finite = values[np.isfinite(values)]
    if not len(finite):
        return "<p>none measured</p>"
    low, high = min(float(finite.min()), 0.0), float(most or max(finite.max(), *limits, 1e-9))
    count, _ = np.histogram(np.minimum(finite, high), bins, (low, high))
    step, room = _WIDTH / bins, _HEIGHT - _FOOT
    columns = [
        f'<rect x="{i * step:.1f}" y="{room - h:.1f}" width="{step - 1:.1f}" height="{h:.1f}"/>'
        for i, n in enumerate(count)
        if (h := room * n / count.max()) > 0
    ]
    above = int((finite > high).sum())
    last = f"{high:.3g}{unit}{' and more' * bool(above)}"
    axis = [
        f'<line x1="0" x2="{_WIDTH}" y1="{room}" y2="{room}" class="axis"/>',
        make_text(0, _HEIGHT - 6, f"{low:.3g}"),
        make_text(_WIDTH, _HEIGHT - 6, last, anchor="end"),
    ]
    marks = [_draw_limit(_WIDTH * (limit - low) / (high - low), room) for limit in limits]
    return wrap_svg(_WIDTH, _HEIGHT, [*columns, *axis, *marks])


def draw_ranges(values: Mapping[str, Values], limit: float, most: float) -> str:
    """For each name a bar over the middle 90 % of its values, a stroke at the median.

    Args:
        values: By name; NaN is left out.
        limit: Where a red line stands.
        most: End of the axis, in the unit of the values.
    """
    scale = (_WIDTH - 60) / most
    rows, row = [], 0
    for name, each in values.items():
        finite = each[np.isfinite(each)]
        if not len(finite):
            continue
        low, middle, high = np.minimum(np.percentile(finite, [5, 50, 95]), most) * scale + _NAME
        y, row = row * _ROW, row + 1
        rows += [
            make_text(_NAME - 6, y + 13, name, anchor="end"),
            f'<rect x="{low:.1f}" y="{y + 5}" width="{max(high - low, 1):.1f}" height="8" rx="2"/>',
            f'<line x1="{middle:.1f}" x2="{middle:.1f}" y1="{y + 3}" y2="{y + 15}" class="mid"/>',
            make_text(_NAME + most * scale + 8, y + 13, f"{np.median(finite):.1%}"),
        ]
    if not rows:
        return "<p>none measured</p>"
    rows.append(_draw_limit(_NAME + limit * scale, row * _ROW))
    return wrap_svg(_WIDTH + _NAME, row * _ROW, rows)


def make_count_table(
    counts: Mapping[tuple[str, str], int], rows: Sequence[str], columns: Sequence[str], corner: str
) -> str:
    """A table of counts, darker where there are more.

    Args:
        counts: By (row, column); what is not there is none.
        rows: Names of the rows, in order.
        columns: Names of the columns, in order.
        corner: What rows and columns are.
    """
    most = max(counts.values(), default=1)
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    body = [
        f"<tr><th>{escape(name)}</th>"
        + "".join(_make_cell(counts.get((name, column), 0), most) for column in columns)
        + "</tr>"
        for name in rows
    ]
    return f'<table class="heat"><tr><th>{escape(corner)}</th>{head}</tr>{"".join(body)}</table>'


def sort_names(names: Iterable[str]) -> list[str]:
    """Each name once: numbers by size, then words.

    Example:
        >>> sort_names(["10", "left", "9", "9"])
        ['9', '10', 'left']
    """
    return sorted(set(names), key=lambda name: name.zfill(9) if name.isdigit() else "~" + name)


def _make_cell(count: int, most: int) -> str:
    share = 0.08 + 0.6 * count / most if count else 0.0
    return f'<td style="background:rgba(63,111,163,{share:.2f})">{count or "·"}</td>'


def _draw_limit(x: float, height: float) -> str:
    return f'<line x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{height:.0f}" class="limit"/>'
