from __future__ import annotations

import pickle
from dataclasses import replace

import pytest
import torch

from skeletonllm.errors import TrainingError
from skeletonllm.training.estimates import Question, Workload, estimate_run, explain_out_of_memory
from skeletonllm.training.estimates.out_of_memory import list_knobs

TINY = Workload(
    model="tiny", trains=("renderer", "projector"), num_frames=2, size=56, micro_batch=8
)


def exhaust_memory() -> RuntimeError:
    """What torch raises when the machine has no such memory: a petabyte."""
    try:
        torch.empty(1 << 50, dtype=torch.uint8)
    except RuntimeError as error:
        return error
    pytest.fail("this machine gave a petabyte")


def test_a_real_failure_names_the_step_and_the_first_knob() -> None:
    told = explain_out_of_memory(exhaust_memory(), TINY, doing="step 12 of warm_up")
    assert isinstance(told, TrainingError)
    assert str(told).startswith(
        "step 12 of warm_up: the memory of the machine ran out with 8 clips"
    )
    assert "First give --micro-batch 4; then, one after the other, --checkpoint" in str(told)
    assert str(pickle.loads(pickle.dumps(told))) == str(told)  # workers send it to the driver


def test_the_estimate_says_which_micro_batch_fits() -> None:
    estimate = estimate_run(TINY, Question("<image><image> which?", "wave"))
    memory = int((estimate.fixed + 3.5 * estimate.per_clip) / 0.9)
    estimate = replace(estimate, memory=memory)
    told = explain_out_of_memory(exhaust_memory(), TINY, doing="step 1", estimate=estimate)
    assert "First give --micro-batch 3" in str(told)
    assert "MB, as estimated" in str(told)


@pytest.mark.parametrize(
    "error",
    [MemoryError("no"), torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")],
)
def test_other_ways_to_say_so_are_understood(error: Exception) -> None:
    place = "GPU" if isinstance(error, torch.OutOfMemoryError) else "machine"
    told = explain_out_of_memory(error, TINY, doing="step 1")
    assert told is not None
    assert f"memory of the {place}" in told.found


@pytest.mark.parametrize("error", [RuntimeError("shapes do not fit"), ValueError("memory")])
def test_another_error_is_none_of_ours(error: Exception) -> None:
    assert explain_out_of_memory(error, TINY, doing="step 1") is None


def test_knobs_that_change_no_gradient_come_first_and_turned_ones_are_left_out() -> None:
    many = Workload(model="m", trains=("lora",), micro_batch=4, workers=2, device="cpu")
    assert [knob.split()[0] for knob in list_knobs(many)] == [
        "--micro-batch",
        "--checkpoint-activations",
        "--foreground",
        "--num-frames",
        "--size",
        "--workers",
    ]
    least = Workload(
        model="m",
        trains=("lora",),
        checkpoint_activations=True,
        foreground=True,
        num_frames=4,
        size=112,
    )
    assert list_knobs(least) == []
    told = explain_out_of_memory(MemoryError(), least, doing="step 1")
    assert "smaller model" in str(told)
