"""Inline SVG: its elements, and a clip as a strip of stick figures. No script, no torch."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
import numpy.typing as npt

from skeletonllm.motion import Motion

Points = npt.NDArray[np.float64]

_FIGURE = 92
"""Pixels along an edge of a stick figure's square."""
_MARGIN = 8
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


def wrap_svg(width: float, height: float, elements: Sequence[str]) -> str:
    """A picture of elements.

    Args:
        width: In pixels.
        height: In pixels.
        elements: Such as :func:`make_text` gives.
    """
    return f'<svg width="{width}" height="{height}" role="img">{"".join(elements)}</svg>'


def make_text(x: float, y: float, text: str, *, anchor: str = "start", whole: str = "") -> str:
    """A line of text, escaped.

    Args:
        x: Pixels to the right, of the end that ``anchor`` names.
        y: Pixels down, of the line that letters stand on.
        text: What is written.
        anchor: ``start``, ``middle`` or ``end``.
        whole: What the text is short for; shown when a pointer rests on it.
    """
    title = f"<title>{escape(whole)}</title>" if whole else ""
    return f'<text x="{x:.1f}" y="{y:.0f}" text-anchor="{anchor}">{title}{escape(text)}</text>'


def draw_stick_figures(motion: Motion, count: int = 6) -> str:
    """A strip of ``count`` frames of a clip, as a camera sees them: not mirrored.

    The whole clip shares one scale, so that a step forward or a jump is visible.

    Args:
        motion: The clip.
        count: Frames, spread evenly from the first to the last.
    """
    frames = np.linspace(0, motion.num_frames - 1, count).round().astype(np.int64)
    points = _project_joints(motion)
    figures = [_draw_figure(motion, points, int(t), i * _FIGURE) for i, t in enumerate(frames)]
    return wrap_svg(_FIGURE * count, _FIGURE, figures)


def _project_joints(motion: Motion) -> Points:
    """Joints in a square of ``_FIGURE`` pixels, [T, P, J, 2]."""
    points = motion.joints[..., :2] * np.array(_AXES[motion.space])
    observed = points[motion.observed]
    if not len(observed):
        return np.asarray(points * 0.0)
    low, span = observed.min(axis=0), np.ptp(observed, axis=0)
    scale = (_FIGURE - 2 * _MARGIN) / max(float(span.max()), 1e-6)
    margin = (_FIGURE - span * scale) / 2
    return np.asarray((points - low) * scale + margin, dtype=np.float64)


def _draw_figure(motion: Motion, points: Points, frame: int, left: int) -> str:
    parts, observed = motion.topology.parts, motion.observed[frame]
    lines = [
        _draw_bone(points[frame, p, a], points[frame, p, b], left, COLOURS[parts[b]])
        for p in range(motion.num_persons)
        for a, b in motion.topology.bones
        if observed[p, a] and observed[p, b]
    ]
    return "".join(lines)


def _draw_bone(start: Points, end: Points, left: int, colour: str) -> str:
    (x1, y1), (x2, y2) = start, end
    return (
        f'<line x1="{x1 + left:.1f}" y1="{y1:.1f}" x2="{x2 + left:.1f}" y2="{y2:.1f}" '
        f'stroke="{colour}" stroke-width="2" stroke-linecap="round"/>'
    )
