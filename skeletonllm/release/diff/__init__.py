"""What differs between two releases, and which step of the version that is (docs/VERSIONS.md)."""

from skeletonllm.release.diff.comparison import compare_releases
from skeletonllm.release.diff.difference import Difference
from skeletonllm.release.diff.page import list_sections, write_changelog
from skeletonllm.release.diff.step import Judgement, Step, judge_step

__all__ = [
    "Difference",
    "Judgement",
    "Step",
    "compare_releases",
    "judge_step",
    "list_sections",
    "write_changelog",
]
