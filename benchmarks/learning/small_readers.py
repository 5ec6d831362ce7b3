"""Which part of `small` fails: four readers of the same clips, all test clips and those no copies.

    python -m benchmarks.learning.small_readers --release releases/nw_ucla/0.1.0 \\
        --protocol nw_ucla/xview --checkpoints out/1-warm_up/checkpoint out/2-refine/checkpoint

Of each checkpoint of `train --model small`, on the test part of its protocol: a head on what the
frozen tower sees of its renderer's pictures, a head on the visual tokens that its projector writes,
the class whose words these tokens are most like, and the language model's own answer. Both heads
learn on the training part, from each clip as it is and turned (:mod:`benchmarks.learning.eye`).
Copies of training clips are found by the detector of the quality report.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import tyro
from torch import Tensor

from benchmarks.learning.eye.corpus import Index
from benchmarks.learning.eye.features import Features
from benchmarks.learning.eye.folds import Split, find_copies
from benchmarks.learning.eye.head import Recipe, predict, train_head
from benchmarks.learning.eye.turned import turn_motion
from benchmarks.table import publish_table
from skeletonllm.clip import Clip
from skeletonllm.evaluation import get_protocol
from skeletonllm.evaluation.predict import predict_answers
from skeletonllm.evaluation.trained import load_trained
from skeletonllm.mllm.small.adapter import SmallAdapter
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.shards import read_index, read_sample
from skeletonllm.tasks import Example, Task, get_task
from skeletonllm.training import choose_frames, read_state
from skeletonllm.views.view import View

ANGLES = (0.0, -0.4, -0.2, 0.2, 0.4)
"""Radians by which the clips that the heads learn from are turned."""
AT_ONCE = 24
Right = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this benchmark."""

    release: str
    """Folder of a release."""
    protocol: str
    """That the checkpoints were trained on."""
    checkpoints: tuple[str, ...]
    """Of `train --model small`, one renderer for all, such as those of two stages in a row."""
    json: str | None = None
    """File for the table."""


@dataclass(frozen=True, eq=False)
class Part:
    """Clips of a protocol's part.

    Args:
        clips: All N.
        examples: What the task asks of each.
        labels: int64 [N], among the candidates.
    """

    clips: tuple[Clip, ...]
    examples: tuple[Example, ...]
    labels: Index


def main(flags: Flags) -> int:
    torch.set_num_threads(1)
    protocol = get_protocol(flags.protocol)
    task = get_task("naming")
    train, test = (read_part(flags.release, v, task) for v in (protocol.train, protocol.test))
    copied = list_copied(train, test)
    rows = []
    for number, checkpoint in enumerate(flags.checkpoints):
        reading = Reading(checkpoint)
        if number == 0:
            seen = [reading.look(train, ANGLES), reading.look(test, (0.0,))]
        for reader, right in reading.judge(seen, train, test).items():
            rows.append({"checkpoint": checkpoint, "reader": reader, **describe(right, copied)})
            print(rows[-1], flush=True)
    publish_table(f"small on {flags.protocol}", rows, flags.json)
    return 0


def read_part(release: str, view: View, task: Task) -> Part:
    """The clips of a view.

    Args:
        release: Folder of a release.
        view: A protocol's part.
        task: What is asked.
    """
    rows = view.select(read_index(release))
    candidates = view.candidates(rows)
    samples = [read_sample(release, row) for row in rows.to_pylist()]
    examples = [task.example(sample, candidates) for sample in samples]
    asked = tuple(example for example in examples if example is not None)
    labels = np.array([example.candidates.index(example.label) for example in asked])
    return Part(tuple(sample.clip for sample in samples), asked, labels)


def list_copied(train: Part, test: Part) -> Right:
    """Which test clips show the motion of a training clip, bool [N]."""
    clips = (*train.clips, *test.clips)
    whole = np.arange(len(clips))
    return find_copies(clips, Split("test", whole[: len(train.clips)], whole[len(train.clips) :]))


class Reading:
    """A checkpoint, ready to be asked.

    Args:
        checkpoint: Its folder.
    """

    def __init__(self, checkpoint: str) -> None:
        state = read_state(checkpoint)
        self.frames = state.stage.num_frames
        self.renderer, adapter = load_trained(state, "cpu")
        assert isinstance(adapter, SmallAdapter)
        self.adapter, self.task = adapter, get_task(state.stage.task)

    @torch.no_grad()
    def look(self, part: Part, angles: Sequence[float]) -> Tensor:
        """What the tower sees, [N, angles, T, C, h, w], of each clip turned by each angle."""
        return torch.stack([self._look_turned(part, angle) for angle in angles], dim=1)

    def judge(self, seen: Sequence[Tensor], train: Part, test: Part) -> dict[str, Right]:
        """What each reader reads right of the test part, bool [N] each.

        Args:
            seen: What the tower saw of the training part and of the test part.
            train: What heads learn from.
            test: What is scored.
        """
        written = [self._write(each) for each in seen]
        return {
            "head on the tower's features": read_by_head([_flat(x) for x in seen], train, test),
            "head on the visual tokens": read_by_head(written, train, test),
            "nearest words": self._compare(seen[1][:, 0], test),
            "language model": self._ask(test),
        }

    def _look_turned(self, part: Part, angle: float) -> Tensor:
        turned = [replace(e, motion=turn_motion(e.motion, angle)) for e in part.examples]
        looks = []
        for start in range(0, len(turned), AT_ONCE):
            some = turned[start : start + AT_ONCE]
            motions = MotionBatch.from_motions([example.motion for example in some], "cpu")
            pictures = self.renderer(motions, choose_frames(some, self.frames)).frames
            looks.append(self.adapter.look(pictures))
        return torch.cat(looks)

    @torch.no_grad()
    def _write(self, seen: Tensor) -> Features:
        tokens = [self.adapter.see(each).tokens.flatten(1, 2) for each in seen]
        return _half(torch.stack(tokens))

    @torch.no_grad()
    def _compare(self, seen: Tensor, test: Part) -> Right:
        classes = test.examples[0].candidates
        losses = [self.adapter.word_losses(seen, [name] * len(seen)) for name in classes]
        right: Right = torch.stack(losses).argmin(0).numpy() == test.labels
        return right

    def _ask(self, test: Part) -> Right:
        shown = {"num_frames": self.frames}
        answers = predict_answers(test.examples, self.task, self.renderer, self.adapter, **shown)
        return np.array([answer.prediction == answer.target for answer in answers])


def read_by_head(shown: Sequence[Features], train: Part, test: Part) -> Right:
    """What a head reads right that learned on the training part, bool [N].

    Args:
        shown: [N, versions, places, width] of the training part and of the test part.
        train: Gives labels.
        test: Gives labels.
    """
    classes = len(test.examples[0].candidates)
    head = train_head(shown[0], train.labels, classes, 0, Recipe())
    right: Right = predict(head, shown[1][:, 0]) == test.labels
    return right


def describe(right: Right, copied: Right) -> dict[str, Any]:
    """Cells: clips and shares, of all and of those that are no copies."""
    return {
        "clips": len(right),
        "right": f"{right.mean():.1%}",
        "leak-free clips": int((~copied).sum()),
        "leak-free": f"{right[~copied].mean():.1%}",
    }


def _flat(seen: Tensor) -> Features:
    """Features [N, angles, T h w, C]."""
    return _half(seen.flatten(4).transpose(3, 4).flatten(2, 3))


def _half(values: Tensor) -> Features:
    kept: Features = values.to(torch.float16).numpy()
    return kept


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Flags)))
