"""The tasks by name; a new one is one file and one line here."""

from __future__ import annotations

from skeletonllm.errors import UsageError
from skeletonllm.tasks.caption import Caption
from skeletonllm.tasks.discrimination import Discrimination
from skeletonllm.tasks.naming import Naming
from skeletonllm.tasks.published_recognition import PublishedRecognition
from skeletonllm.tasks.question import Question
from skeletonllm.tasks.rationale import Rationale
from skeletonllm.tasks.recognition import Recognition
from skeletonllm.tasks.task import Task

TASKS: dict[str, Task] = {
    Recognition.name: Recognition(),
    PublishedRecognition.name: PublishedRecognition(),
    Naming.name: Naming(),
    Discrimination.name: Discrimination(),
    Rationale.name: Rationale(),
    Caption.name: Caption(),
    Question.name: Question(),
}
"""All tasks."""


def get_task(name: str) -> Task:
    """The task of this name.

    Raises:
        UsageError: The name is unknown; the message lists the known ones.

    Example:
        >>> get_task("recognition").version
        'recognition/1'
    """
    if name not in TASKS:
        raise UsageError(f"unknown task {name!r}", expected=f"one of {', '.join(TASKS)}")
    return TASKS[name]
