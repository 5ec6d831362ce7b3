"""Predict answers: of each clip's candidates, the one that the model finds likeliest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from torch import nn

from skeletonllm.errors import UsageError
from skeletonllm.evaluation.responses.responder import Asked, Manner, Responder
from skeletonllm.mllm.adapter import Adapter
from skeletonllm.rejects import Reject
from skeletonllm.tasks.task import Answer, Example, Task


def predict_answers(
    examples: Iterable[Example],
    task: Task,
    renderer: nn.Module,
    adapter: Adapter,
    *,
    num_frames: int,
    foreground: bool = False,
    batch_size: int = 24,
    failed: list[Reject] | None = None,
) -> Iterator[Answer]:
    """Answers in the order of the examples; the middle frame of each segment is shown.

    The answer is the candidate of the highest likelihood; of equally likely ones, the first.

    Args:
        examples: Clips to ask about.
        task: What is asked, and the candidates.
        renderer: DrAction, trained or not.
        adapter: The multimodal LLM.
        num_frames: Frames of each clip.
        foreground: Show the language model only the visual tokens in which something was drawn.
        batch_size: Clips rendered and read together; does not change an answer.
        failed: Grows by the clips that have no answer, such as one that cannot be drawn; without
            it, the first of them ends the evaluation.

    Raises:
        UsageError: The task gives no candidates.
        ModelError: The likelihoods are not finite, whatever is shown.
        TrainingError: A likelihood is not a number: such a model would answer at random.
    """
    manner = Manner(
        num_frames=num_frames, foreground=foreground, batch_size=batch_size, in_full=False
    )
    responder = Responder(task, renderer, adapter, manner)
    asked = (Asked(_check(task, example), example.motion) for example in examples)
    for response in responder.respond(asked, failed=failed):
        answer = response.choose()
        assert answer is not None
        yield answer


def _check(task: Task, example: Example) -> Example:
    if not task.candidates(example):
        raise UsageError(
            f"task {task.name!r} has no candidates",
            expected="answers to choose from",
            where=example.key,
        )
    return example
