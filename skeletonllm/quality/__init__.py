"""Quality of a corpus: measurements of every clip, faults, duplicates, and a report."""

from skeletonllm.quality.assignment import assign_faults
from skeletonllm.quality.checks import CHECKS, Check, list_faults
from skeletonllm.quality.detectors.duplicates import find_duplicates
from skeletonllm.quality.examples import choose_examples
from skeletonllm.quality.measurement import measure_clip
from skeletonllm.quality.report import make_report
from skeletonllm.quality.results import QualityResults

__all__ = [
    "CHECKS",
    "Check",
    "QualityResults",
    "assign_faults",
    "choose_examples",
    "find_duplicates",
    "list_faults",
    "make_report",
    "measure_clip",
]
