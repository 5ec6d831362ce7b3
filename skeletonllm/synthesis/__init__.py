"""Procedural motions with known truth, and writers of the real on-disk formats."""

from skeletonllm.synthesis.actions import ACTIONS, get_action
from skeletonllm.synthesis.generate import TruthEvent, synthesize, synthesize_with_truth
from skeletonllm.synthesis.spec import ActionSpec
from skeletonllm.synthesis.subjects import Subject

__all__ = [
    "ACTIONS",
    "ActionSpec",
    "Subject",
    "TruthEvent",
    "get_action",
    "synthesize",
    "synthesize_with_truth",
]
