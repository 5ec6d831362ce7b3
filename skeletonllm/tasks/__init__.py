"""Tasks: what a model is asked about a clip, what it should answer, and how answers are scored.

A task is one file here and one line in :data:`skeletonllm.tasks.registry.TASKS`. Training and
evaluation know the contract only (:class:`Task`), never a task by name. Nothing here needs torch.
"""

from skeletonllm.tasks.accuracy import AccuracyScores, score_accuracy, wilson_interval
from skeletonllm.tasks.overlap import OverlapScores, score_overlap
from skeletonllm.tasks.registry import TASKS, get_task
from skeletonllm.tasks.task import Answer, Example, Scores, Task

__all__ = [
    "TASKS",
    "AccuracyScores",
    "Answer",
    "Example",
    "OverlapScores",
    "Scores",
    "Task",
    "get_task",
    "score_accuracy",
    "score_overlap",
    "wilson_interval",
]
