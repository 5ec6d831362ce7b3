"""What people look at while a run goes on: curves for TensorBoard, and the same clips again."""

from __future__ import annotations

from statistics import median
from typing import Any

import numpy as np
import torch

from skeletonllm.evaluation.predict import predict_answers
from skeletonllm.storage import join, write_json
from skeletonllm.stream.stream import Stream
from skeletonllm.tasks import Example, Task
from skeletonllm.training import Trainer
from skeletonllm.training.estimates.step_times import SECONDS, SPEED
from skeletonllm.training.looking.measures import Pace, measure_memory
from skeletonllm.training.looking.pictures import draw_watched
from skeletonllm.training.looking.tensorboard import TensorBoardLog

FOLDER = "tensorboard"
DRAWN, ASKED = 3, 12
"""Clips that are drawn, and asked about, at every checkpoint."""


class Watch:
    """Keeps curves, pictures and pace of a run; the first rank has one.

    Args:
        output: Folder of the run.
        trainer: The stage at work, with its renderer and its model.
        stream: Clips, evenly spaced over it, are watched.
        done: Steps that were done when the run was saved.
    """

    def __init__(self, output: str, trainer: Trainer, stream: Stream, *, done: int = 0) -> None:
        self.trainer, self.task = trainer, trainer.task
        self.speed = join(output, SPEED)
        self.log = TensorBoardLog(join(output, FOLDER), done)
        self.clips = choose_clips(stream, trainer.task)
        self._seconds: list[float] = []
        self._pace = Pace()
        if done == 0:
            self._look(0)

    def report(self, line: dict[str, Any]) -> None:
        """Add the metrics of a step to the curves."""
        pace = self._pace.measure(line["clips"], line["tokens"])
        self._seconds = [*self._seconds[-99:], pace["pace/seconds"]]
        curves = {name: line[name] for name in ("rate", "norm")} | pace
        curves[f"loss/{self.task.name}"] = line["loss"]
        curves |= {f"loss/{part}": loss for part, loss in line.get("losses", {}).items()}
        curves |= {f"gradient/{group}": norm for group, norm in line["groups"].items()}
        self.log.add(line["step"], curves | measure_memory(self.trainer.device))

    def save(self, step: int) -> None:
        """Look at the watched clips, and end a segment of the curves.

        Args:
            step: Steps done.
        """
        self._look(step)
        self.log.save()
        # The first step of a process fills caches, and compiles.
        timed = self._seconds[1:] or self._seconds
        # A file of its own: all others of a run are the same on every machine.
        write_json(self.speed, {SECONDS: median(timed), "steps": len(timed)})
        self._pace.measure(0, 0)  # what was looked at is no part of the next step

    def _look(self, step: int) -> None:
        if not self.clips:
            return
        drawn = self.clips[:DRAWN]
        strips = draw_watched(self.trainer.renderer, [clip.motion for clip in drawn])
        pairs = zip(drawn, strips, strict=True)
        self.log.add_pictures(step, {f"clips/{clip.key}": strip for clip, strip in pairs})
        if self.task.free_text:
            return
        with torch.no_grad():
            answers = list(
                predict_answers(
                    self.clips,
                    self.task,
                    self.trainer.renderer,
                    self.trainer.adapter,
                    num_frames=self.trainer.stage.num_frames,
                    foreground=self.trainer.stage.foreground,
                    batch_size=4,
                    failed=[],
                )
            )
        right = [answer.prediction == answer.target for answer in answers]
        if right:
            self.log.add(step, {"accuracy/watched": sum(right) / len(right)})


def choose_clips(stream: Stream, task: Task) -> list[Example]:
    """Examples of clips that lie evenly over the parts of a stream, the same in every run.

    Args:
        stream: The stream; its place does not change.
        task: What is asked about them.
    """
    chosen: list[Example] = []
    candidates = stream.candidates_by_part
    for number, reader in enumerate(stream.readers):
        share = max(1, ASKED // len(stream.readers))
        rows = np.unique(np.linspace(0, len(reader) - 1, min(share, len(reader))).astype(int))
        for row in rows.tolist():
            sample = reader.read_slot(row).sample
            example = task.example(sample, candidates[number]) if sample.weight else None
            if example is not None:
                chosen.append(example)
    return chosen
