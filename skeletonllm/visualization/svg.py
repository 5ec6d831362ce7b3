"""Small pictures as inline SVG: bars, and a clip as a strip of stick figures. No script."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import numpy as np
import numpy.typing as npt

from skeletonllm.motion import Motion

Points = npt.NDArray[np.float64]

_ROW, _NAME, _WIDTH = 18, 190, 620
_FIGURE = 92
_GAP = 8
COLOURS = {
    "torso": "#444",
    "head": "#444",
    "left_arm": "#1f77b4",
    "left_leg": "#1f77b4",
    "right_arm": "#d62728",
    "right_leg": "#d62728",
}
"""The person's left is blue and the right is red, so that a swap of sides shows at once."""

_AXES = {"camera": (-1.0, -1.0), "world": (1.0, -1.0), "image": (1.0, 1.0)}
"""What +x and +y are in a picture that runs right and down. A camera looks along +z and has +x on
its left; a world is seen from +z, to which HumanML3D's people turn their faces."""


def bars(values: Mapping[str, float], unit: str = "", width: int = _WIDTH) -> str:
    """Horizontal bars with name and value, in ``width`` pixels; empty input says so."""
    if not values:
        return "<p>none</p>"
    longest = max(values.values()) or 1
    rows = [
        _bar(i, name, value, (width - _NAME - 90) * value / longest, unit)
        for i, (name, value) in enumerate(values.items())
    ]
    return f'<svg width="{width}" height="{_ROW * len(rows)}" role="img">{"".join(rows)}</svg>'


def _bar(row: int, name: str, value: float, length: float, unit: str) -> str:
    y = row * _ROW
    shown = name if len(name) <= 28 else name[:27] + "…"
    return (
        f'<text x="{_NAME - 6}" y="{y + 13}" text-anchor="end"><title>{escape(name)}</title>'
        f'{escape(shown)}</text><rect x="{_NAME}" y="{y + 3}" height="12" '
        f'width="{max(1.0, length):.1f}"/><text x="{_NAME + length + 6:.1f}" '
        f'y="{y + 13}">{value:g}{escape(unit)}</text>'
    )


def strip(motion: Motion, count: int = 6) -> str:
    """``count`` frames of a clip side by side, as a camera sees them: not mirrored.

    The whole clip shares one scale, so that a step forward or a jump is visible.
    """
    frames = np.linspace(0, motion.num_frames - 1, count).round().astype(np.int64)
    picture = _project(motion)
    lines = [_figure(motion, picture, int(t), i * _FIGURE) for i, t in enumerate(frames)]
    return f'<svg width="{_FIGURE * count}" height="{_FIGURE}" role="img">{"".join(lines)}</svg>'


def _project(motion: Motion) -> Points:
    """Joints in a square of ``_FIGURE`` pixels, [T, P, J, 2]."""
    points = motion.joints[..., :2] * np.array(_AXES[motion.space])
    seen = points[motion.observed]
    if not len(seen):
        return np.asarray(points * 0.0)
    low, span = seen.min(axis=0), np.ptp(seen, axis=0)
    scale = (_FIGURE - 2 * _GAP) / max(float(span.max()), 1e-6)
    margin = (_FIGURE - span * scale) / 2
    return np.asarray((points - low) * scale + margin, dtype=np.float64)


def _figure(motion: Motion, picture: Points, frame: int, left: int) -> str:
    parts, observed = motion.topology.parts, motion.observed[frame]
    lines = [
        _line(picture[frame, p, a], picture[frame, p, b], left, COLOURS[parts[b]])
        for p in range(motion.num_persons)
        for a, b in motion.topology.bones
        if observed[p, a] and observed[p, b]
    ]
    return "".join(lines)


def _line(start: Points, end: Points, left: int, colour: str) -> str:
    (x1, y1), (x2, y2) = start, end
    return (
        f'<line x1="{x1 + left:.1f}" y1="{y1:.1f}" x2="{x2 + left:.1f}" y2="{y2:.1f}" '
        f'stroke="{colour}" stroke-width="2" stroke-linecap="round"/>'
    )
