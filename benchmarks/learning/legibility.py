"""Does everything that can learn learn? A spoiled renderer must become legible to a frozen reader.

    python -m benchmarks.learning.legibility --pictures out

A small vision transformer learns to read the actions of synthesized people, in four skeleton
formats, from the pictures of DrAction as it starts; then it is frozen for good. One group of
parameters after the other is spoiled, and that group alone is freed: nothing but the reader's
gradient can repair the picture. Judged on people the renderer was not trained on.
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
    Clips,
    Reader,
    Score,
    judge,
    learn,
    perform,
    show,
    teach,
)
from benchmarks.learning.perturbations import TRIALS, Trial
from benchmarks.table import publish
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

    lessons: int = 900
    """Steps in which the reader learns to read."""
    steps: int = 120
    """Steps in which a spoiled renderer learns."""
    only: tuple[str, ...] = ()
    """Words of the groups to try; all if not given."""
    pictures: str | None = None
    """Folder for contact sheets: one a group, and ``legibility.png`` with all."""
    json: str | None = None
    """File for the table."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """A trial, read at its three moments: as DrAction starts, spoiled, and learnt.

    Args:
        trial: What was spoiled and freed.
        scores: On the strangers.
        pictures: Of the strangers of the sheet.
        seconds: Of learning.
    """

    trial: Trial
    scores: tuple[Score, ...]
    pictures: tuple[Pictures, ...]
    seconds: float


def main(flags: Flags) -> int:
    torch.set_num_threads(1)
    known, strangers = (
        perform(ACTIONS, range(6), FORMATS),
        perform(ACTIONS, range(100, 103), FORMATS),
    )
    reader = literate(known, flags.lessons)
    wanted = [t for t in TRIALS if not flags.only or any(word in t.group for word in flags.only)]
    outcomes = []
    for trial in wanted:
        outcomes.append(attempt(trial, reader, known, strangers, flags.steps))
        print(_row(outcomes[-1]), flush=True)
    title = f"A frozen reader of {len(ACTIONS)} actions before and after {flags.steps} steps"
    publish(title, [_row(outcome) for outcome in outcomes], flags.json)
    if flags.pictures:
        draw(outcomes, Path(flags.pictures))
    return 0


def literate(known: Clips, lessons: int) -> Reader:
    """A reader of the pictures of DrAction as it starts, frozen."""
    torch.manual_seed(0)
    renderer = DrAction(CONFIG).requires_grad_(False)
    return teach(Reader(len(known.labels.unique()), SIZE), renderer, known, steps=lessons)


def attempt(trial: Trial, reader: Reader, known: Clips, strangers: Clips, steps: int) -> Outcome:
    """Spoil, learn from the known, and judge by the strangers each time."""
    renderer = DrAction(replace(CONFIG, recurrent=trial.recurrent)).requires_grad_(False)
    some = strangers.pick(np.linspace(0, len(strangers) - 1, 3).astype(int).tolist())
    scores, pictures = [], []

    def look() -> None:
        scores.append(judge(reader, renderer, strangers))
        with torch.no_grad():
            pictures.append(show(renderer, some)[:, 2].numpy())

    look()
    with torch.no_grad():
        trial.spoil(renderer)
    look()
    renderer.set_trainable(*trial.free)
    lessons = replace(known, labels=_exchanged(known)) if trial.wrong else known
    start = time.monotonic()
    learn(renderer, reader, lessons, steps=steps, rate=trial.rate)
    seconds = time.monotonic() - start
    look()
    return Outcome(trial, tuple(scores), tuple(pictures), seconds)


def _exchanged(clips: Clips) -> torch.Tensor:
    """The answers of other clips."""
    order = torch.randperm(len(clips), generator=torch.Generator().manual_seed(0))
    return clips.labels[order]


def _row(outcome: Outcome) -> dict[str, Any]:
    start, spoiled, learnt = outcome.scores
    return {
        "spoiled": outcome.trial.group,
        "free": " ".join(outcome.trial.free),
        "start": f"{start.accuracy:.1%}",
        "spoiled: read": f"{spoiled.accuracy:.1%}",
        "loss": f"{spoiled.loss:.2f}",
        "learnt: read": f"{learnt.accuracy:.1%}",
        "loss ": f"{learnt.loss:.2f}",
        "seconds": round(outcome.seconds),
    }


def draw(outcomes: Sequence[Outcome], folder: Path) -> None:
    """Contact sheets: start, spoiled and learnt below each other; and all groups on one."""
    folder.mkdir(parents=True, exist_ok=True)
    rows, captions = [], []
    for number, outcome in enumerate(outcomes):
        names = ("start", "spoiled", "learnt")
        read = [f"{score.accuracy:.0%}" for score in outcome.scores]
        said = [f"{name}: {share} read" for name, share in zip(names, read, strict=True)]
        large = [picture.repeat(ENLARGED, 2).repeat(ENLARGED, 3) for picture in outcome.pictures]
        make_contact_sheet(large, said).save(folder / f"{number:02d}.png")
        rows.append(np.concatenate(outcome.pictures))
        captions.append(f"{outcome.trial.group} ({' > '.join(read)})")
    sheet = make_contact_sheet(rows, captions).quantize(256)
    sheet.save(folder / "legibility.png", optimize=True)


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Flags)))
