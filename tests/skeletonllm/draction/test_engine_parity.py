"""Every engine against ``torch_tiles`` in float64, through the whole of DrAction."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skeletonllm.draction import DrAction, DrActionConfig
from skeletonllm.draction.rasterize import get_engine
from skeletonllm.errors import RenderError
from skeletonllm.testing.rendering.engine_parity import (
    FRAME_TOLERANCE,
    GRADIENT_TOLERANCE,
    LARGE_EPSILON,
    _draw_with_gradients,
    measure_errors,
)
from skeletonllm.testing.rendering.motion_scenes import SCENES


@pytest.mark.parametrize("scene", SCENES)
@settings(max_examples=6, deadline=None, derandomize=True, database=None)
@given(seed=st.integers(0, 10_000), size=st.sampled_from([1, 20, 56]), recurrent=st.booleans())
def test_numba_on_any_scene(scene: str, seed: int, size: int, *, recurrent: bool) -> None:
    check(scene, seed, size, "numba_cpu", recurrent=recurrent)


def test_where_all_moves_no_parameter_is_left_out() -> None:
    """Where a gradient is zero, engines would agree about nothing."""
    config = DrActionConfig(
        size=56, patch=1, points_per_bone=4, recurrent=True, engine="torch_tiles"
    )
    found = _draw_with_gradients(config, SCENES["moving"], 1)
    assert {name for name, _ in DrAction(config).named_parameters()} < found.keys()
    assert {name for name, value in found.items() if not value.norm() > LARGE_EPSILON} == set()


@pytest.mark.parametrize(
    "scene", ["identical depths", "at the sensor", pytest.param("moving", marks=pytest.mark.slow)]
)
def test_triton_in_its_interpreter(scene: str) -> None:
    try:
        get_engine("triton_cuda")
    except RenderError as missing:
        pytest.skip(str(missing))
    check(scene, 1, 12, "triton_cuda", recurrent=False)


def check(scene: str, seed: int, size: int, engine: str, *, recurrent: bool) -> None:
    picture, gradients = measure_errors(scene, seed, size, engine, recurrent=recurrent)
    assert picture < FRAME_TOLERANCE
    for name, error in gradients.items():
        assert math.isfinite(error), name
        assert error < GRADIENT_TOLERANCE, name
