"""Ray Train around the loop of :mod:`skeletonllm.training`: workers, checkpoints, one output.

``<output>/checkpoint`` (renderer, trained parts, optimizer, place in the stream), ``metrics.jsonl``
(a line a step), ``report.json``. While it runs, ``<output>/ray`` is Ray's and ``<output>/metrics``
holds the lines so far; the same command resumes from the last checkpoint there.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import ray.train
import torch
from ray.train import Checkpoint, CheckpointConfig, RunConfig, ScalingConfig
from ray.train.torch import TorchTrainer, get_device

from pipelines.progress import follow
from pipelines.worker_warnings import WarningCollector, WarningTally, collect_warnings
from skeletonllm.defaults import TINY
from skeletonllm.draction import DrAction, save_renderer
from skeletonllm.draction.renderers import Renderer, check_name, learns
from skeletonllm.errors import SkeletonLLMError
from skeletonllm.mllm import hash_frozen_parts
from skeletonllm.shards.manifest import read_manifest
from skeletonllm.storage import (
    Plan,
    absolute,
    claim,
    exists,
    finish,
    join,
    read_json,
    write_bytes,
    write_json,
)
from skeletonllm.storage.files import filesystem
from skeletonllm.stream.stream import Stream
from skeletonllm.tasks import get_task
from skeletonllm.training import (
    ExampleStream,
    ModelSpec,
    TrainingStage,
    TrainState,
    check_frozen,
    train_stage,
)
from skeletonllm.training.metrics import MetricsLog, join_segments
from skeletonllm.training.told import PATTERN as TOLD
from skeletonllm.training.told import Told
from skeletonllm.views.left_out import NOTHING
from skeletonllm.views.view import View

VERSION = "2"
CHECKPOINT = "checkpoint"
METRICS, SEGMENTS = "metrics.jsonl", "metrics"
RENDERER = "renderer.safetensors"
"""The trained renderer by itself, as ``skeletonllm render --weights`` reads it."""


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """One training run.

    Args:
        release: Folder of a release.
        output: Folder to write.
        stage: What is trained, on which task, and how long.
        view: Which clips of the release, and what may be said about them.
        protocol: That the view is of, for messages; None if of none.
        model: A name or a checkpoint, as :func:`skeletonllm.mllm.load_adapter` takes it.
        renderer: One of :data:`skeletonllm.draction.renderers.RENDERERS`; of a stage that trains
            one without parameters, the rest is trained.
        workers: Processes that train together.
        gpu: Whether each has a GPU.
        threads: Threads of torch a worker; more than there are idle cores slows it down.
        save_every: Steps between checkpoints, 0 for the last one only.

    Raises:
        RenderError: No renderer has the name.
    """

    release: str
    output: str
    stage: TrainingStage
    view: View
    protocol: str | None = None
    model: str = TINY
    renderer: str = "draction"
    workers: int = 1
    gpu: bool = False
    threads: int = 1
    save_every: int = 0

    def __post_init__(self) -> None:
        check_name(self.renderer)

    def trained(self) -> list[str]:
        """The parts that the stage trains and that can learn."""
        able = learns(self.renderer)
        return [part for part in self.stage.trains if able or part != "renderer"]

    def located(self) -> TrainConfig:
        """The same with absolute paths: Ray gives its training workers folders of their own."""
        return replace(
            self,
            release=absolute(self.release),
            output=absolute(self.output),
            model=absolute(self.model) if exists(self.model) else self.model,
        )

    def plan(self) -> Plan:
        """What the output depends on."""
        config = {
            "release": read_manifest(self.release).identity.sha256,
            "stage": self.stage.to_json(),
            "view": self.view.sha256,
            "model": self.model,
            "renderer": self.renderer,
            "workers": self.workers,
        }
        return Plan("train", VERSION, config, ())


def train_model(config: TrainConfig) -> dict[str, Any]:
    """The report of a run, trained to its last step; an unfinished run goes on.

    Raises:
        OutputMismatch: The output holds a run with other settings.
        UsageError: Nothing to train on, or no such model.
    """
    trained = ", ".join(config.trained())
    logging.getLogger(__name__).info("%s trains %s", config.stage.name, trained)
    plan = config.plan()
    config = config.located()
    stream = Stream(
        config.release, config.view, name=config.protocol or "", batch_size=config.stage.batch_size
    )
    if not claim(config.output, plan):
        _run(config, stream)
    finish(config.output, plan, lambda: {"clips": stream.num_samples, "steps": config.stage.steps})
    report: dict[str, Any] = read_json(join(config.output, "report.json"))
    return report


def _run(config: TrainConfig, stream: Stream) -> None:
    """Let Ray train, then keep the last checkpoint and drop what only Ray needs."""
    scratch = join(config.output, "ray")
    with follow(f"train {config.stage.name}", config.stage.steps) as meter:
        trainer = TorchTrainer(
            _work,
            train_loop_config={"config": config, "texts": _texts(stream), "meter": meter},
            scaling_config=ScalingConfig(num_workers=config.workers, use_gpu=config.gpu),
            run_config=RunConfig(
                name="run",
                storage_path=scratch,
                checkpoint_config=CheckpointConfig(num_to_keep=1),
            ),
        )
        try:
            result = trainer.fit()
        except ray.train.WorkerGroupError as error:
            ours = [e for e in error.worker_failures.values() if isinstance(e, SkeletonLLMError)]
            raise (ours[0] if ours else error) from error
    with result.checkpoint.as_directory() as folder:
        _keep(Path(folder), config, stream)
    fs, path = filesystem(scratch)
    fs.rm(path, recursive=True)


def _texts(stream: Stream) -> tuple[str, ...]:
    """All class names of the release's view: what a tiny model learns to spell."""
    return tuple(sorted({name for names in stream.candidates.values() for name in names}))


def _keep(folder: Path, config: TrainConfig, stream: Stream) -> None:
    """Copy the last checkpoint into the output, and report on it."""
    told = [Told.read(folder, rank) for rank in range(config.workers)]
    tally = _tally(config, told)
    tally.log()
    for path in sorted(folder.iterdir()):
        if not path.match(TOLD):
            write_bytes(join(config.output, CHECKPOINT, path.name), path.read_bytes())
    lines = join_segments(join(config.output, SEGMENTS), join(config.output, METRICS))
    damage = stream.damage
    damage.found.update(told[0].damaged)  # all ranks have met the same; their warnings name it
    found = {
        "damaged": damage.describe(),
        "damaged_samples": damage.to_json(),
        "left_out": asdict(sum((of_rank.left_out for of_rank in told), NOTHING)),
        "warnings": tally.to_json(),
    }
    write_json(join(config.output, "report.json"), {**_report(config, stream, lines), **found})


def _tally(config: TrainConfig, told: Sequence[Told]) -> WarningTally:
    """What all workers warned of, up to a checkpoint."""
    tally = WarningTally(f"train {config.stage.name}", "worker")
    for rank, of_rank in enumerate(told):
        tally.add(rank, of_rank.warned)
    return tally


def _report(config: TrainConfig, stream: Stream, lines: list[dict[str, Any]]) -> dict[str, Any]:
    losses = [line["loss"] for line in lines]
    tenth = max(1, len(losses) // 10)
    return {
        "stage": config.stage.to_json(),
        "model": config.model,
        "renderer": config.renderer,
        "trained": config.trained(),
        "clips": stream.num_samples,
        "candidates": {name: list(classes) for name, classes in stream.candidates.items()},
        "unseen": list(config.view.unseen),
        "workers": config.workers,
        "steps": len(losses),
        "loss_first": sum(losses[:tenth]) / tenth,
        "loss_last": sum(losses[-tenth:]) / tenth,
    }


def _work(settings: dict[str, Any]) -> None:
    """What runs in each worker; its warnings go with its checkpoints."""
    with collect_warnings() as collector:
        _train_rank(settings, collector)


def _train_rank(settings: dict[str, Any], collector: WarningCollector) -> None:
    """Rebuild everything from its description, then train."""
    config: TrainConfig = settings["config"]
    stage, context = config.stage, ray.train.get_context()
    rank, world = context.get_world_rank(), context.get_world_size()
    torch.set_num_threads(config.threads)
    torch.manual_seed(stage.seed)
    spec = ModelSpec(
        source=config.model,
        size=stage.size,
        texts=settings["texts"],
        seed=stage.seed,
        renderer=config.renderer,
    )
    renderer, adapter = spec.build(get_device())
    owner = {
        "release": read_manifest(config.release).identity.sha256,
        "model": spec.to_json(),
        "frozen": hash_frozen_parts(adapter, stage.trains),
        "view": asdict(config.view),
    }
    stream = Stream(
        config.release,
        config.view,
        name=config.protocol or "",
        seed=stage.seed,
        batch_size=stage.batch_size,
        rank=rank,
        world_size=world,
    )
    recorder = _Recorder(
        rank,
        config,
        owner=owner,
        renderer=renderer,
        stream=stream,
        meter=settings["meter"],
        collector=collector,
    )
    resume = recorder.resume()
    if resume:
        check_frozen(adapter, stage.trains, resume.owner["frozen"])
        stream.load_state_dict(resume.stream)
    train_stage(
        stage,
        ExampleStream(stream, get_task(stage.task)),
        renderer,
        adapter,
        report=recorder.report,
        save=recorder.save,
        resume=resume,
        save_every=config.save_every,
        rank=rank,
    )


class _Recorder:
    """Keeps metrics, warnings and damage of all steps, and hands states to Ray as checkpoints."""

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
        self.stream, self.collector = stream, collector
        self.segments = join(config.output, SEGMENTS)
        self.metrics: MetricsLog | None = None
        self.line: dict[str, Any] = {}

    def report(self, line: dict[str, Any]) -> None:
        """Keep the metrics of a step, and tell whoever watches."""
        self.line = line
        if self.metrics is not None:
            self.metrics.add(line)
            self.meter.put.remote(line)

    def resume(self) -> TrainState | None:
        """The last checkpoint of this run, if there is one."""
        checkpoint = ray.train.get_checkpoint()
        state = None if checkpoint is None else self._read(checkpoint)
        if self.rank == 0:
            self.metrics = MetricsLog(self.segments, state.step if state else 0)
        return state

    def _read(self, checkpoint: Checkpoint) -> TrainState:
        with checkpoint.as_directory() as folder:
            told = Told.read(Path(folder), self.rank)
            for kind, (text, times) in told.warned.items():
                self.collector.count(kind, text, times)
            self.stream.damage.found.update(told.damaged)
            self.stream.left_out = told.left_out
            return TrainState.read(Path(folder))

    def save(self, state: TrainState) -> None:
        """A checkpoint: the state from rank 0, what each rank has to tell, as Ray waits for all."""
        with tempfile.TemporaryDirectory() as folder:
            warned = dict(self.collector.warned)  # a copy: threads warn, too
            told = Told(warned, self.stream.damage.found, self.stream.left_out)
            told.write(Path(folder), self.rank)
            if self.metrics is not None:
                self.metrics.write()
                self._write(state, Path(folder))
            ray.train.report(self.line, checkpoint=Checkpoint.from_directory(folder))

    def _write(self, state: TrainState, folder: Path) -> None:
        state.belongs_to(**self.owner).write(folder)
        if isinstance(self.renderer, DrAction):
            save_renderer(self.renderer, folder / RENDERER)
