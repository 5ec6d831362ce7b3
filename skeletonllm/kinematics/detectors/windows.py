"""From a run of one signal to the window of a movement: its slow start and end belong to it."""

from __future__ import annotations

from dataclasses import replace

from skeletonllm.kinematics.monotone_runs import Run
from skeletonllm.kinematics.signals import Body


def widen(body: Body, run: Run, around_s: float) -> Run:
    """A run with a moment before and after it, as far as the clip goes.

    Args:
        body: Whose run, for the length and pace of the clip.
        run: The stretch.
        around_s: How long the moments are, in seconds.
    """
    around, last = round(around_s * body.fps), len(body.joints) - 1
    return replace(run, start=max(0, run.start - around), end=min(last, run.end + around))
