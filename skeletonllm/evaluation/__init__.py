"""How good a model is: published protocols, and numbers with their uncertainty.

Who lets a model answer imports :mod:`skeletonllm.evaluation.predict` itself: only that needs torch.
"""

from skeletonllm.evaluation.metrics import Answer, Scores, score, wilson
from skeletonllm.evaluation.protocols import Count, Protocol, get_protocol, held_out, protocols

__all__ = [
    "Answer",
    "Count",
    "Protocol",
    "Scores",
    "get_protocol",
    "held_out",
    "protocols",
    "score",
    "wilson",
]
