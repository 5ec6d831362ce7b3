"""What a run would take, said before anything is loaded."""

from __future__ import annotations

from pipelines.train.config import TrainConfig
from pipelines.train.watch import choose_clips
from skeletonllm.errors import UsageError
from skeletonllm.storage import exists, join
from skeletonllm.tasks import get_task
from skeletonllm.training.estimates.activations import Question
from skeletonllm.training.estimates.estimate import Estimate, estimate_run, measure_memory_of
from skeletonllm.training.estimates.workload import Workload


def estimate_config(config: TrainConfig) -> Estimate:
    """What one worker of a run would hold, with the time of a step if it was measured before.

    The question is that of a clip of the release; the longest of those that would be watched.

    Args:
        config: The run; nothing of it is written.

    Raises:
        UsageError: There is no such model or part, or no clip that the task can ask about.
    """
    workload = describe_workload(config)
    memory = measure_memory_of(workload.device)
    earlier = config.output if exists(join(config.output, "report.json")) else None
    return estimate_run(workload, _find_question(config), memory=memory, earlier=earlier)


def describe_workload(config: TrainConfig) -> Workload:
    """The knobs of a run that memory depends on."""
    stage = config.stage
    share = stage.share_batch(config.workers)
    return Workload(
        model=config.model,
        trains=tuple(config.trained()),
        micro_batch=min(share, config.micro_batch or share),
        checkpoint_activations=config.checkpoint_activations,
        num_frames=stage.num_frames,
        size=stage.size,
        foreground=stage.foreground,
        lora_rank=config.lora.r,
        renderer=config.renderer,
        device="cuda" if config.gpu else "cpu",
        dtype=config.frozen_dtype,
        workers=config.workers,
    )


def _find_question(config: TrainConfig) -> Question:
    task = get_task(config.stage.task)
    examples = choose_clips(config.open_stream(), task)
    if not examples:
        raise UsageError(f"no clip that task {task.name!r} can ask about", where=config.release)
    frames = config.stage.num_frames
    asked = [
        (task.prompt(e, num_frames=frames, key=e.key), task.target(e, key=e.key)) for e in examples
    ]
    return Question(*max(asked, key=lambda pair: len(pair[0]) + len(pair[1])))
