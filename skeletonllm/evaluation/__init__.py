"""Evaluation: published protocols, what is held out, and answers of a model.

Answers come from :mod:`skeletonllm.evaluation.predict`, which is imported by itself: only that
module needs torch. How answers are scored, a task says (:mod:`skeletonllm.tasks`).
"""

from skeletonllm.evaluation.hold_out import HoldOut, view_unseen_classes, view_unseen_subjects
from skeletonllm.evaluation.protocols import (
    Count,
    Protocol,
    get_protocol,
    hold_out_classes,
    list_protocols,
)

__all__ = [
    "Count",
    "HoldOut",
    "Protocol",
    "get_protocol",
    "hold_out_classes",
    "list_protocols",
    "view_unseen_classes",
    "view_unseen_subjects",
]
