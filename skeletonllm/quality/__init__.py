"""Can one trust a corpus? Measurements of every clip, faults, copies, and a page about them."""

from skeletonllm.quality.assignment import judge
from skeletonllm.quality.checks import CHECKS, Check, faults
from skeletonllm.quality.detectors.duplicates import find_duplicates
from skeletonllm.quality.examples import worst
from skeletonllm.quality.measurement import measure
from skeletonllm.quality.report import report
from skeletonllm.quality.results import Findings

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
