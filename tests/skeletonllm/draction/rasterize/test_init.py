"""The registry of engines."""

from __future__ import annotations

import pytest

from skeletonllm.draction import rasterize
from skeletonllm.draction.rasterize import ENGINES, get_engine
from skeletonllm.errors import RenderError


def test_auto_is_an_engine_and_is_said_once_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    rasterize._say.cache_clear()
    with caplog.at_level("INFO"):
        engine = get_engine("auto")
        assert get_engine("auto") is engine
    (record,) = caplog.records
    assert ENGINES[record.message.removeprefix("rasterizing with ")] is engine


def test_an_unknown_engine_names_the_known_ones() -> None:
    with pytest.raises(RenderError) as caught:
        get_engine("opengl")
    assert str(caught.value) == "unknown engine 'opengl'; expected one of auto, torch_tiles"
