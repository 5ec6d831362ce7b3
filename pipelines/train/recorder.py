"""Keeps metrics, warnings and damage of all steps, and hands states to Ray as checkpoints."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import ray.train
from ray.train import Checkpoint

from pipelines.train.config import TrainConfig
from pipelines.train.watch import Watch
from pipelines.worker_warnings import WarningCollector
from skeletonllm.draction import DrAction, save_renderer
from skeletonllm.draction.renderers import Renderer
from skeletonllm.storage import join
from skeletonllm.stream.stream import Stream
from skeletonllm.training import TrainState
from skeletonllm.training.checkpoints.metrics import MetricsLog
from skeletonllm.training.checkpoints.random_state import read_random_state, write_random_state
from skeletonllm.training.checkpoints.told import Told

WATCHED_ONLY = ("groups",)
"""Of a step's line: what is for people who watch, and not kept."""
SEGMENTS = "metrics"
"""Folder of the metrics while a run goes on."""
RENDERER = "renderer.safetensors"
"""The trained renderer by itself, as ``skeletonllm render --weights`` reads it."""


class Recorder:
    """What one rank keeps.

    Args:
        rank: Of the process; rank 0 keeps metrics and weights, the others only their own tale.
        config: The run.
        owner: What a checkpoint belongs to.
        renderer: That is trained.
        stream: Whose damage is told.
        meter: Handle of a :class:`pipelines.progress.Meter`.
        collector: Of this worker's warnings.
    """

    def __init__(
        self,
        rank: int,
        config: TrainConfig,
        *,
        owner: dict[str, Any],
        renderer: Renderer,
        stream: Stream,
        meter: Any,
        collector: WarningCollector,
    ) -> None:
        self.rank, self.owner, self.renderer, self.meter = rank, owner, renderer, meter
        self.config, self.stream, self.collector = config, stream, collector
        self.segments = join(config.output, SEGMENTS)
        self.metrics: MetricsLog | None = None
        self.watch: Watch | None = None
        self.line: dict[str, Any] = {}

    def report(self, line: dict[str, Any]) -> None:
        """Keep the metrics of a step, and tell whoever watches."""
        self.line = line
        if self.metrics is not None:
            self.metrics.add({n: v for n, v in line.items() if n not in WATCHED_ONLY})
            self.meter.put.remote(line)
        if self.watch is not None:
            self.watch.report(line)

    def describe_place(self, done: int) -> str:
        """Which step is at work, such as ``step 12 of warm_up``.

        Args:
            done: Steps that were done when this process began.
        """
        return f"step {self.line.get('step', done) + 1} of {self.config.stage.name}"

    def resume(self) -> TrainState | None:
        """The last checkpoint of this run, if there is one."""
        checkpoint = ray.train.get_checkpoint()
        state = None if checkpoint is None else self._read(checkpoint)
        if self.rank == 0:
            self.metrics = MetricsLog(self.segments, state.step if state else 0)
        return state

    def save(self, state: TrainState) -> None:
        """A checkpoint: the state from rank 0, what each rank has to tell, as Ray waits for all."""
        with tempfile.TemporaryDirectory() as folder:
            warned = dict(self.collector.warned)  # a copy: threads warn, too
            told = Told(warned, self.stream.damage.found, self.stream.left_out)
            told.write(Path(folder), self.rank)
            write_random_state(Path(folder), self.rank)
            if self.metrics is not None:
                self.metrics.write()
                self._write(state, Path(folder))
            if self.watch is not None:
                self.watch.save(state.step)
            ray.train.report(self.line, checkpoint=Checkpoint.from_directory(folder))

    def _read(self, checkpoint: Checkpoint) -> TrainState:
        """The state; of what ranks had told, the shares of those whose place this one takes."""
        world = ray.train.get_context().get_world_size()
        with checkpoint.as_directory() as folder:
            told = Told.read_all(Path(folder))
            for of_rank in told:  # every rank knows the damage of all
                self.stream.damage.found.update(of_rank.damaged)
            for of_rank in told[self.rank :: world]:
                for kind, (text, times) in of_rank.warned.items():
                    self.collector.count(kind, text, times)
                self.stream.left_out += of_rank.left_out
            state = TrainState.read(Path(folder))
            read_random_state(Path(folder), self.rank, world, state.step)
            return state

    def _write(self, state: TrainState, folder: Path) -> None:
        state.belongs_to(**self.owner).write(folder)
        if isinstance(self.renderer, DrAction):
            save_renderer(self.renderer, folder / RENDERER)
