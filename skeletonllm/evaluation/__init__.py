"""How good a model is: published protocols, and numbers with their uncertainty."""

from skeletonllm.evaluation.metrics import Answer, Scores, score, wilson
from skeletonllm.evaluation.predict import judge
from skeletonllm.evaluation.protocols import Count, Protocol, get_protocol, held_out, protocols

__all__ = [
    "Answer",
    "Count",
    "Protocol",
    "Scores",
    "get_protocol",
    "held_out",
    "judge",
    "protocols",
    "score",
    "wilson",
]
