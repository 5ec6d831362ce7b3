from __future__ import annotations

import torch
from torch import nn

from skeletonllm.draction import DrAction, DrActionConfig
from skeletonllm.evaluation import Answer, judge
from skeletonllm.mllm import tiny_internvl
from skeletonllm.synthesis import synthesize
from skeletonllm.training import Example

LABELS = ("hand waving", "sit down", "jump up")
EXAMPLES = [
    Example(f"{label}/{seed}", synthesize(label, seed=seed, fps=10), label, LABELS)
    for seed in range(2)
    for label in LABELS
]


def judged(batch_size: int) -> list[Answer]:
    adapter = tiny_internvl(LABELS)
    renderer = DrAction(DrActionConfig(size=56, patch=adapter.patch, points_per_bone=3))
    return list(judge(EXAMPLES, renderer, adapter, num_frames=2, batch_size=batch_size))


def test_answers_come_in_order_and_do_not_depend_on_the_batch() -> None:
    answers = judged(4)
    assert [(a.clip_id, a.label) for a in answers] == [(e.key, e.label) for e in EXAMPLES]
    assert all(answer.chosen in LABELS for answer in answers)
    assert answers == judged(1)


def test_the_likeliest_is_chosen_and_nothing_is_learned() -> None:
    class Reader(nn.Module):
        """Finds a label the likelier, the later it stands in the alphabet."""

        def score(self, frames: torch.Tensor, _prompts: object, candidates: object) -> list:
            assert not frames.requires_grad
            return [torch.tensor([float(ord(c[0])) for c in row]) for row in candidates]

    renderer = DrAction(DrActionConfig(size=56, patch=14, points_per_bone=1))
    answers = list(judge(EXAMPLES, renderer, Reader(), num_frames=1))
    assert {answer.chosen for answer in answers} == {"sit down"}
