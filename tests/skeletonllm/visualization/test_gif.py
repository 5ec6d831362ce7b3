"""GIFs, as they are read back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from skeletonllm.errors import RenderError
from skeletonllm.visualization.gif import sample_gif_frames, save_gif


def read(path: Path) -> tuple[list[np.ndarray], list[int], dict[str, object]]:
    frames, durations = [], []
    with Image.open(path) as image:
        for index in range(image.n_frames):
            image.seek(index)
            frames.append(np.asarray(image.convert("RGB")))
            durations.append(image.info["duration"])
        return frames, durations, dict(image.info)


@pytest.mark.parametrize(
    ("num_frames", "fps", "shown"),
    [
        (60, 30.0, 50),
        (40, 20.0, 40),
        (7, 15.0, 7),
        (240, 120.0, 50),
        (1, 30.0, 1),
        (500, 30.0, 250),
    ],
)
def test_a_clip_plays_in_its_own_time(num_frames: int, fps: float, shown: int) -> None:
    indices, durations = sample_gif_frames(num_frames, fps)
    assert len(indices) == len(durations) == shown
    assert sum(durations) == pytest.approx(1000 * num_frames / fps, abs=10)
    assert all(duration % 10 == 0 and duration >= 30 for duration in durations)
    assert (np.diff(indices) > 0).all()
    start = np.cumsum([0, *durations[:-1]]) / 1000
    assert np.abs(indices / fps - start).max() <= num_frames / fps / shown + 0.01


def test_a_long_clip_gets_fewer_frames_and_keeps_its_speed() -> None:
    indices, durations = sample_gif_frames(3000, 30.0, most=20)
    assert len(indices) == 20
    assert sum(durations) == 100_000


def test_what_is_written_comes_back(tmp_path: Path) -> None:
    pictures = np.zeros((5, 12, 20, 3), np.uint8)
    for t in range(5):
        pictures[t, 2:6, 3 * t : 3 * t + 4] = (255, 40 * t, 0)
    save_gif(tmp_path / "clip.gif", pictures, [40, 40, 50, 40, 70])
    frames, durations, info = read(tmp_path / "clip.gif")
    assert info["loop"] == 0
    assert durations == [40, 40, 50, 40, 70]
    assert np.stack(frames).tolist() == pictures.tolist()


def test_what_rests_does_not_flicker_beside_what_moves(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    ramp = np.linspace(0, 255, 64)[None, :, None] * random.random(3)
    pictures = np.tile(ramp.astype(np.uint8), (8, 32, 1, 1))
    pictures[:, :8] = random.integers(
        0, 256, (8, 8, 64, 3), dtype=np.uint8
    )  # moves, in all colours
    pictures[:, 30:] = 0
    save_gif(tmp_path / "clip.gif", pictures, [40] * 8)
    frames, durations, _ = read(tmp_path / "clip.gif")
    assert len(durations) == 8
    for frame in frames:
        assert (frame[8:] == frames[0][8:]).all()
        assert (frame[30:] == 0).all()


def test_equal_frames_become_one_that_stays(tmp_path: Path) -> None:
    pictures = np.zeros((3, 4, 4, 3), np.uint8)
    pictures[2] = 200
    save_gif(tmp_path / "clip.gif", pictures, [40, 40, 40])
    assert sum(read(tmp_path / "clip.gif")[1]) == 120


def test_pictures_of_nothing_are_black(tmp_path: Path) -> None:
    save_gif(tmp_path / "clip.gif", np.zeros((1, 4, 4, 3), np.uint8), [40])
    with Image.open(tmp_path / "clip.gif") as image:
        assert np.asarray(image.convert("RGB")).max() == 0


def test_the_same_pictures_are_the_same_bytes(tmp_path: Path) -> None:
    pictures = np.random.default_rng(1).integers(0, 256, (3, 9, 9, 3), dtype=np.uint8)
    for name in ("a", "b"):
        save_gif(tmp_path / f"{name}.gif", pictures, [40] * 3)
    assert (tmp_path / "a.gif").read_bytes() == (tmp_path / "b.gif").read_bytes()


def test_every_picture_needs_a_duration(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match="1 durations for 2 pictures; expected one each"):
        save_gif(tmp_path / "clip.gif", np.zeros((2, 4, 4, 3), np.uint8), [40])
    with pytest.raises(RenderError):
        save_gif(tmp_path / "clip.gif", np.zeros((0, 4, 4, 3), np.uint8), [])
    with pytest.raises(RenderError):
        sample_gif_frames(0, 30.0)
