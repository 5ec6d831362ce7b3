"""One training run of one stage: Ray trains, then the last checkpoint and a report are kept.

``<output>/checkpoint`` (renderer, trained parts, optimizer, place in the stream), ``metrics.jsonl``
(a line a step), ``report.json``. While it runs, ``<output>/ray`` is Ray's and ``<output>/metrics``
holds the lines so far; the same command resumes from the last checkpoint there.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import ray
import ray.train
from ray.train import CheckpointConfig, FailureConfig, Result, RunConfig, ScalingConfig
from ray.train.torch import TorchTrainer

from pipelines.progress import follow
from pipelines.train.config import TrainConfig
from pipelines.train.report import keep_checkpoint
from pipelines.train.words import list_texts
from pipelines.train.worker import work
from skeletonllm.errors import SkeletonLLMError
from skeletonllm.storage import claim, finish, join, read_json
from skeletonllm.storage.files import remove_folder
from skeletonllm.stream.stream import Stream

KEEP_PAGES = {"MALLOC_MMAP_THRESHOLD_": str(1 << 30), "MALLOC_TRIM_THRESHOLD_": str(1 << 30)}
"""For the C library of workers: what a step frees, the next one needs again. Without it, pages go
back to the kernel and are cleared anew each time."""


def train_model(config: TrainConfig) -> dict[str, Any]:
    """The report of a run, trained to its last step; an unfinished run goes on.

    Raises:
        OutputMismatch: The output holds a run with other settings.
        UsageError: Nothing to train on, or no such model.
        TrainingError: A loss or a gradient is not finite.
    """
    trained = ", ".join(config.trained())
    logging.getLogger(__name__).info("%s trains %s", config.stage.name, trained)
    config = config.located()
    plan = config.plan()
    stream = config.open_stream()
    steps = config.stage.count_steps(stream.steps_per_epoch)
    if not claim(config.output, plan):
        _run(config, stream, steps)
    finish(config.output, plan, lambda: {"clips": stream.num_samples, "steps": steps})
    report: dict[str, Any] = read_json(join(config.output, "report.json"))
    return report


def _run(config: TrainConfig, stream: Stream, steps: int) -> None:
    """Let Ray train, then keep the last checkpoint and drop what only Ray needs."""
    scratch = join(config.output, "ray")
    texts = list_texts(config.model, stream) if config.start is None else ()
    with follow(f"train {config.stage.name}", steps) as meter:
        trainer = TorchTrainer(
            work,
            train_loop_config={"config": config, "texts": texts, "meter": meter},
            scaling_config=ScalingConfig(num_workers=config.workers, use_gpu=config.gpu),
            run_config=RunConfig(
                name="run",
                storage_path=scratch,
                checkpoint_config=CheckpointConfig(num_to_keep=1),
                failure_config=FailureConfig(max_failures=config.max_failures),
                worker_runtime_env={"env_vars": KEEP_PAGES | _count_threads(config)},
            ),
        )
        result = _fit(trainer, meter)
    with result.checkpoint.as_directory() as folder:
        keep_checkpoint(Path(folder), config, stream)
    remove_folder(scratch)


def _fit(trainer: TorchTrainer, meter: Any) -> Result:
    """Train; what a worker found wrong is raised as it found it."""
    try:
        result = trainer.fit()
    except ray.train.WorkerGroupError as error:
        ours = [e for e in error.worker_failures.values() if isinstance(e, SkeletonLLMError)]
        told = ray.get(meter.failure.remote())
        raise (told or (ours[0] if ours else error)) from error
    told = ray.get(meter.failure.remote())
    if told is not None:
        raise told
    return result


def _count_threads(config: TrainConfig) -> dict[str, str]:
    return {"OMP_NUM_THREADS": str(config.threads)}
