"""The registry of engines."""

from __future__ import annotations

import pytest
import torch

from skeletonllm.draction import rasterize
from skeletonllm.draction.rasterize import ENGINES, Engine, get_engine, numba_cpu, torch_tiles
from skeletonllm.errors import RenderError
from skeletonllm.testing.rendering.splat_scenes import cast_splats, make_splats


def test_auto_says_in_the_log_once_what_it_draws_with(caplog: pytest.LogCaptureFixture) -> None:
    rasterize._choose_engine.cache_clear()
    splats = cast_splats(make_splats(0, 3, (1, 8, 8), 2.0), torch.float64)
    with caplog.at_level("INFO"):
        for _ in range(2):
            get_engine("auto")(splats, pictures=1, height=8, width=8)
    (record,) = caplog.records
    assert record.message.endswith("with torch_tiles")


def test_an_unknown_engine_names_the_known_ones() -> None:
    with pytest.raises(RenderError) as caught:
        get_engine("opengl")
    assert (
        str(caught.value) == f"unknown engine 'opengl'; expected one of auto, {', '.join(ENGINES)}"
    )


@pytest.mark.parametrize("off", [torch.no_grad, torch.inference_mode])
def test_the_fast_engine_proves_itself_where_gradients_are_off(
    off: type, caplog: pytest.LogCaptureFixture
) -> None:
    rasterize._choose_engine.cache_clear()
    splats = make_splats(0, 3, (1, 8, 8), 2.0)
    with off(), caplog.at_level("INFO"):
        get_engine("auto")(cast_splats(splats, torch.float32), pictures=1, height=8, width=8)
    (record,) = caplog.records
    assert record.message.endswith("with numba_cpu")


@pytest.mark.parametrize("wrong", [lambda *_, **__: 1 / 0, lambda s, **_: s.u.expand(1, 3, 8, 8)])
def test_an_engine_that_fails_here_is_replaced_and_named(
    wrong: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rasterize._choose_engine.cache_clear()
    monkeypatch.setattr(numba_cpu, "rasterize", wrong)
    assert rasterize._choose_engine("cpu", torch.float32) is torch_tiles.rasterize
    assert "engine numba_cpu d" in caplog.text
    assert "torch_tiles draws instead" in caplog.text
    rasterize._choose_engine.cache_clear()
