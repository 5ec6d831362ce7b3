"""Releases: immutable folders of shards, described for people and machines, and verified."""

from skeletonllm.release.cut import cut_release
from skeletonllm.release.describe import describe_release
from skeletonllm.release.verify import inspect_release, verify_release

__all__ = ["cut_release", "describe_release", "inspect_release", "verify_release"]
