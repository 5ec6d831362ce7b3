"""Out of memory, in words: what was being done, what it was estimated to take, and what to turn."""

from __future__ import annotations

import torch

from skeletonllm.errors import SkeletonLLMError, TrainingError
from skeletonllm.training.estimates.estimate import Estimate, show_bytes
from skeletonllm.training.estimates.workload import Workload

CPU_SIGNS = ("DefaultCPUAllocator", "not enough memory", "Cannot allocate memory")
"""What torch says in a plain RuntimeError where the memory of the machine is at its end."""

LEAST_SIZE, LEAST_FRAMES = 112, 4
"""Below these, legs and moments of a motion are lost; then no knob of the picture is left."""


def explain_out_of_memory(
    error: BaseException, workload: Workload, *, doing: str, estimate: Estimate | None = None
) -> SkeletonLLMError | None:
    """The error to raise in place of one that says no more than a number of bytes.

    Args:
        error: Whatever was raised.
        workload: The knobs of the run.
        doing: What was being done, as ``step 12 of warm_up``.
        estimate: Of this run, if one was made.

    Returns:
        None if the error is not about memory.
    """
    if not is_out_of_memory(error):
        return None
    where = "GPU" if _is_of_gpu(error) else "machine"
    micro = f"{workload.micro_batch} clip{'s' * (workload.micro_batch > 1)} at once"
    said = (str(error).splitlines() or [type(error).__name__])[0][:120]
    found = f"the memory of the {where} ran out with {micro} ({said})"
    expected = None if estimate is None else f"{show_bytes(estimate.total)}, as estimated"
    return TrainingError(found, expected=expected, where=doing, hint=_advise(workload, estimate))


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out, on a GPU or on the CPU."""
    if isinstance(error, MemoryError) or _is_of_gpu(error):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in CPU_SIGNS)


def list_knobs(workload: Workload) -> list[str]:
    """The flags that would save memory, in the order in which to turn them.

    The first two change no gradient. What follows changes what the model is shown.

    Args:
        workload: Knobs that are turned already are left out.
    """
    knobs = []
    if workload.micro_batch > 1:
        knobs.append(f"--micro-batch {workload.micro_batch // 2}")
    if not workload.checkpoint_activations:
        knobs.append("--checkpoint-activations")
    if not workload.foreground:
        knobs.append("--foreground")
    if workload.num_frames > LEAST_FRAMES:
        knobs.append(f"--num-frames {max(LEAST_FRAMES, workload.num_frames // 2)}")
    if workload.size > LEAST_SIZE:
        knobs.append(f"--size {max(LEAST_SIZE, workload.size // 2)}")
    if workload.workers > 1 and not workload.gpu:
        knobs.append(f"--workers {workload.workers // 2}")  # they share the machine's memory
    return knobs


def _advise(workload: Workload, estimate: Estimate | None) -> str:
    knobs = list_knobs(workload)
    if not knobs:
        return "Nothing is left to turn down: take a smaller model or a larger device."
    fits = estimate.largest_micro_batch() if estimate is not None else None
    if fits and fits < workload.micro_batch:
        knobs[0] = f"--micro-batch {fits}"
    rest = f"; then, one after the other, {', '.join(knobs[1:])}" if knobs[1:] else ""
    return f"First give {knobs[0]}{rest}."


def _is_of_gpu(error: BaseException) -> bool:
    return isinstance(error, torch.OutOfMemoryError)
