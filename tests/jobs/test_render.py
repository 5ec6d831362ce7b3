"""`skeletonllm render` on one synthetic clip: what it writes, and renderers compared."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from jobs import cli
from skeletonllm.clip import Clip, clips_to_table
from skeletonllm.draction import DrAction, DrActionConfig, save_renderer
from skeletonllm.motion import Motion
from skeletonllm.pose_topologies import OPENPOSE_25
from skeletonllm.storage import write_table
from skeletonllm.synthesis import synthesize
from skeletonllm.topology import COCO_17, KINECT_V2

SIZE = ["--size", "56", "--frames", "3"]


def clips(path: Path) -> str:
    """A part with a wave seen by a sensor, `lab/0`, by a camera as pixels, `lab/1`, and by a pose
    network that has joints of its own, `lab/2`."""
    motion = synthesize("hand waving", subject=1, seed=0, fps=30)
    heels = synthesize("hand waving", topology=OPENPOSE_25, subject=1, seed=0, fps=30)
    all_ = [_clip(0, motion), _clip(1, _photographed(motion)), _clip(2, heels)]
    write_table(str(path / "part.parquet"), clips_to_table(all_))
    return str(path / "part.parquet")


def _photographed(motion: Motion) -> Motion:
    at = [KINECT_V2.find(name, "head") for name in COCO_17.joints]
    joints = motion.joints[:, :, at] * np.float32([-200, -200, 0]) + np.float32([320, 240, 0])
    return replace(
        motion,
        joints=joints,
        confidence=motion.confidence[:, :, at],
        orientations=None,
        topology=COCO_17,
        space="image",
        metric=False,
        image_size=(640, 480),
    )


def _clip(number: int, motion: Motion) -> Clip:
    return Clip(
        motion=motion,
        clip_id=f"lab/{number}",
        corpus="lab",
        source_uri=f"lab/{number}",
        source_sha256="0" * 64,
        frame_index=tuple(range(motion.num_frames)),
        person_ids=("0",),
        label="hand waving",
        label_id=0,
        label_namespace="lab",
    )


@pytest.fixture(scope="module")
def part(tmp_path_factory: pytest.TempPathFactory) -> str:
    return clips(tmp_path_factory.mktemp("clips"))


def size(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


def test_a_gif_of_the_whole_clip_at_its_own_speed(part: str, tmp_path: Path) -> None:
    assert cli.main(["render", part, "--out", str(tmp_path), *SIZE, "--gif"]) == 0
    assert {"clip.gif", "frames.npy", "sheet.png"} < {path.name for path in tmp_path.iterdir()}
    motion = synthesize("hand waving", subject=1, seed=0, fps=30)
    with Image.open(tmp_path / "clip.gif") as image:
        assert image.size == (56, 56)
        durations = []
        for index in range(image.n_frames):
            image.seek(index)
            durations.append(image.info["duration"])
    assert sum(durations) == pytest.approx(1000 * motion.num_frames / motion.fps, abs=10)
    assert len(durations) > 10


def test_compare_alone_means_all_renderers(part: str, tmp_path: Path) -> None:
    flags = ["--out", str(tmp_path), *SIZE, "--compare"]
    assert cli.main(["render", part, *flags]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["sheet.png"]
    assert size(tmp_path / "sheet.png") == (3 * 60 + 4, 16 + 4 * (16 + 56 + 4) + 4)


def test_compare_draws_joints_that_only_one_skeleton_has(part: str, tmp_path: Path) -> None:
    assert cli.main(["render", f"{part}#lab/2", "--out", str(tmp_path), *SIZE, "--compare"]) == 0
    assert size(tmp_path / "sheet.png")[1] == 16 + 4 * (16 + 56 + 4) + 4


def test_some_renderers_by_name_side_by_side_in_the_gif(part: str, tmp_path: Path) -> None:
    flags = ["--out", str(tmp_path), *SIZE, "--compare", "draction,velocity_sticks", "--gif"]
    assert cli.main(["render", part, *flags]) == 0
    assert size(tmp_path / "sheet.png") == (3 * 60 + 4, 16 + 2 * (16 + 56 + 4) + 4)
    assert size(tmp_path / "clip.gif") == (2 * 60, 56 + 16)


def test_who_cannot_draw_a_photographed_pose_is_left_out_and_said(
    part: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    save_renderer(DrAction(DrActionConfig(formula="published", camera="sensor")), tmp_path / "w")
    flags = ["--out", str(tmp_path / "o"), *SIZE, "--compare", "--weights", str(tmp_path / "w")]
    for number, rows in ((0, 5), (1, 4)):
        with caplog.at_level(logging.WARNING):
            assert cli.main(["render", f"{part}#lab/{number}", *flags]) == 0
        assert size(tmp_path / "o" / "sheet.png")[1] == 16 + rows * (16 + 56 + 4) + 4
        assert ("left out w, formula published: camera 'sensor'" in caplog.text) == (number == 1)


def test_the_published_formula_by_its_flag_and_by_the_old_one(
    part: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def draw(*flags: str) -> np.ndarray:
        assert cli.main(["render", f"{part}#lab/0", "--out", str(tmp_path), *SIZE, *flags]) == 0
        return np.load(tmp_path / "frames.npy")

    published = draw("--formula", "published", "--camera", "sensor")
    with caplog.at_level(logging.WARNING):
        old = draw("--profile", "paper", "--camera", "paper")
    assert np.array_equal(old, published)
    assert not np.array_equal(published, draw("--camera", "sensor"))
    assert "--profile paper is now --formula published" in caplog.text
    assert "camera 'paper' is now called 'sensor'" in caplog.text


def test_an_unknown_renderer_is_one_sentence_and_nothing_is_written(
    part: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    flags = ["--out", str(out), *SIZE, "--compare", "sticks"]
    assert cli.main(["render", part, *flags]) == 2
    said = capsys.readouterr().err
    assert "error: unknown renderer 'sticks'; expected one of draction, velocity_sticks" in said
    assert not out.exists()
