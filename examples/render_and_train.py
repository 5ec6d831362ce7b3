"""Render and train with DrAction as a library: pictures, a gradient, and a model's own. Run as

PYTHONPATH=. python examples/render_and_train.py FOLDER
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from skeletonllm import DrAction, DrActionConfig, Motion, MotionBatch, get_topology
from skeletonllm.mllm import LoadOptions, load_adapter
from skeletonllm.synthesis import synthesize
from skeletonllm.tasks import Example
from skeletonllm.training import Trainer, TrainState, get_stage, train_stage
from skeletonllm.visualization.sheets import make_contact_sheet

SIZE = 56
LABELS = ("hand waving", "squat down")
FRAMES = torch.tensor([[0, 10, 20, 30], [0, 10, 20, 30]])  # [B, T]


def make_motions() -> list[Motion]:
    """Two clips on two skeletons: one batch holds any mix of them."""
    skeletons = (get_topology("kinect_v2"), get_topology("smpl_22"))
    pairs = zip(LABELS, skeletons, strict=True)
    return [synthesize(label, topology=skeleton, seed=1) for label, skeleton in pairs]


def learn_a_colour(batch: MotionBatch, steps: int = 12) -> tuple[float, float]:
    """Loss before and after: the renderer learns colours until its pictures are as bright as asked.

    Args:
        batch: What is drawn.
        steps: Steps of the optimizer.
    """
    renderer = DrAction(DrActionConfig(size=SIZE, patch=14))
    renderer.set_trainable("appearance.colour", "appearance.intensity")
    optimizer = torch.optim.Adam((p for p in renderer.parameters() if p.requires_grad), lr=0.1)
    target = 1.5 * renderer(batch, FRAMES).frames.detach()
    losses = []
    for _ in range(steps + 1):
        loss = (renderer(batch, FRAMES).frames - target).square().mean()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(float(loss.detach()))
    return losses[0], losses[-1]


class SameBatch:
    """One batch of two examples again and again; a release streams its own (``Stream``)."""

    def __init__(self, examples: list[Example]) -> None:
        self.examples = examples

    def __iter__(self) -> Iterator[list[Example]]:
        """The batch, without end."""
        while True:
            yield self.examples

    def state(self) -> dict[str, Any]:
        """Nothing to resume from."""
        return {}


def train_a_model(motions: list[Motion], steps: int = 20) -> list[float]:
    """Loss of every step of the warm-up: a frozen tiny model asks, renderer and projector learn.

    Args:
        motions: One a label.
        steps: Steps of the stage.
    """
    adapter = load_adapter("tiny", LoadOptions(size=SIZE, texts=LABELS))
    renderer = DrAction(DrActionConfig(size=SIZE, patch=adapter.patch, points_per_bone=4))
    stage = get_stage("warm_up", model="tiny", steps=steps, batch_size=2, size=SIZE)
    pairs = zip(LABELS, motions, strict=True)
    batches = SameBatch([Example(label, motion, label, LABELS) for label, motion in pairs])
    losses: list[float] = []
    states: list[TrainState] = []
    trainer = Trainer(stage, renderer, adapter, steps=steps)
    train_stage(
        trainer,
        batches,
        report=lambda line: losses.append(line["loss"]),
        save=states.append,
    )
    return losses


def main(folder: Path) -> None:
    """Draw two clips, learn from a picture, learn from a model."""
    torch.set_num_threads(1)  # two threads on two busy cores are slower than one
    folder.mkdir(parents=True, exist_ok=True)
    motions = make_motions()
    batch = MotionBatch.from_motions(motions)
    rendering = DrAction(DrActionConfig(size=224, patch=28))(batch, FRAMES)
    make_contact_sheet(list(rendering.frames.detach().numpy()), LABELS).save(folder / "sheet.png")
    before, after = learn_a_colour(batch)
    print(f"brighter pictures: loss {before:.5f} -> {after:.5f}")
    losses = train_a_model(motions)
    print(f"warm-up of a tiny model: loss {losses[0]:.3f} -> {losses[-1]:.3f}")
    print(f"pictures: {folder / 'sheet.png'}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "pictures"))
