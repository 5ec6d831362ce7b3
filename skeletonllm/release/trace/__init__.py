"""From a sample of a release back to the file that it came from, and to all that was done to it."""

from skeletonllm.release.trace.rebuild import Rebuilt, rebuild_clip
from skeletonllm.release.trace.trail import Trail, trace_clip

__all__ = ["Rebuilt", "Trail", "rebuild_clip", "trace_clip"]
