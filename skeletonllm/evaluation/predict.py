"""Predict answers: of each clip's candidates, the one that the model finds likeliest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, islice

import torch
from torch import Tensor, nn

from skeletonllm.errors import TrainingError, UsageError
from skeletonllm.mllm.adapter import Adapter
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.rejects import ClipName, Reject, isolate_clip
from skeletonllm.tasks.task import Answer, Example, Task
from skeletonllm.training.batches import choose_frames
from skeletonllm.training.precision import autocast

STAGE = "evaluate"
"""Name of this stage, for rejects."""


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
        TrainingError: A likelihood is not a number: such a model would answer at random.
    """
    rest = iter(examples)
    ask = partial(
        _predict_batch,
        task=task,
        renderer=renderer,
        adapter=adapter,
        num_frames=num_frames,
        foreground=foreground,
    )
    while batch := list(islice(rest, batch_size)):
        try:
            yield from ask(batch)
        except Exception:
            if failed is None:
                raise
            # Some clip of the batch is to blame: alone, the others have their answers.
            for example in batch:
                answers: list[Answer] = []
                with isolate_clip(ClipName(example.key, ""), STAGE, failed):
                    answers += ask([example])
                yield from answers


@torch.no_grad()
def _predict_batch(
    batch: Sequence[Example],
    *,
    task: Task,
    renderer: nn.Module,
    adapter: Adapter,
    num_frames: int,
    foreground: bool,
) -> list[Answer]:
    candidates = [_candidates(task, example) for example in batch]
    device = next(chain(adapter.parameters(), renderer.parameters())).device
    motions = MotionBatch.from_motions([example.motion for example in batch], device)
    rendering = renderer(motions, choose_frames(batch, num_frames).to(device))
    # The key has no step: a clip is asked the same question in every evaluation.
    prompts = [task.prompt(e, num_frames=num_frames, key=e.key) for e in batch]
    patches = rendering.patches if foreground else None
    with autocast(adapter, device):
        scores = adapter.score_candidates(rendering.frames, prompts, candidates, patches)
    answers = []
    for example, names, likelihoods in zip(batch, candidates, scores, strict=True):
        _check_finite(likelihoods, example)
        likeliest = names[int(likelihoods.argmax())]
        target = task.target(example, key=example.key)
        kind = task.kind(example)
        answers.append(Answer(example.key, target, likeliest, len(names), kind))
    return answers


def _check_finite(likelihoods: Tensor, example: Example) -> None:
    if not likelihoods.isfinite().all():
        raise TrainingError(
            "the model's likelihoods are not finite",
            where=example.key,
            hint="Draw the clip with `skeletonllm render`; of every clip, its weights are spoiled.",
        )


def _candidates(task: Task, example: Example) -> tuple[str, ...]:
    candidates = task.candidates(example)
    if not candidates:
        raise UsageError(
            f"task {task.name!r} has no candidates",
            expected="answers to choose from",
            where=example.key,
        )
    return candidates
