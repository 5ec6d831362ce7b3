"""A projector that learns to say to a frozen language model what the tower saw; resumable."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from benchmarks.learning.eye.arms import FRAMES
from benchmarks.learning.eye.corpus import Index
from benchmarks.learning.eye.features import Features
from skeletonllm.mllm.small.adapter import SmallAdapter
from skeletonllm.prompts.recognition import IMAGE, shuffle_candidates

SAVED_EVERY = 60.0
"""Seconds; a kill costs no more than these."""


@dataclass(frozen=True)
class Course:
    """How a projector is trained.

    Args:
        aligned: Epochs before, of 32 clips a step and without the language model, in which visual
            tokens come near the words of the answer.
        epochs: Times each clip is then seen, each time in one version drawn at random.
        batch: Clips a step.
        rate: Of AdamW, after a twentieth of the steps; then it falls as a cosine.
        decay: Of the weights.
        norm: Largest norm of a gradient.
        listed: Whether the question lists the actions.
    """

    aligned: int = 30
    epochs: int = 12
    batch: int = 8
    rate: float = 1e-3
    decay: float = 0.05
    norm: float = 1.0
    listed: bool = True

    def rate_at(self, step: int, steps: int) -> float:
        """The rate of a step.

        Args:
            step: From 0.
            steps: Of the whole course.
        """
        rising = (step + 1) / max(1, steps // 20)
        return self.rate * min(rising, 0.5 * (1 + math.cos(math.pi * step / steps)))


@dataclass(frozen=True, eq=False)
class Clips:
    """Clips as the tower saw them.

    Args:
        features: [N, versions, FRAMES, WIDTH].
        labels: int64 [N], in ``classes``.
        classes: Names of the actions.
    """

    features: Features
    labels: Index
    classes: Sequence[str]


@dataclass(eq=False)
class Pupil:
    """A projector on its way, kept in a file.

    Args:
        adapter: Its projector learns.
        file: Where it is kept.
        course: How it learns.
        step: Steps done.
        seconds: Of this process' processor, over all sittings.
        losses: Mean loss of each step.
    """

    adapter: SmallAdapter
    file: Path
    course: Course
    step: int = 0
    seconds: float = 0.0
    losses: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.adapter.requires_grad_(False)
        weights = list(self.adapter.projector.requires_grad_(True).parameters())
        self.optimizer = torch.optim.AdamW(
            weights, lr=self.course.rate, weight_decay=self.course.decay, betas=(0.9, 0.98)
        )
        if self.file.exists():
            self._load(torch.load(self.file, weights_only=True))

    def save(self) -> None:
        """Write all that a later sitting needs, or nothing."""
        state = {
            "projector": self.adapter.projector.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
            "losses": self.losses,
        }
        self.file.parent.mkdir(parents=True, exist_ok=True)
        partial = self.file.with_suffix(f".{os.getpid()}")
        torch.save(state, partial)
        partial.rename(self.file)

    def _load(self, state: dict[str, Any]) -> None:
        self.adapter.projector.load_state_dict(state["projector"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.seconds, self.losses = (state[k] for k in ("step", "seconds", "losses"))


def ask(classes: Sequence[str], key: str, *, listed: bool = True) -> str:
    """The question of recognition with the frames at its end, as bare tokens.

    All clips of an epoch are asked alike, so the model reads what comes before the frames once a
    batch; the order of the actions changes with each epoch.

    Args:
        classes: Names of the actions.
        key: What their order is drawn from.
        listed: Whether they are named at all.
    """
    question = "Choose the action of this clip and answer with its label only:"
    names = "".join(f"{name}\n" for name in shuffle_candidates(classes, key)) if listed else ""
    return f"{question}\n{names}{IMAGE * FRAMES}"


def align_projector(pupil: Pupil, clips: Clips, seed: int) -> None:
    """Bring visual tokens near the words of the answers; a pupil that has learnt stays as it is.

    Args:
        pupil: Its projector is changed.
        clips: Of the training part.
        seed: Of all that is drawn.
    """
    if pupil.file.exists() or not pupil.course.aligned:
        return
    projector = pupil.adapter.projector.train()
    torch.manual_seed(seed)
    optimizer = torch.optim.AdamW(projector.parameters(), lr=1e-3, weight_decay=pupil.course.decay)
    steps = pupil.course.aligned * (len(clips.labels) // 32 + 1)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    started = time.process_time()
    for epoch in range(pupil.course.aligned):
        order, versions = _draw(seed, epoch, *clips.features.shape[:2])
        for start in range(0, len(order), 32):
            some = order[start : start + 32]
            batch = as_maps(clips.features[some, versions[start : start + 32]])
            wanted = [clips.classes[i] for i in clips.labels[some]]
            optimizer.zero_grad()
            torch.autograd.backward(pupil.adapter.word_losses(batch, wanted).mean())
            optimizer.step()
            schedule.step()
    pupil.seconds += time.process_time() - started
    pupil.save()


def teach_projector(pupil: Pupil, clips: Clips, seed: int, until: float) -> bool:
    """Whether the course was finished before ``until``; the pupil is kept in any case.

    Order, versions and dropout of a step depend on seed and step alone, not on sittings.

    Args:
        pupil: Learns on from where it is.
        clips: Of the training part.
        seed: Of all that is drawn.
        until: When to stop, as ``time.monotonic()``.
    """
    course = pupil.course
    each = len(clips.labels) // course.batch
    steps, saved = each * course.epochs, time.monotonic()
    pupil.adapter.projector.train()
    while pupil.step < steps and time.monotonic() < until:
        started = time.process_time()
        epoch, place = divmod(pupil.step, each)
        order, versions = _draw(seed, epoch, *clips.features.shape[:2])
        here = slice(place * course.batch, (place + 1) * course.batch)
        batch = as_maps(clips.features[order[here], versions[here]])
        wanted = [clips.classes[i] for i in clips.labels[order[here]]]
        for group in pupil.optimizer.param_groups:
            group["lr"] = course.rate_at(pupil.step, steps)
        prompt = ask(clips.classes, str(epoch), listed=course.listed)
        torch.manual_seed(hash((seed, pupil.step)))
        pupil.losses.append(_step(pupil, batch, [prompt] * len(wanted), wanted))
        pupil.step += 1
        pupil.seconds += time.process_time() - started
        if time.monotonic() > saved + SAVED_EVERY:
            pupil.save()
            saved = time.monotonic()
            print(f"step {pupil.step} of {steps}: {np.mean(pupil.losses[-50:]):.3f}", flush=True)
    pupil.adapter.projector.eval()
    pupil.save()
    return pupil.step >= steps


def _draw(seed: int, epoch: int, clips: int, versions: int) -> tuple[Index, Index]:
    rng = np.random.default_rng([seed, epoch])
    return rng.permutation(clips), rng.integers(versions, size=clips)


def _step(pupil: Pupil, batch: Tensor, prompts: list[str], answers: list[str]) -> float:
    loss = pupil.adapter.losses(batch, prompts, answers).mean()
    pupil.optimizer.zero_grad()
    torch.autograd.backward(loss)
    torch.nn.utils.clip_grad_norm_(pupil.adapter.projector.parameters(), pupil.course.norm)
    pupil.optimizer.step()
    return loss.item()


def read_answers(
    adapter: SmallAdapter, clips: Clips, *, listed: bool = True
) -> npt.NDArray[np.bool_]:
    """Whether the likeliest of all actions is the right one, bool [N], of clips as they are.

    Args:
        adapter: With a trained projector.
        clips: To score; only their first version is shown.
        listed: Whether the question lists the actions.
    """
    chosen, prompt = [], ask(clips.classes, "scored", listed=listed)
    for start in range(0, len(clips.labels), 8):
        batch = as_maps(clips.features[start : start + 8, 0])
        answers = [list(clips.classes)] * len(batch)
        scores = adapter.score_candidates(batch, [prompt] * len(batch), answers)
        chosen += [int(each.argmax()) for each in scores]
    right: npt.NDArray[np.bool_] = np.array(chosen) == clips.labels
    return right


@torch.no_grad()
def list_tokens(adapter: SmallAdapter, features: Features) -> Features:
    """Visual tokens [N, versions, FRAMES, D], for a head that stands beside the language model.

    Args:
        adapter: With a trained projector.
        features: [N, versions, FRAMES, WIDTH].
    """
    tokens = torch.stack([adapter.see(as_maps(each)).tokens[:, :, 0] for each in features])
    kept: Features = tokens.to(torch.float16).numpy()
    return kept


def as_maps(features: Features) -> Tensor:
    """Features [B, FRAMES, WIDTH] as the adapter takes them, [B, FRAMES, WIDTH, 1, 1]."""
    return torch.from_numpy(features).float()[..., None, None]
