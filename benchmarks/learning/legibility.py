"""Does every parameter learn? A perturbed renderer must become legible to a frozen classifier.

    python -m benchmarks.learning.legibility --pictures out

A small vision transformer learns to classify the actions of synthesized people, in four skeleton
formats, from the pictures of DrAction as it starts; then it is frozen. One group of parameters
after the other is perturbed, and that group alone may learn: nothing but the classifier's gradient
can repair the picture. Scores are of people that neither was trained on.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import tyro

from benchmarks.learning.frozen_classifier import (
    Classifier,
    Clips,
    Score,
    draw_clips,
    score_classifier,
    synthesize_clips,
    train_classifier,
    train_renderer,
)
from benchmarks.learning.perturbations import TRIALS, Trial
from benchmarks.table import publish_table
from skeletonllm.draction import DrAction, DrActionConfig
from skeletonllm.topology import COCO_17, KINECT_V1, KINECT_V2, SMPL_22
from skeletonllm.visualization.sheets import make_contact_sheet

ACTIONS = (
    "cheer (raise arms)",
    "hand waving",
    "clapping",
    "salute",
    "bow (bend forward)",
    "squat down",
    "sit down",
    "pick up",
    "kicking the air/something",
    "side kick",
    "punch/slap someone",
    "walking towards each other",
)
FORMATS = (KINECT_V2, KINECT_V1, SMPL_22, COCO_17)
SIZE = 56
CONFIG = DrActionConfig(size=SIZE, patch=14)
ENLARGED = 2
"""Pixels of the sheet a pixel of the picture."""

Pictures = npt.NDArray[np.float32]  # [N, 3, H, W]


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this benchmark."""

    classifier_steps: int = 900
    """Steps in which the classifier learns."""
    steps: int = 120
    """Steps in which a perturbed renderer learns."""
    only: tuple[str, ...] = ()
    """Words of the groups to try; all if not given."""
    pictures: str | None = None
    """Folder for contact sheets: one a group, and ``legibility.png`` with all."""
    json: str | None = None
    """File for the table."""


@dataclass(frozen=True, eq=False)
class TrialOutcome:
    """A trial at its three moments: as DrAction starts, perturbed, and learnt.

    Args:
        trial: What was perturbed, and could learn.
        scores: On the held-out clips.
        pictures: Of the held-out clips of the sheet.
        seconds: Of learning.
    """

    trial: Trial
    scores: tuple[Score, ...]
    pictures: tuple[Pictures, ...]
    seconds: float


def main(flags: Flags) -> int:
    torch.set_num_threads(1)
    training, held_out = (
        synthesize_clips(ACTIONS, range(6), FORMATS),
        synthesize_clips(ACTIONS, range(100, 103), FORMATS),
    )
    classifier = train_frozen_classifier(training, flags.classifier_steps)
    trials = [t for t in TRIALS if not flags.only or any(word in t.group for word in flags.only)]
    outcomes = []
    for trial in trials:
        outcomes.append(run_trial(trial, classifier, training, held_out, flags.steps))
        print(_make_row(outcomes[-1]), flush=True)
    title = f"A frozen classifier of {len(ACTIONS)} actions before and after {flags.steps} steps"
    publish_table(title, [_make_row(outcome) for outcome in outcomes], flags.json)
    if flags.pictures:
        draw_sheets(outcomes, Path(flags.pictures))
    return 0


def train_frozen_classifier(training: Clips, classifier_steps: int) -> Classifier:
    """A classifier of the pictures of DrAction as it starts, frozen."""
    torch.manual_seed(0)
    renderer = DrAction(CONFIG).requires_grad_(False)
    return train_classifier(
        Classifier(len(training.labels.unique()), SIZE), renderer, training, steps=classifier_steps
    )


def run_trial(
    trial: Trial, classifier: Classifier, training: Clips, held_out: Clips, steps: int
) -> TrialOutcome:
    """Perturb, learn from the training clips, and score the held-out ones each time."""
    renderer = DrAction(replace(CONFIG, recurrent=trial.recurrent)).requires_grad_(False)
    some = held_out.pick(np.linspace(0, len(held_out) - 1, 3).astype(int).tolist())
    scores, pictures = [], []

    def measure() -> None:
        scores.append(score_classifier(classifier, renderer, held_out))
        with torch.no_grad():
            pictures.append(draw_clips(renderer, some)[:, 2].numpy())

    measure()
    with torch.no_grad():
        trial.perturb(renderer)
    measure()
    renderer.set_trainable(*trial.trainable)
    clips = replace(training, labels=_exchange_labels(training)) if trial.wrong_labels else training
    start = time.monotonic()
    train_renderer(renderer, classifier, clips, steps=steps, rate=trial.rate)
    seconds = time.monotonic() - start
    measure()
    return TrialOutcome(trial, tuple(scores), tuple(pictures), seconds)


def _exchange_labels(clips: Clips) -> torch.Tensor:
    """The labels of other clips."""
    order = torch.randperm(len(clips), generator=torch.Generator().manual_seed(0))
    return clips.labels[order]


def _make_row(outcome: TrialOutcome) -> dict[str, Any]:
    start, perturbed, learnt = outcome.scores
    return {
        "perturbed": outcome.trial.group,
        "trainable": " ".join(outcome.trial.trainable),
        "start": f"{start.accuracy:.1%}",
        "perturbed: read": f"{perturbed.accuracy:.1%}",
        "loss": f"{perturbed.loss:.2f}",
        "learnt: read": f"{learnt.accuracy:.1%}",
        "loss ": f"{learnt.loss:.2f}",
        "seconds": round(outcome.seconds),
    }


def draw_sheets(outcomes: Sequence[TrialOutcome], folder: Path) -> None:
    """Write contact sheets: start, perturbed and learnt below each other; and all groups on one."""
    folder.mkdir(parents=True, exist_ok=True)
    rows, captions = [], []
    for number, outcome in enumerate(outcomes):
        names = ("start", "perturbed", "learnt")
        read = [f"{score.accuracy:.0%}" for score in outcome.scores]
        captions_of = [f"{name}: {share} read" for name, share in zip(names, read, strict=True)]
        large = [picture.repeat(ENLARGED, 2).repeat(ENLARGED, 3) for picture in outcome.pictures]
        make_contact_sheet(large, captions_of).save(folder / f"{number:02d}.png")
        rows.append(np.concatenate(outcome.pictures))
        captions.append(f"{outcome.trial.group} ({' > '.join(read)})")
    sheet = make_contact_sheet(rows, captions).quantize(256)
    sheet.save(folder / "legibility.png", optimize=True)


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Flags)))
