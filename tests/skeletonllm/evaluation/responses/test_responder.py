"""Asking about clips: what is scored, told and written, and whom a number that is none accuses."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch
from torch import nn

from skeletonllm.draction import DrAction, DrActionConfig
from skeletonllm.errors import ModelError, TrainingError
from skeletonllm.evaluation.responses.responder import Asked, Manner, Responder
from skeletonllm.evaluation.responses.response import Response
from skeletonllm.mllm import tiny_internvl
from skeletonllm.mllm.adapter import Adapter
from skeletonllm.rejects import Reject
from skeletonllm.synthesis import synthesize
from skeletonllm.tasks import Example, Task, get_task

LABELS = ("hand waving", "sit down", "jump up")
RECOGNITION, NAMING, RATIONALE = (get_task(n) for n in ("recognition", "naming", "rationale"))
EXAMPLES = [
    Example(
        f"{label}/{seed}",
        synthesize(label, seed=seed, fps=10),
        label,
        LABELS,
        texts=(f"1. The right hand rises.\nLabel: {label}",),
    )
    for seed in range(2)
    for label in LABELS
]
ASKED = [Asked(example, example.motion) for example in EXAMPLES]
MANNER = Manner(num_frames=2, batch_size=4)


def make(task: Task, manner: Manner = MANNER, adapter: Adapter | None = None) -> Responder:
    model = adapter or tiny_internvl(LABELS)
    renderer = DrAction(DrActionConfig(size=56, patch=14, points_per_bone=1))
    return Responder(task, renderer, model, manner, "runs/1/checkpoint")


def test_candidates_are_scored_counted_and_scored_blind() -> None:
    responses = list(make(RECOGNITION).respond(ASKED))
    assert [r.clip_id for r in responses] == [e.key for e in EXAMPLES]
    for response in responses:
        assert sorted(response.candidates or ()) == sorted(LABELS)
        assert response.tokens == tiny_internvl(LABELS).count_answer_tokens(response.candidates)
        assert len(response.blind_scores or ()) == len(LABELS)
        assert response.blind_scores != response.scores
        assert (response.condition, response.loss, response.text) == ("own", None, None)


def test_a_response_does_not_depend_on_the_batch() -> None:
    together = list(make(RECOGNITION).respond(ASKED))
    alone = list(make(RECOGNITION, replace(MANNER, batch_size=1)).respond(ASKED))
    for one, other in zip(together, alone, strict=True):
        assert one.scores == pytest.approx(other.scores, abs=1e-4)
        assert one.blind_scores == pytest.approx(other.blind_scores, abs=1e-4)


def test_the_blind_condition_scores_what_the_blind_scores_say() -> None:
    own = list(make(RECOGNITION).respond(ASKED))
    blind = list(make(RECOGNITION).respond(ASKED, "blind"))
    for one, other in zip(own, blind, strict=True):
        assert other.condition == "blind"
        assert other.scores == pytest.approx(one.blind_scores, abs=1e-4)


def test_a_black_picture_is_read_once_where_all_clips_are_asked_alike() -> None:
    counting = Counting(LABELS)
    list(make(NAMING, adapter=counting).respond(ASKED))
    assert sorted(counting.shown) == [1, 2, 4]  # two batches, and one black clip for both


def test_texts_without_candidates_have_a_loss_that_the_shown_motion_decides() -> None:
    own = list(make(RATIONALE).respond(ASKED))
    others = [Asked(a.example, b.shown) for a, b in zip(ASKED, ASKED[1:] + ASKED[:1], strict=True)]
    exchanged = list(make(RATIONALE).respond(others, "exchanged"))
    assert all(r.candidates is None and r.scores is None and r.loss is not None for r in own)
    for one, other in zip(own, exchanged, strict=True):
        assert one.target == other.target
        assert one.loss != other.loss


def test_what_is_written_is_checked_against_the_clip_and_not_what_was_shown() -> None:
    writer = Writing(LABELS)
    shown = EXAMPLES[1].motion  # sits down: no hand goes there
    manner = replace(MANNER, writes=True)
    (own,) = make(RATIONALE, manner, writer).respond([ASKED[0]])
    asked = Asked(EXAMPLES[0], shown)
    (exchanged,) = make(RATIONALE, manner, writer).respond([asked], "exchanged")
    assert own.text == exchanged.text == Writing.TEXT
    assert own.verdicts == exchanged.verdicts == ("true", "not_understood")
    sitting = Asked(EXAMPLES[1], EXAMPLES[0].motion)
    (other,) = make(RATIONALE, manner, writer).respond([sitting])
    assert other.verdicts == ("contradicted", "not_understood")


def test_numbers_that_are_none_of_every_picture_accuse_the_checkpoint() -> None:
    """Each clip was left out by itself before, and the rest judged: 50 % of two classes."""
    failed: list[Reject] = []
    with pytest.raises(ModelError, match="runs/1/checkpoint: the model's likelihoods are not fin"):
        list(make(RECOGNITION, adapter=Broken(LABELS)).respond(ASKED, failed=failed))
    assert failed == []


def test_numbers_that_are_none_of_one_clip_accuse_the_clip_and_name_the_checkpoint() -> None:
    key = EXAMPLES[2].key
    prompt = RECOGNITION.prompt(EXAMPLES[2], num_frames=2, key=key)
    failed: list[Reject] = []
    found = list(make(RECOGNITION, adapter=Broken(LABELS, prompt)).respond(ASKED, failed=failed))
    assert [r.clip_id for r in found] == [e.key for e in EXAMPLES if e.key != key]
    (reject,) = failed
    assert reject.message.startswith(
        f"{key}: the model's likelihoods are not finite (checkpoint runs/1/checkpoint)"
    )
    with pytest.raises(TrainingError, match="runs/1/checkpoint"):
        list(make(RECOGNITION, adapter=Broken(LABELS, prompt)).respond(ASKED))


def test_a_text_whose_loss_is_no_number_accuses_the_checkpoint_too() -> None:
    with pytest.raises(ModelError, match="runs/1/checkpoint: the model's likelihoods are not fin"):
        list(make(RATIONALE, adapter=Broken(LABELS)).respond(ASKED, failed=[]))


class Wrapped(nn.Module):
    """A tiny model; subclasses change what it says."""

    def __init__(self, labels: Sequence[str]) -> None:
        super().__init__()
        self.inner = tiny_internvl(labels)

    def __getattr__(self, name: str) -> object:
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(self.inner, name)


class Counting(Wrapped):
    """Remembers how many clips it was shown at a time."""

    def __init__(self, labels: Sequence[str]) -> None:
        super().__init__(labels)
        self.shown: list[int] = []

    def score_candidates(self, frames: torch.Tensor, *given: object) -> list[torch.Tensor]:
        self.shown.append(len(frames))
        return self.inner.score_candidates(frames, *given)


class Writing(Wrapped):
    """Always writes the same."""

    TEXT = "1. The left hand climbs to the level of the head.\n2. All is well.\nLabel: hand waving"

    def generate(self, frames: torch.Tensor, *_: object, max_tokens: int) -> list[str]:
        assert max_tokens == MANNER.max_tokens
        return [self.TEXT] * len(frames)


class Broken(Wrapped):
    """Says NaN: of every picture, or of drawn ones with one prompt."""

    def __init__(self, labels: Sequence[str], prompt: str | None = None) -> None:
        super().__init__(labels)
        self.prompt = prompt

    def score_candidates(
        self, frames: torch.Tensor, prompts: Sequence[str], *given: object
    ) -> list[torch.Tensor]:
        scores = self.inner.score_candidates(frames, prompts, *given)
        drawn = frames.flatten(1).any(1).tolist()
        return [
            score * math.nan if self.prompt is None or (seen and prompt == self.prompt) else score
            for score, prompt, seen in zip(scores, prompts, drawn, strict=True)
        ]

    def losses(self, *given: object) -> torch.Tensor:
        return self.inner.losses(*given) * math.nan


def test_the_stub_wraps_a_real_model() -> None:
    response: Response = next(make(RECOGNITION, adapter=Wrapped(LABELS)).respond(ASKED[:1]))
    assert response.scores == next(make(RECOGNITION).respond(ASKED[:1])).scores
