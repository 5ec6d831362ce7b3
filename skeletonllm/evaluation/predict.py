"""Predict answers: of each clip's candidates, the one that the model finds likeliest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

import torch
from torch import nn

from skeletonllm.errors import UsageError
from skeletonllm.mllm.adapter import Adapter
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.tasks.task import Answer, Example, Task
from skeletonllm.training.batches import choose_frames


def predict_answers(
    examples: Iterable[Example],
    task: Task,
    renderer: nn.Module,
    adapter: Adapter,
    *,
    num_frames: int,
    batch_size: int = 24,
) -> Iterator[Answer]:
    """Answers in the order of the examples; the middle frame of each segment is shown.

    The answer is the candidate of the highest likelihood; of equally likely ones, the first.

    Args:
        examples: Clips to ask about.
        task: What is asked, and the candidates.
        renderer: DrAction, trained or not.
        adapter: The multimodal LLM.
        num_frames: Frames of each clip.
        batch_size: Clips rendered and read together; does not change an answer.

    Raises:
        UsageError: The task gives no candidates.
    """
    rest = iter(examples)
    while batch := list(islice(rest, batch_size)):
        yield from _predict_batch(batch, task, renderer, adapter, num_frames)


@torch.no_grad()
def _predict_batch(
    batch: Sequence[Example], task: Task, renderer: nn.Module, adapter: Adapter, num_frames: int
) -> Iterator[Answer]:
    candidates = [_candidates(task, example) for example in batch]
    device = next(chain(adapter.parameters(), renderer.parameters())).device
    motions = MotionBatch.from_motions([example.motion for example in batch], device)
    rendering = renderer(motions, choose_frames(batch, num_frames).to(device))
    # The key has no step: a clip is asked the same question in every evaluation.
    prompts = [task.prompt(e, num_frames=num_frames, key=e.key) for e in batch]
    with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
        scores = adapter.score_candidates(rendering.frames, prompts, candidates)
    for example, names, likelihoods in zip(batch, candidates, scores, strict=True):
        likeliest = names[int(likelihoods.argmax())]
        yield Answer(example.key, task.target(example, key=example.key), likeliest, len(names))


def _candidates(task: Task, example: Example) -> tuple[str, ...]:
    candidates = task.candidates(example)
    if not candidates:
        raise UsageError(
            f"task {task.name!r} has no candidates",
            expected="answers to choose from",
            where=example.key,
        )
    return candidates
