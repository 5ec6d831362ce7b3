"""Which stretch of a clip a text is about, as fractions of the clip."""

from __future__ import annotations

from skeletonllm.motion import Motion
from skeletonllm.prompts.frames import WHOLE


def find_stretch(motion: Motion, start_s: float | None, end_s: float | None) -> tuple[float, float]:
    """Start and end as fractions of the clip, 0..1; all of it where none is stated.

    Fractions and not seconds, so that they still hold where a clip is played faster. (0, 0) states
    none, as in HumanML3D; so does a stretch that begins after the end of the clip.

    Args:
        motion: The clip.
        start_s: Seconds from its first frame; None states none.
        end_s: Likewise.
    """
    if start_s is None or end_s is None or end_s <= 0 or start_s >= motion.duration_s:
        return WHOLE
    start, end = start_s / motion.duration_s, end_s / motion.duration_s
    return max(start, 0.0), min(end, 1.0)
