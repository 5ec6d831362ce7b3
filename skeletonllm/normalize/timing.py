"""What is done to the time of a clip after its recipe, on request."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from skeletonllm.clip import Clip
from skeletonllm.errors import UsageError
from skeletonllm.normalize.frames import check_fps, fill_gaps, resample_clip

_SUFFIX = re.compile(r"(?:\+max_gap=([^s+]+)s)?(?:\+fps=([^+]+))?")


@dataclass(frozen=True)
class Timing:
    """Short gaps closed, then another frame rate.

    Args:
        max_gap_s: Longest gap that is filled, in seconds of the source; 0 fills none.
        fps: Frames a second of the result; None keeps the source's.

    Raises:
        UsageError: A number is out of range.

    Example:
        >>> Timing(max_gap_s=0.2, fps=20).suffix
        '+max_gap=0.2s+fps=20'
    """

    max_gap_s: float = 0.0
    fps: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.max_gap_s < float("inf"):
            raise UsageError(f"max_gap {self.max_gap_s}", expected="0 or more seconds")
        if self.fps is not None:
            check_fps(self.fps)

    @property
    def suffix(self) -> str:
        """What is added to the profile of a clip, so that a release says so; empty for nothing."""
        gap = f"+max_gap={self.max_gap_s:g}s" if self.max_gap_s else ""
        return gap + (f"+fps={self.fps:g}" if self.fps else "")

    @classmethod
    def parse(cls, suffix: str) -> Timing:
        """The timing that a :attr:`suffix` stands for.

        Raises:
            UsageError: It is no suffix of this version.
        """
        found = _SUFFIX.fullmatch(suffix)
        if found is None:
            raise UsageError(f"timing {suffix!r}", expected="such as '+max_gap=0.2s+fps=20'")
        return cls(float(found[1] or 0), None if found[2] is None else float(found[2]))

    def apply(self, clip: Clip) -> Clip:
        """The clip in this timing, with :attr:`suffix` behind its profile."""
        if not self.suffix:
            return clip
        clip = fill_gaps(clip, int(self.max_gap_s * clip.motion.fps + 1e-6))
        clip = resample_clip(clip, self.fps or clip.motion.fps)
        return replace(clip, profile=clip.profile + self.suffix)
