"""Releases: cut once, described for people and machines, verified byte by byte, never changed."""

from skeletonllm.release.cut import cut_release
from skeletonllm.release.describe import describe_release
from skeletonllm.release.verify import verify_release

__all__ = ["cut_release", "describe_release", "verify_release"]
