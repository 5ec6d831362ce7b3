"""The registry of engines."""

from __future__ import annotations

import pytest
import torch

from skeletonllm.draction import rasterize
from skeletonllm.draction.rasterize import ENGINES, get_engine
from skeletonllm.errors import RenderError
from tests.skeletonllm.draction.rasterize.scenes import cast, scene


def test_auto_says_in_the_log_once_what_it_draws_with(caplog: pytest.LogCaptureFixture) -> None:
    rasterize._chosen.cache_clear()
    splats = cast(scene(0, 3, (1, 8, 8), 2.0), torch.float64)
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
