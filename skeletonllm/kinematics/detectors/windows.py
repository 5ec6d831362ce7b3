"""Windows of movements: from a run of one signal, and at which level a hand is meanwhile."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skeletonllm.kinematics.monotone_runs import Run
from skeletonllm.kinematics.scene import LEVELS, measure_level_heights
from skeletonllm.kinematics.signals import Body, finite_quantile

_LOOKS = 7
"""Frames of a window at which levels are looked at: a body that moves takes its levels along."""


def widen(body: Body, run: Run, around_s: float) -> Run:
    """A run with a moment before and after it, as far as the clip goes.

    Args:
        body: Whose run, for the length and pace of the clip.
        run: The stretch.
        around_s: How long the moments are, in seconds.
    """
    around, last = round(around_s * body.fps), len(body.joints) - 1
    return replace(run, start=max(0, run.start - around), end=min(last, run.end + around))


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
