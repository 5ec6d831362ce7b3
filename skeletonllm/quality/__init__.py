"""Can one trust a corpus? Measurements of every clip, faults, copies, and a page about them."""

from skeletonllm.quality.checks import CHECKS, Check, faults
from skeletonllm.quality.duplicates import find_duplicates
from skeletonllm.quality.findings import Findings
from skeletonllm.quality.judge import judge
from skeletonllm.quality.measure import measure
from skeletonllm.quality.report import report
from skeletonllm.quality.worst import worst

__all__ = [
    "CHECKS",
    "Check",
    "Findings",
    "faults",
    "find_duplicates",
    "judge",
    "measure",
    "report",
    "worst",
]
