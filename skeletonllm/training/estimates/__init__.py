"""Dry runs: what a training run will take, and what to turn where it takes too much."""

from skeletonllm.training.estimates.activations import Question
from skeletonllm.training.estimates.estimate import Estimate, estimate_run, measure_memory_of
from skeletonllm.training.estimates.out_of_memory import explain_out_of_memory
from skeletonllm.training.estimates.workload import Workload

__all__ = [
    "Estimate",
    "Question",
    "Workload",
    "estimate_run",
    "explain_out_of_memory",
    "measure_memory_of",
]
