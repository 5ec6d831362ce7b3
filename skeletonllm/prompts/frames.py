"""How a prompt names the frames that are shown, and a stretch of them."""

from __future__ import annotations

import math

IMAGE = "<image>"
"""Stands for one rendered frame; the adapter of each model puts its own tokens there."""

WHOLE = (0.0, 1.0)
"""The stretch of a text about the whole clip."""


def number_frames(num_frames: int) -> str:
    """A line for each frame, as published: ``Frame1: <image>`` and so on.

    Example:
        >>> number_frames(2)
        'Frame1: <image>\\nFrame2: <image>\\n'
    """
    return "".join(f"Frame{i + 1}: {IMAGE}\n" for i in range(num_frames))


def name_stretch(stretch: tuple[float, float], num_frames: int) -> str:
    """Where in the clip, in words that follow a verb; empty for the whole clip.

    In frames and not in seconds, since a model sees no clock. Each frame is one of an equal
    segment of the clip, so a stretch is told to a segment.

    Args:
        stretch: Its start and end, as fractions of the clip.
        num_frames: Frames that are shown.

    Example:
        >>> name_stretch((0.3, 0.5), 4), name_stretch((0.3, 0.4), 4), name_stretch(WHOLE, 4)
        (' in Frame2', ' in Frame2', '')
    """
    # Rounded: 0.7 * 10 is a little more than 7, and would reach into the next segment.
    start, end = (round(share * num_frames, 6) for share in stretch)
    first = min(math.floor(start), num_frames - 1)
    last = min(max(math.ceil(end) - 1, first), num_frames - 1)
    if last - first + 1 == num_frames:
        return ""
    named = f"Frame{first + 1}"
    return f" in {named}" if first == last else f" from {named} to Frame{last + 1}"
