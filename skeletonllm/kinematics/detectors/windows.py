"""Windows of movements: from a run of one signal, of both sides, and at which level a hand is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from skeletonllm.kinematics.bodies import Body
from skeletonllm.kinematics.monotone_runs import Run
from skeletonllm.kinematics.scene import LEVELS, Event, measure_level_heights
from skeletonllm.kinematics.signals import UP, Array, finite_quantile

_LOOKS = 7
"""Frames of a window at which levels are looked at: a body that moves takes its levels along."""

_STANCE_S = (1.0, 0.5)
"""From when to when before a stroke one sees how its owner stands. Trunk and hips turn along with
a punch by up to 40 degrees, and begin to with the hand that is drawn back."""

_TOGETHER = 0.5
"""Share of the longer stroke in which both hands go, so that it is one of both."""


def widen(body: Body, run: Run, around_s: float) -> Run:
    """A run with a moment before and after it, as far as the clip goes.

    Args:
        body: Whose run, for the length and pace of the clip.
        run: The stretch.
        around_s: How long the moments are, in seconds.
    """
    around, last = round(around_s * body.fps), len(body.joints) - 1
    return replace(run, start=max(0, run.start - around), end=min(last, run.end + around))


def find_stance(body: Body, frame: int) -> Array:
    """Right, up and ahead [3, 3] of a person who is about to strike; NaN where it is unknown.

    Args:
        body: Who strikes.
        frame: When the stroke begins.
    """
    early, late = (max(0, frame - round(s * body.fps)) for s in _STANCE_S)
    right = body.right()[early : late + 1]
    seen = right[np.isfinite(right).all(axis=1)]
    across = seen.mean(axis=0) if len(seen) else np.full(3, np.nan)
    across /= max(float(np.linalg.norm(across)), 1e-9)
    ahead = np.full(3, np.nan) if body.topology.dims == 2 else np.cross(UP, across)
    return np.array([across, UP, ahead])


def classify_mean_level(body: Body, side: str, run: Run) -> str:
    """The level a hand is at during a loop, or to and fro; empty if nothing to compare was seen.

    Args:
        body: Whose hand.
        side: ``left`` or ``right``.
        run: The stretch.
    """
    frames = np.unique(np.linspace(run.start, run.end, _LOOKS).round().astype(int))
    heights = np.array([measure_level_heights(body, int(frame)) for frame in frames])
    hand = finite_quantile(body.point(f"{side}_hand")[run.start : run.end + 1, 1])
    gaps = np.abs([finite_quantile(column) - hand for column in heights.T])
    return LEVELS[int(np.nanargmin(gaps))] if np.isfinite(gaps).any() else ""


def merge_sides(found: Sequence[Event]) -> list[Event]:
    """Left and right that do the same at the same time become one event of both.

    The two hands of one stroke, or of to and fro, may differ a little in size and number, not in
    direction.
    """
    right = [e for e in found if e.side == "right"]
    out: list[Event] = []
    for mine in (e for e in found if e.side == "left"):
        twin = next((e for e in right if _are_twins(mine, e)), None)
        if twin is None:
            out.append(mine)
            continue
        right.remove(twin)
        out.append(_join(mine, twin))
    return sorted([*out, *right], key=lambda e: (e.start_s, e.side))


def _are_twins(a: Event, b: Event) -> bool:
    shared = min(a.end_s, b.end_s) - max(a.start_s, b.start_s)
    longest = max(a.end_s - a.start_s, b.end_s - b.start_s)
    sizes = sorted((a.amount, b.amount))
    alike = (a.motion, a.direction) == (b.motion, b.direction) and abs(a.count - b.count) <= 1
    return alike and sizes[0] >= 0.5 * sizes[1] and shared >= _TOGETHER * longest


def _join(a: Event, b: Event) -> Event:
    large = a if a.amount >= b.amount else b
    start, end = min(a.start_s, b.start_s), max(a.end_s, b.end_s)
    return replace(large, side="both", start_s=start, end_s=end, count=min(a.count, b.count))
