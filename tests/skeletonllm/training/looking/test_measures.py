from __future__ import annotations

import pytest
import torch

from skeletonllm.draction import DrAction, DrActionConfig
from skeletonllm.training.looking import Pace, measure_group_norms, measure_memory


def test_each_group_of_a_renderer_has_the_norm_of_its_gradient() -> None:
    renderer = DrAction(DrActionConfig(size=28))
    for index, parameter in enumerate(renderer.parameters()):
        parameter.grad = torch.full_like(parameter, index % 3)
    norms = measure_group_norms(renderer)
    assert {"colour", "motion", "halos", "base", "view"} <= set(norms)
    total = torch.stack([p.grad.square().sum() for p in renderer.parameters()]).sum().sqrt()
    assert sum(norm**2 for norm in norms.values()) ** 0.5 == pytest.approx(float(total))
    halos = [p.grad.flatten() for n, p in renderer.named_parameters() if ".halos." in n]
    assert norms["halos"] == pytest.approx(float(torch.cat(halos).norm()))


def test_groups_without_gradient_are_left_out() -> None:
    renderer = DrAction(DrActionConfig(size=28))
    assert measure_group_norms(renderer) == {}
    renderer.get_parameter("view.turn").grad = torch.tensor([3.0, 4.0])
    assert measure_group_norms(renderer) == {"view": pytest.approx(5)}


def test_memory_of_the_process_grows_with_what_it_holds() -> None:
    before = measure_memory()["memory/process"]
    held = torch.ones(1 << 26)  # 256 MB, written to
    after = measure_memory(torch.device("cpu"))
    assert set(after) == {"memory/process"}
    assert 1e7 < before <= after["memory/process"]
    assert after["memory/process"] >= held.nbytes


def test_pace_counts_from_call_to_call() -> None:
    times = iter([10.0, 12.0, 12.5])
    pace = Pace(lambda: next(times))
    assert pace.measure(4, 100) == {"pace/clips": 2, "pace/tokens": 50, "pace/seconds": 2}
    assert pace.measure(4, 100) == {"pace/clips": 8, "pace/tokens": 200, "pace/seconds": 0.5}
