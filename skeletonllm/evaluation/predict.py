"""Predict answers: of each clip's candidates, the one that the model finds likeliest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

import torch
from torch import nn

from skeletonllm.errors import UsageError
from skeletonllm.mllm.adapter import Adapter
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.rejects import ClipName, Reject, isolate_clip
from skeletonllm.tasks.task import Answer, Example, Task
from skeletonllm.training.batches import choose_frames

STAGE = "evaluate"
"""Name of this stage, for rejects."""


def predict_answers(
    examples: Iterable[Example],
    task: Task,
    renderer: nn.Module,
    adapter: Adapter,
    *,
    num_frames: int,
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
        batch_size: Clips rendered and read together; does not change an answer.
        failed: Grows by the clips that have no answer, such as one that cannot be drawn; without
            it, the first of them ends the evaluation.

    Raises:
        UsageError: The task gives no candidates.
    """
    rest = iter(examples)
    while batch := list(islice(rest, batch_size)):
        try:
            yield from _predict_batch(batch, task, renderer, adapter, num_frames)
        except Exception:
            if failed is None:
                raise
            # Some clip of the batch is to blame: alone, the others have their answers.
            for example in batch:
                answers: list[Answer] = []
                with isolate_clip(ClipName(example.key, ""), STAGE, failed):
                    answers += _predict_batch([example], task, renderer, adapter, num_frames)
                yield from answers


@torch.no_grad()
def _predict_batch(
    batch: Sequence[Example], task: Task, renderer: nn.Module, adapter: Adapter, num_frames: int
) -> list[Answer]:
    candidates = [_candidates(task, example) for example in batch]
    device = next(chain(adapter.parameters(), renderer.parameters())).device
    motions = MotionBatch.from_motions([example.motion for example in batch], device)
    rendering = renderer(motions, choose_frames(batch, num_frames).to(device))
    # The key has no step: a clip is asked the same question in every evaluation.
    prompts = [task.prompt(e, num_frames=num_frames, key=e.key) for e in batch]
    with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
        scores = adapter.score_candidates(rendering.frames, prompts, candidates)
    answers = []
    for example, names, likelihoods in zip(batch, candidates, scores, strict=True):
        likeliest = names[int(likelihoods.argmax())]
        target = task.target(example, key=example.key)
        answers.append(Answer(example.key, target, likeliest, len(names)))
    return answers


def _candidates(task: Task, example: Example) -> tuple[str, ...]:
    candidates = task.candidates(example)
    if not candidates:
        raise UsageError(
            f"task {task.name!r} has no candidates",
            expected="answers to choose from",
            where=example.key,
        )
    return candidates
