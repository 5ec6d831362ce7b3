"""A clip around a motion, for tests that care about a few of its fields."""

from __future__ import annotations

from typing import Any

from skeletonllm.clip import Clip
from skeletonllm.motion import Motion


def make_clip(motion: Motion, **fields: Any) -> Clip:
    """A clip that holds a motion whole, with frames 0, 1, ... and persons "0", "1", ...

    Args:
        motion: What it shows.
        **fields: Fields of :class:`skeletonllm.clip.Clip` that matter to the test.

    Example:
        >>> from skeletonllm.synthesis import synthesize
        >>> make_clip(synthesize("hand waving"), clip_id="lab/7").clip_id
        'lab/7'
    """
    plain = {
        "clip_id": "lab/1",
        "corpus": "lab",
        "source_uri": "lab/1.txt",
        "source_sha256": "0" * 64,
        "frame_index": tuple(range(motion.num_frames)),
        "person_ids": tuple(str(p) for p in range(motion.num_persons)),
    }
    return Clip(motion=motion, **{**plain, **fields})
