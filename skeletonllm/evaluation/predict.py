"""Let a model choose: for each clip, the candidate it finds likeliest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

import torch
from torch import nn

from skeletonllm.evaluation.metrics import Answer
from skeletonllm.mllm.adapter import Adapter
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.prompts.recognition import recognition_prompt
from skeletonllm.training.examples import Example, draw_frames


def judge(
    examples: Iterable[Example],
    renderer: nn.Module,
    adapter: Adapter,
    *,
    num_frames: int,
    batch_size: int = 24,
) -> Iterator[Answer]:
    """Answers in the order of the examples; the middle frame of each segment is shown.

    The choice is the candidate of the highest likelihood, so an answer is always one of them; of
    equally likely ones, the first.

    Args:
        examples: Clips with their candidates.
        renderer: DrAction, trained or not.
        adapter: The model that looks.
        num_frames: Frames of each clip.
        batch_size: Clips rendered and read together; does not change an answer.
    """
    rest = iter(examples)
    while batch := list(islice(rest, batch_size)):
        yield from _judge_batch(batch, renderer, adapter, num_frames)


@torch.no_grad()
def _judge_batch(
    batch: Sequence[Example], renderer: nn.Module, adapter: Adapter, num_frames: int
) -> Iterator[Answer]:
    device = next(chain(adapter.parameters(), renderer.parameters())).device
    motions = MotionBatch.from_motions([example.motion for example in batch], device)
    rendering = renderer(motions, draw_frames(batch, num_frames).to(device))
    prompts = [recognition_prompt(e.candidates, num_frames=num_frames, key=e.key) for e in batch]
    with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
        scores = adapter.score(rendering.frames, prompts, [e.candidates for e in batch])
    for example, likely in zip(batch, scores, strict=True):
        yield Answer(example.key, example.label, example.candidates[int(likely.argmax())])
