from __future__ import annotations

import io
import struct
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora import check_reader
from skeletonllm.corpora.mocap.c3d import C3dReader
from skeletonllm.corpora.reader import Reject, Source, read_clips
from skeletonllm.errors import UsageError

c3d = pytest.importorskip("c3d")

Write = Callable[[str, str | bytes], Path]

LABELS = ["C7", "LKNE", "RKNE", "LANK", "RANK"]
Z_UP_MM = np.array([[0, 0, 1500], [100, 0, 500], [-100, 0, 500], [100, 0, 80], [-100, 0, 80]])


def c3d_bytes(
    points: np.ndarray,
    labels: list[str],
    units: str = "mm",
    up: str | None = "+Z",
    residual: np.ndarray | None = None,
    angles: tuple[str, ...] = (),
) -> bytes:
    """A C3D file of points [T, N, 3], by the package's own writer."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        writer = c3d.Writer(point_rate=100, analog_rate=0, point_scale=-1.0)
        errors = np.zeros(points.shape[:2]) if residual is None else residual
        rows = np.concatenate([points, errors[..., None], np.zeros_like(errors)[..., None]], -1)
        writer.add_frames([(row.astype(np.float32), np.array([[]])) for row in rows])
        writer.set_point_labels(labels)
        writer.point_group.set_str("UNITS", "", units, len(units))
        if up is not None:
            writer.set_screen_axis("+X", up)
        if angles:
            width = max(map(len, angles))
            text = "".join(name.ljust(width) for name in angles)
            writer.point_group.set_str("ANGLES", "", text, width, len(angles))
        handle = io.BytesIO()
        writer.write(handle)
    return handle.getvalue()


def standing(frames: int = 6) -> np.ndarray:
    points = np.repeat(Z_UP_MM[None].astype(float), frames, 0)
    points[:, :, 1] += 10 * np.arange(frames)[:, None]
    return points


def read(write: Write, data: bytes) -> Clip | Reject:
    path = write("walk.c3d", data)
    clips, rejects = read_clips(C3dReader(), Source(str(path), "walk", 0))
    (item,) = [*clips, *rejects]
    return item


def clip_of(write: Write, *args: Any, **kwargs: Any) -> Clip:
    clip = read(write, c3d_bytes(*args, **kwargs))
    assert isinstance(clip, Clip), clip
    return clip


def test_markers_come_out_in_metres_and_upright(write: Write) -> None:
    clip = clip_of(write, standing(), LABELS)
    motion = clip.motion
    assert clip.quality == ()
    assert (motion.fps, motion.space, motion.metric) == (100.0, "world", True)
    assert motion.topology.joints[:2] == ("neck.C7", "left_knee.KNE")
    np.testing.assert_allclose(motion.joints[2, 0, 0], [0, 1.5, -0.02], atol=1e-6)
    assert clip.frame_index == tuple(range(1, 7))


@pytest.mark.parametrize(("units", "metres"), [("mm", 1e-3), ("m", 1.0), ("in", 0.0254)])
def test_units_are_converted(write: Write, units: str, metres: float) -> None:
    clip = clip_of(write, standing() / 1000 / metres, LABELS, units=units)
    assert clip.motion.joints[0, 0, 0, 1] == pytest.approx(1.5, abs=1e-4)
    assert "unit_assumed" not in clip.quality


def test_what_is_not_stated_is_assumed_and_flagged(write: Write) -> None:
    clip = clip_of(write, standing(), LABELS, units="ell", up=None)
    assert set(clip.quality) == {"unit_assumed", "axes_assumed"}
    assert clip.motion.joints[0, 0, 0, 1] == pytest.approx(1.5)


def test_where_up_is_not_stated_the_body_says_it(write: Write) -> None:
    y_up = standing()[..., [0, 2, 1]]
    clip = clip_of(write, y_up, LABELS, up=None)
    assert clip.motion.joints[0, 0, 0, 1] == pytest.approx(1.5)
    assert clip.quality == ("axes_assumed",)


def test_missing_points(write: Write) -> None:
    points, residual = standing(), np.zeros((6, 5))
    residual[1, 2] = -1
    points[3, 4] = 0
    points[5] = 0
    motion = clip_of(write, points, LABELS, residual=residual).motion
    assert motion.present[:, 0].tolist() == [True] * 5 + [False]
    gone = np.argwhere(motion.confidence[:5, 0] == 0).tolist()
    assert gone == [[1, 2], [3, 4]]


def test_angles_are_no_places(write: Write) -> None:
    points = np.concatenate([standing(), standing()[:, :2]], 1)
    labels = [*LABELS, "TILT", "LKneeAngles"]
    clip = clip_of(write, points, labels, angles=("TILT",))
    assert clip.motion.num_joints == 5


def test_unknown_labels_are_flagged(write: Write) -> None:
    clip = clip_of(write, standing(), [*LABELS[:4], "*7"])
    assert clip.quality == ("markers_unknown",)
    assert clip.motion.topology.joints[4] == "pelvis.7"


def test_two_subjects_are_two_persons(write: Write) -> None:
    points = np.concatenate([standing(), standing() + np.array([2000.0, 0, 0])], 1)
    labels = [f"{who}:{label}" for who in ("Ann", "Bob") for label in LABELS]
    clip = clip_of(write, points, labels)
    assert clip.person_ids == ("Ann", "Bob")
    assert clip.motion.joints.shape == (6, 2, 5, 3)
    assert clip.motion.joints[0, 1, 0, 0] == pytest.approx(2.0)


def test_claims_that_the_file_cannot_hold(write: Write) -> None:
    data = bytearray(c3d_bytes(standing(), LABELS))
    struct.pack_into("<HH", data, 6, 1, 65_000)  # first and last frame of the header
    reject = read(write, bytes(data))
    assert isinstance(reject, Reject)
    assert reject.code == "truncated"


def test_a_file_that_was_cut(write: Write) -> None:
    data = c3d_bytes(standing(400), LABELS)
    reject = read(write, data[: len(data) // 2])
    assert isinstance(reject, Reject)
    assert reject.code == "truncated"


def test_noise_is_rejected(write: Write) -> None:
    rng = np.random.default_rng(3)
    for _ in range(50):
        noise = bytearray(rng.bytes(4096))
        noise[1] = 0x50
        assert isinstance(read(write, bytes(noise)), Reject)


def test_the_missing_package_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "c3d", None)
    with pytest.raises(UsageError, match=r"pip install 'skeletonllm\[c3d\]'"):
        C3dReader().sources(str(tmp_path))


def test_the_contract_holds(write: Write) -> None:
    root = write("c3d/a.c3d", c3d_bytes(standing(40), LABELS)).parent
    write("c3d/b.c3d", c3d_bytes(standing(40), LABELS, units="ell"))
    assert check_reader(C3dReader(), str(root)) == []
