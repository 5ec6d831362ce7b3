"""Distributions as inline SVG and shaded tables. No script."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

import numpy as np

from skeletonllm.quality.tracks import Array

_WIDTH, _HEIGHT, _FOOT = 430, 150, 22
_NAME, _ROW = 190, 18


def histogram(
    values: Array,
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
    shown = values[np.isfinite(values)]
    if not len(shown):
        return "<p>none measured</p>"
    low, high = min(float(shown.min()), 0.0), float(most or max(shown.max(), *limits, 1e-9))
    count, _ = np.histogram(np.minimum(shown, high), bins, (low, high))
    step, room = _WIDTH / bins, _HEIGHT - _FOOT
    columns = [
        f'<rect x="{i * step:.1f}" y="{room - h:.1f}" width="{step - 1:.1f}" height="{h:.1f}"/>'
        for i, n in enumerate(count)
        if (h := room * n / count.max()) > 0
    ]
    above = int((shown > high).sum())
    ends = [
        (0, "start", f"{low:.3g}"),
        (_WIDTH, "end", f"{high:.3g}{unit}{' and more' * bool(above)}"),
    ]
    axis = [_text(x, _HEIGHT - 6, anchor, text) for x, anchor, text in ends]
    marks = [_limit(_WIDTH * (limit - low) / (high - low), room) for limit in limits]
    base = f'<line x1="0" x2="{_WIDTH}" y1="{room}" y2="{room}" class="axis"/>'
    return _svg(_WIDTH, _HEIGHT, [*columns, base, *axis, *marks])


def ranges(values: Mapping[str, Array], limit: float, most: float) -> str:
    """For each name a bar over the middle 90 % of its values, a stroke at the median.

    Args:
        values: By name; NaN is left out.
        limit: Where a red line stands.
        most: End of the axis, in the unit of the values.
    """
    scale = (_WIDTH - 60) / most
    rows, row = [], 0
    for name, found in values.items():
        shown = found[np.isfinite(found)]
        if not len(shown):
            continue
        low, middle, high = np.minimum(np.percentile(shown, [5, 50, 95]), most) * scale + _NAME
        y, row = row * _ROW, row + 1
        rows += [
            _text(_NAME - 6, y + 13, "end", name),
            f'<rect x="{low:.1f}" y="{y + 5}" width="{max(high - low, 1):.1f}" height="8" rx="2"/>',
            f'<line x1="{middle:.1f}" x2="{middle:.1f}" y1="{y + 3}" y2="{y + 15}" class="mid"/>',
            _text(_NAME + most * scale + 8, y + 13, "start", f"{np.median(shown):.1%}"),
        ]
    if not rows:
        return "<p>none measured</p>"
    return _svg(_WIDTH + _NAME, row * _ROW, [*rows, _limit(_NAME + limit * scale, row * _ROW)])


def crossed(
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
        + "".join(_cell(counts.get((name, column), 0), most) for column in columns)
        + "</tr>"
        for name in rows
    ]
    return f'<table class="heat"><tr><th>{escape(corner)}</th>{head}</tr>{"".join(body)}</table>'


def in_order(names: Iterable[str]) -> list[str]:
    """Each name once: numbers by size, then words.

    Example:
        >>> in_order(["10", "left", "9", "9"])
        ['9', '10', 'left']
    """
    return sorted(set(names), key=lambda name: name.zfill(9) if name.isdigit() else "~" + name)


def _cell(count: int, most: int) -> str:
    share = 0.08 + 0.6 * count / most if count else 0.0
    return f'<td style="background:rgba(63,111,163,{share:.2f})">{count or "·"}</td>'


def _limit(x: float, height: float) -> str:
    return f'<line x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{height:.0f}" class="limit"/>'


def _text(x: float, y: float, anchor: str, text: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.0f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(width: float, height: float, parts: Sequence[str]) -> str:
    return f'<svg width="{width}" height="{height}" role="img">{"".join(parts)}</svg>'
