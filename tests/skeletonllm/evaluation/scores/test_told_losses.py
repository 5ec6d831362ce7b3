from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from skeletonllm.draction import DrAction, DrActionConfig
from skeletonllm.evaluation.scores.told_losses import (
    ToldLosses,
    exchange_motions,
    measure_told_losses,
)
from skeletonllm.mllm import tiny_internvl
from skeletonllm.synthesis import synthesize
from skeletonllm.tasks import Example, get_task

RATIONALE = get_task("rationale")
LABELS = ("hand waving", "sit down", "jump up")
EXAMPLES = [
    Example(
        f"{label}/{seed}",
        synthesize(label, seed=seed, fps=10),
        label,
        (),
        texts=(f"It moves.\nLabel: {label}",),
    )
    for label in LABELS
    for seed in range(2)
]


def measure(model: nn.Module, batch_size: int = 16) -> ToldLosses:
    renderer = DrAction(DrActionConfig(size=56, patch=14, points_per_bone=1))
    return measure_told_losses(
        EXAMPLES, RATIONALE, renderer, model, num_frames=2, batch_size=batch_size
    )


def test_each_clip_gets_the_motion_of_another_label_and_keeps_its_text() -> None:
    exchanged = exchange_motions(EXAMPLES)
    labels = {id(example.motion): example.label for example in EXAMPLES}
    for own, other in zip(EXAMPLES, exchanged, strict=True):
        assert labels[id(other.motion)] != own.label
        assert replace(other, motion=own.motion).__dict__ == own.__dict__


def test_of_one_label_alone_each_clip_still_gets_another_motion() -> None:
    alike = [replace(example, label="wave") for example in EXAMPLES]
    exchanged = exchange_motions(alike)
    given = [id(example.motion) for example in alike]
    assert [id(example.motion) for example in exchanged] == [*given[1:], given[0]]


def test_the_gain_is_the_mean_difference_with_its_interval() -> None:
    losses = ToldLosses(own=(1.0, 2.0, 3.0), exchanged=(2.0, 4.0, 6.0))
    assert losses.gain == pytest.approx(2.0)
    assert losses.half_width == pytest.approx(1.96 * 1.0 / math.sqrt(3))  # gains are 1, 2 and 3
    assert losses.to_json() == {
        "clips": 3,
        "loss": pytest.approx(2.0),
        "loss_exchanged": pytest.approx(4.0),
        "gain": losses.gain,
        "gain_half_width95": losses.half_width,
    }
    assert losses.summarize() == (
        "2.000 with its motion, 4.000 with another's; it saves 2.000 +- 1.132"
    )
    assert ToldLosses((1.0,), (2.0,)).half_width == math.inf


class Blind(nn.Module):
    """A model that does not look: it spells the text by a model that is shown grey."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = tiny_internvl(LABELS)

    def losses(
        self,
        frames: torch.Tensor,
        prompts: list[str],
        answers: list[str],
        patches: torch.Tensor | None = None,
    ) -> torch.Tensor:
        return self.inner.losses(torch.full_like(frames, 0.5), prompts, answers, patches)


def test_a_model_that_ignores_the_picture_gains_nothing() -> None:
    losses = measure(Blind())
    assert losses.own == pytest.approx(losses.exchanged, abs=1e-5)
    assert losses.gain == pytest.approx(0, abs=1e-5)


def test_a_model_that_looks_tells_motions_apart_whatever_the_batch() -> None:
    model = tiny_internvl(LABELS)
    losses = measure(model)
    differences = [abs(e - o) for o, e in zip(losses.own, losses.exchanged, strict=True)]
    assert min(differences) > 1e-4
    cut = measure(model, batch_size=4)
    assert cut.own == pytest.approx(losses.own, abs=1e-4)
    assert cut.exchanged == pytest.approx(losses.exchanged, abs=1e-4)


class Teller(nn.Module):
    """Knows by the brightness of a picture whose motion it is: a text of another costs 1 more."""

    def __init__(self, bright: dict[str, float]) -> None:
        super().__init__()
        self.bright = bright
        self.scale = nn.Parameter(torch.zeros(1))

    def losses(
        self,
        frames: torch.Tensor,
        _prompts: list[str],
        answers: list[str],
        _patches: torch.Tensor | None = None,
    ) -> torch.Tensor:
        seen = frames.mean((1, 2, 3, 4)).tolist()
        pairs = zip(seen, answers, strict=True)
        return torch.tensor([float(abs(self.bright[a] - s) > 1e-6) + 1.0 for s, a in pairs])


def test_texts_meet_their_own_motion_first_and_then_the_exchanged_one() -> None:
    # A clip for each label, so that a text names one motion.
    examples = EXAMPLES[::2]
    shades = {id(e.motion): 0.1 + 0.2 * i for i, e in enumerate(examples)}
    bright = {e.texts[0]: shades[id(e.motion)] for e in examples}
    drawn: list[float] = []

    class Shade(nn.Module):
        """Draws each motion in a grey of its own."""

        def forward(self, _motions: object, frames: torch.Tensor) -> object:
            clips, shown = frames.shape
            grey = torch.tensor(drawn[:clips]).view(-1, 1, 1, 1, 1)
            del drawn[:clips]
            return type("Rendering", (), {"frames": grey.expand(clips, shown, 3, 28, 28)})()

    drawn += [shades[id(e.motion)] for e in examples]
    drawn += [shades[id(e.motion)] for e in exchange_motions(examples)]
    losses = measure_told_losses(examples, RATIONALE, Shade(), Teller(bright), num_frames=1)
    assert losses == ToldLosses(own=(1.0,) * 3, exchanged=(2.0,) * 3)
