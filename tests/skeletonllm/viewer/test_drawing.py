from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from skeletonllm.draction import DrAction, DrActionConfig
from skeletonllm.draction.weights import save_renderer
from skeletonllm.errors import RenderError, UsageError, WeightsError
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.clips import make_clip
from skeletonllm.viewer import drawing
from skeletonllm.viewer.drawing import ClassPictures, open_pictures
from tests.skeletonllm.viewer.conftest import page_bytes, page_of
from tests.skeletonllm.viewer.page_reader import words_of


def clip_of(label: str, take: int = 0) -> Any:
    motion = synthesize("throw", seed=take)
    return make_clip(motion, clip_id=f"lab/{label}/{take}", label=label, label_namespace="lab")


def test_the_first_clip_of_each_class_is_drawn(tmp_path: Path) -> None:
    save_renderer(DrAction(DrActionConfig(size=56, patch=14)), tmp_path / "mine.safetensors")
    pictures = ClassPictures(2, [str(tmp_path / "mine.safetensors")])
    first = pictures.draw(clip_of("a"))
    assert [drawn["name"] for drawn in first] == ["untrained", "mine"]
    assert pictures.draw(clip_of("a", 1)) == []
    assert len(pictures.draw(clip_of("b"))) == 2
    assert pictures.draw(clip_of("c")) == []
    data = base64.b64decode(first[0]["frames"][0].removeprefix("data:image/png;base64,"))
    assert Image.open(io.BytesIO(data)).size == (112, 112)
    assert len(first[0]["frames"]) == 6


def test_who_cannot_draw_a_clip_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(size: int) -> Any:
        raise RenderError("no picture of this")

    monkeypatch.setattr(drawing, "make_untrained", fail)
    assert ClassPictures(1).draw(clip_of("a")) == []


def test_a_page_holds_them_and_stays_the_same(viewed: Path) -> None:
    page = page_of(viewed, pictures=ClassPictures(2))
    labels = words_of(page.columns["label"])
    drawn = [labels[row] for row, told in enumerate(page.tellings) if told["pictures"]]
    assert drawn == ["hand waving", "jump up"]
    again = [page_bytes(viewed, pictures=ClassPictures(2)) for _ in range(2)]
    assert again[0] == again[1]


def test_weights_that_are_none_are_refused_when_they_are_loaded(tmp_path: Path) -> None:
    pictures = open_pictures(2, [str(tmp_path / "nope.safetensors")])
    assert pictures is not None
    with pytest.raises(WeightsError, match="not a safetensors file"):
        pictures.load()


def test_pictures_that_nobody_draws_are_told() -> None:
    assert open_pictures(0) is None
    with pytest.raises(UsageError, match="no pictures are drawn"):
        open_pictures(0, ["a.safetensors"])
    with pytest.raises(UsageError, match="pictures of -1 classes"):
        open_pictures(-1)
