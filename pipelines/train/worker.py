"""What runs in each training worker: everything is rebuilt from its description, then trained."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Any

import ray
import ray.train
import torch
from ray.train.torch import get_device

from pipelines.train.config import TrainConfig
from pipelines.train.dry_run import describe_workload
from pipelines.train.recorder import Recorder
from pipelines.train.watch import Watch
from pipelines.worker_warnings import WarningCollector, collect_warnings
from skeletonllm.draction import DrAction
from skeletonllm.draction.renderers import Renderer
from skeletonllm.draction.weights import load_weights, read_weights
from skeletonllm.errors import SkeletonLLMError, StateError, StorageError
from skeletonllm.mllm.adapter import Adapter
from skeletonllm.mllm.identity import fingerprint
from skeletonllm.mllm.small.feature_cache import FeatureCache
from skeletonllm.shards.manifest import read_manifest
from skeletonllm.training import (
    ExampleStream,
    ModelSpec,
    SaveClock,
    Trainer,
    TrainState,
    check_fingerprint,
    read_state,
    train_stage,
)
from skeletonllm.training.checkpoints.state import hold_parts
from skeletonllm.training.estimates.out_of_memory import explain_out_of_memory
from skeletonllm.training.kept_features import KeptFeatures, keeps_features
from skeletonllm.training.stages import LORA
from skeletonllm.user_cache import find_user_cache

log = logging.getLogger(__name__)


def work(settings: dict[str, Any]) -> None:
    """Train one rank; its warnings go with its checkpoints.

    A worker that dies is started again by Ray. An error of ours would come again, so the driver is
    told of it, and workers that are started after it end at once.

    Args:
        settings: ``config``, ``texts`` and ``meter``, as the driver gives them.
    """
    meter = settings["meter"]
    if ray.get(meter.failure.remote()) is not None:
        return
    try:
        with collect_warnings() as collector:
            _train_rank(settings["config"], settings["texts"], meter, collector)
    except StorageError:
        raise  # a store may answer later
    except SkeletonLLMError as error:
        ray.get(meter.fail.remote(error))
        if ray.train.get_context().get_world_size() > 1:
            raise  # the others may wait for this rank, and would for ever


def _train_rank(
    config: TrainConfig, texts: tuple[str, ...], meter: Any, collector: WarningCollector
) -> None:
    context = ray.train.get_context()
    rank, world = context.get_world_rank(), context.get_world_size()
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.stage.seed + rank)
    with name_knobs(config, lambda: "loading the model"):
        spec, renderer, adapter, earlier = _build(config, texts)
    held = hold_parts(config.stage, earlier)
    stream = config.open_stream(rank, world)
    owner = {
        "release": read_manifest(config.release).identity.sha256,
        "model": spec.to_json(),
        "frozen": fingerprint(adapter, held),
        "view": asdict(config.view),
        "classes": {space: list(names) for space, names in stream.candidates.items()},
    }
    recorder = Recorder(
        rank,
        config,
        owner=owner,
        renderer=renderer,
        stream=stream,
        meter=meter,
        collector=collector,
    )
    resume = recorder.resume()
    done = resume.step if resume else 0
    if resume:
        check_fingerprint(adapter, held, resume.owner["frozen"])
        stream.load_state_dict(resume.stream)
    trainer = Trainer(
        config.stage,
        renderer,
        adapter,
        steps=config.stage.count_steps(stream.steps_per_epoch),
        micro_batch=config.micro_batch,
        parts=[part.name for part in stream.parts],
        hidden=config.view.unseen,
        kept=_keep_features(config, renderer, adapter),
    )
    with name_knobs(config, lambda: recorder.describe_place(done)):
        if rank == 0:
            recorder.watch = Watch(config.output, trainer, stream, done=done)
        train_stage(
            trainer,
            ExampleStream(stream, trainer.task),
            report=recorder.report,
            save=recorder.save,
            resume=resume,
            held=earlier,
            clock=SaveClock(config.save_every, config.save_minutes if rank == 0 else 0.0),
        )


@contextmanager
def name_knobs(config: TrainConfig, describe: Callable[[], str]) -> Iterator[None]:
    """Out of memory inside the block is said with the flags that would save some.

    Args:
        config: The run.
        describe: Says what was being done.

    Raises:
        TrainingError: The memory ran out; workers that start again would meet the same.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        said = explain_out_of_memory(error, describe_workload(config), doing=describe())
        if said is None:
            raise
        raise said from error


def _build(
    config: TrainConfig, texts: tuple[str, ...]
) -> tuple[ModelSpec, Renderer, Adapter, tuple[str, ...]]:
    """The model and its renderer as the run starts, and the parts that came trained."""
    start = read_state(config.start) if config.start else None
    spec = describe_model(config, start, texts)
    renderer, adapter = spec.build(get_device())
    if start is not None:
        check_fingerprint(adapter, start.held, start.owner["frozen"])
        start.load_weights(renderer, adapter)
    elif config.renderer_weights and isinstance(renderer, DrAction):
        load_weights(renderer, read_weights(config.renderer_weights)[0])
    adapter.checkpoint_activations(config.checkpoint_activations)
    return spec, renderer, adapter, start.held if start else ()


def _keep_features(
    config: TrainConfig, renderer: Renderer, adapter: Adapter
) -> KeptFeatures | None:
    """What the tower sees, kept for all runs here; None where it would not come again."""
    if not keeps_features(config.stage, renderer, adapter):
        return None
    return KeptFeatures(FeatureCache(find_user_cache() / "features"), renderer, adapter)


def describe_model(
    config: TrainConfig, start: TrainState | None, texts: tuple[str, ...]
) -> ModelSpec:
    """What the model and its renderer are: as an earlier stage had them, or as the run asks.

    Args:
        config: The run.
        start: Checkpoint of an earlier stage, if there is one.
        texts: What a tiny model's tokenizer knows as whole words, where there is none.

    Raises:
        StateError: The earlier stage had pictures of another size.
    """
    spec = ModelSpec.from_json(start.owner["model"]) if start else config.make_spec(texts)
    if spec.size != config.stage.size:
        raise StateError(
            f"frames of {config.stage.size} pixels",
            expected=f"{spec.size}, as the stage before had them",
            hint="Give the same --size.",
        )
    if LORA in config.stage.trains and spec.lora is None:
        spec = replace(spec, lora=asdict(config.lora))
    return spec
