from __future__ import annotations

import pytest

from skeletonllm.errors import UsageError
from skeletonllm.training.estimates import Workload


@pytest.mark.parametrize("name", ["micro_batch", "num_frames", "size", "lora_rank", "workers"])
def test_a_knob_below_one_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=f"{name} 0"):
        Workload(model="tiny", trains=("projector",), **{name: 0})


def test_an_unknown_dtype_is_refused_and_a_gpu_is_known() -> None:
    with pytest.raises(UsageError, match="dtype 'int8'"):
        Workload(model="tiny", trains=("projector",), dtype="int8")
    assert Workload(model="tiny", trains=("projector",), device="cuda:1").gpu
    assert not Workload(model="tiny", trains=("projector",), device="cpu").gpu
