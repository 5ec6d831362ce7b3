"""The registry of engines."""

from __future__ import annotations

import pytest

from skeletonllm.draction.rasterize import ENGINES, get_engine
from skeletonllm.errors import RenderError


def test_auto_is_an_engine() -> None:
    assert get_engine("auto") in ENGINES.values()


def test_an_unknown_engine_names_the_known_ones() -> None:
    with pytest.raises(RenderError) as caught:
        get_engine("opengl")
    assert str(caught.value) == "unknown engine 'opengl'; expected one of auto, torch_tiles"
