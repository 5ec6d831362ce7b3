from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from skeletonllm.draction import DrAction, DrActionConfig
from skeletonllm.errors import RenderError, TrainingError
from skeletonllm.evaluation.predict import predict_answers
from skeletonllm.mllm import tiny_internvl
from skeletonllm.rejects import Reject
from skeletonllm.synthesis import synthesize
from skeletonllm.tasks import Answer, Example, get_task

RECOGNITION = get_task("recognition")
LABELS = ("hand waving", "sit down", "jump up")
EXAMPLES = [
    Example(f"{label}/{seed}", synthesize(label, seed=seed, fps=10), label, LABELS)
    for seed in range(2)
    for label in LABELS
]


def predict(
    batch_size: int, examples: list[Example] = EXAMPLES, failed: list[Reject] | None = None
) -> list[Answer]:
    adapter = tiny_internvl(LABELS)
    renderer = DrAction(DrActionConfig(size=56, patch=adapter.patch, points_per_bone=3))
    answers = predict_answers(
        examples,
        RECOGNITION,
        renderer,
        adapter,
        num_frames=2,
        batch_size=batch_size,
        failed=failed,
    )
    return list(answers)


def test_answers_come_in_order_and_do_not_depend_on_the_batch() -> None:
    answers = predict(4)
    assert [(a.clip_id, a.target) for a in answers] == [(e.key, e.label) for e in EXAMPLES]
    assert all(answer.prediction in LABELS for answer in answers)
    assert answers == predict(1)


def test_a_clip_that_cannot_be_drawn_has_no_answer_and_costs_no_other(
    caplog: pytest.LogCaptureFixture,
) -> None:
    nobody = replace(EXAMPLES[1].motion, present=np.zeros_like(EXAMPLES[1].motion.present))
    examples = [EXAMPLES[0], replace(EXAMPLES[1], motion=nobody), *EXAMPLES[2:]]
    failed: list[Reject] = []
    answers = predict(4, examples, failed)
    assert answers == [a for a in predict(4) if a.clip_id != EXAMPLES[1].key]
    (reject,) = failed
    assert (reject.stage, reject.code) == ("evaluate", "not_drawn")
    assert reject.message.startswith(f"{EXAMPLES[1].key}: clip 0 (kinect_v2) has no observed joint")
    assert not caplog.records  # foreseen: a row is enough
    with pytest.raises(RenderError, match="no observed joint"):
        predict(4, examples)


def test_the_likeliest_is_chosen_and_nothing_is_learned() -> None:
    answers = predict_with(Alphabet())
    assert {answer.prediction for answer in answers} == {"sit down"}


def test_what_is_drawn_is_told_to_the_model_where_the_foreground_alone_is_shown() -> None:
    whole, cut = Alphabet(), Alphabet()
    assert predict_with(whole) == predict_with(cut, foreground=True)
    assert whole.patches is None
    assert cut.patches is not None
    assert cut.patches.shape == (len(EXAMPLES), 1, 4, 4)
    assert 0 < cut.patches.sum() < cut.patches.numel()


def test_a_likelihood_that_is_no_number_is_no_answer() -> None:
    """Of NaN and -1, argmax takes NaN: such a model was right about as often as by chance."""
    spoiled = Alphabet(spoiled=EXAMPLES[1].key)
    failed: list[Reject] = []
    answers = predict_with(spoiled, failed=failed)
    assert [a.clip_id for a in answers] == [e.key for e in EXAMPLES if e.key != spoiled.spoiled]
    (reject,) = failed
    assert reject.message.startswith(f"{spoiled.spoiled}: the model's likelihoods are not finite")
    with pytest.raises(TrainingError, match="likelihoods are not finite. Draw the clip with"):
        predict_with(spoiled)


class Alphabet(nn.Module):
    """Finds a label the likelier, the later it stands in the alphabet.

    Args:
        spoiled: Key of the clip of which it finds nothing.
    """

    def __init__(self, spoiled: str = "") -> None:
        super().__init__()
        self.spoiled, self.patches = spoiled, None

    def score_candidates(
        self,
        frames: torch.Tensor,
        prompts: Sequence[str],
        candidates: Sequence[Sequence[str]],
        patches: torch.Tensor | None = None,
    ) -> list[torch.Tensor]:
        assert not frames.requires_grad
        self.patches = patches
        scores = [torch.tensor([float(ord(c[0])) for c in row]) for row in candidates]
        drawn = frames.flatten(1).any(1).tolist()
        return [
            score * math.nan if seen and prompt == self._spoiled_prompt() else score
            for prompt, score, seen in zip(prompts, scores, drawn, strict=True)
        ]

    def _spoiled_prompt(self) -> str:
        found = [e for e in EXAMPLES if e.key == self.spoiled]
        return RECOGNITION.prompt(found[0], num_frames=1, key=self.spoiled) if found else ""


def predict_with(reader: nn.Module, **shown: object) -> list[Answer]:
    renderer = DrAction(DrActionConfig(size=56, patch=14, points_per_bone=1))
    return list(predict_answers(EXAMPLES, RECOGNITION, renderer, reader, num_frames=1, **shown))
