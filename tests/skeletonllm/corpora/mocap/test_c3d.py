from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora import check_reader
from skeletonllm.corpora.mocap.c3d import C3dReader
from skeletonllm.corpora.reader import Reject, Source, read_clips
from skeletonllm.testing.mocap.c3d_files import C3dFile, with_residual

Write = Callable[[str, str | bytes], Path]

LABELS = ["C7", "LKNE", "RKNE", "LANK", "RANK"]
Z_UP_MM = np.array([[0, 0, 1500], [100, 0, 500], [-100, 0, 500], [100, 0, 80], [-100, 0, 80]])
BODY = "LSHO RSHO LELB RELB LWRA RWRA LASI RASI LKNE RKNE LANK RANK C7".split()
BODY_MM = np.array([
    [200, 0, 1400], [-200, 0, 1400], [230, 0, 1120], [-230, 0, 1120], [240, 0, 870],
    [-240, 0, 870], [120, 60, 950], [-120, 60, 950], [110, 0, 500], [-110, 0, 500],
    [105, 0, 80], [-105, 0, 80], [0, -60, 1500],
])  # fmt: skip


def c3d_bytes(
    points: np.ndarray,
    labels: Sequence[str],
    units: Any = "mm",
    up: str | None = "+Z",
    residual: np.ndarray | float = 0.0,
    **parameters: Any,
) -> bytes:
    """A C3D file of points [T, N, 3]."""
    stated = {"POINT:UNITS": units, "POINT:Y_SCREEN": up}
    stated |= {f"POINT:{name}": value for name, value in parameters.items()}
    return C3dFile(with_residual(points, residual), labels, stated).encode()


def moving(body: np.ndarray, frames: int = 6, at: float = 0.0) -> np.ndarray:
    """A body [N, 3] over time, moved along x."""
    points = np.repeat(body[None].astype(float), frames, 0)
    points[:, :, 1] += 10 * np.arange(frames)[:, None]
    points[:, :, 0] += at
    return points


def standing(frames: int = 6) -> np.ndarray:
    return moving(Z_UP_MM, frames)


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
    assert clip.flags == ()
    assert (motion.fps, motion.space, motion.metric) == (100.0, "world", True)
    assert motion.topology.joints[:2] == ("neck.C7", "left_knee.KNE")
    np.testing.assert_allclose(motion.joints[2, 0, 0], [0, 1.5, -0.02], atol=1e-6)
    assert clip.frame_index == tuple(range(1, 7))


@pytest.mark.parametrize(("units", "metres"), [("mm", 1e-3), ("m", 1.0), ("in", 0.0254)])
def test_units_are_converted(write: Write, units: str, metres: float) -> None:
    clip = clip_of(write, standing() / 1000 / metres, LABELS, units=units)
    assert clip.motion.joints[0, 0, 0, 1] == pytest.approx(1.5, abs=1e-4)
    assert "unit_assumed" not in clip.flags


def test_what_is_not_stated_is_assumed_and_flagged(write: Write) -> None:
    clip = clip_of(write, standing(), LABELS, units="ell", up=None)
    assert set(clip.flags) == {"unit_assumed", "axes_assumed"}
    assert clip.motion.joints[0, 0, 0, 1] == pytest.approx(1.5)


def test_where_up_is_not_stated_the_body_says_it(write: Write) -> None:
    y_up = standing()[..., [0, 2, 1]]
    clip = clip_of(write, y_up, LABELS, up=None)
    assert clip.motion.joints[0, 0, 0, 1] == pytest.approx(1.5)
    assert clip.flags == ("axes_assumed",)


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
    clip = clip_of(write, points, labels, ANGLES=["TILT"])
    assert clip.motion.num_joints == 5


def test_unknown_labels_are_flagged(write: Write) -> None:
    clip = clip_of(write, standing(), [*LABELS[:4], "tail"])
    assert clip.flags == ("markers_unknown",)
    assert clip.motion.topology.joints[4] == "pelvis.tail"


def test_two_subjects_are_two_persons(write: Write) -> None:
    points = np.concatenate([standing(), standing() + np.array([2000.0, 0, 0])], 1)
    labels = [f"{who}:{label}" for who in ("Ann", "Bob") for label in LABELS]
    clip = clip_of(write, points, labels)
    assert clip.person_ids == ("Ann", "Bob")
    assert clip.motion.joints.shape == (6, 2, 5, 3)
    assert clip.motion.joints[0, 1, 0, 0] == pytest.approx(2.0)


def test_two_subjects_and_a_box_are_two_persons(write: Write) -> None:
    points = np.concatenate([moving(BODY_MM), moving(BODY_MM, at=2000), moving(BODY_MM[:8])], 1)
    labels = [f"{who}:{label}" for who in ("Ann", "Bob") for label in BODY]
    clip = clip_of(write, points, [*labels, *(f"box:b{i}" for i in range(8))])
    assert clip.person_ids == ("Ann", "Bob")
    assert clip.motion.joints.shape == (6, 2, 13, 3)
    assert (clip.motion.confidence == 1).all()
    assert clip.flags == ("objects_left_out",)


def test_points_of_nobody_are_no_joints(write: Write) -> None:
    """Twenty points of one frame each would be most of what is missing."""
    points = np.concatenate([moving(BODY_MM, 40), np.zeros((40, 20, 3))], 1)
    points[np.arange(20), 13 + np.arange(20)] = 700
    clip = clip_of(write, points, BODY + [f"*{i}" for i in range(20)])
    assert (clip.motion.num_joints, clip.flags) == (13, ("unlabelled_left_out",))
    assert (clip.motion.confidence == 1).all()


def test_a_marker_that_is_never_seen_is_no_joint(write: Write) -> None:
    points = moving(BODY_MM)
    points[:, 4] = 0
    clip = clip_of(write, points, BODY)
    assert (clip.motion.num_joints, clip.flags) == (12, ("unseen_left_out",))


@pytest.mark.parametrize("units", [["mm"] * 13, " ".join(["mm"] * 13), "mm" * 13, "MM ", "(mm)"])
def test_a_unit_for_each_point(write: Write, units: Any) -> None:
    clip = clip_of(write, moving(BODY_MM), BODY, units=units)
    assert clip.flags == ()
    assert clip.motion.joints[0, 0, 12, 1] == pytest.approx(1.5)


def test_points_of_several_units(write: Write) -> None:
    points = moving(BODY_MM)
    points[:, :4] /= 1000
    units = ["m"] * 4 + ["mm"] * 8 + [""]
    clip = clip_of(write, points, BODY, units=units)
    assert clip.flags == ("unit_assumed",)
    np.testing.assert_allclose(clip.motion.joints[0, 0, [0, 8], 1], [1.4, 0.5], atol=1e-6)


def test_points_in_degrees_are_no_places(write: Write) -> None:
    points = np.concatenate([moving(BODY_MM), np.ones((6, 1, 3))], 1)
    clip = clip_of(write, points, [*BODY, "Tilt"], units=["mm"] * 13 + ["deg"])
    assert clip.motion.num_joints == 13


@pytest.mark.parametrize(("stated", "scale"), [("", 1.0), ("ell", 0.1), (None, 1e-3), ("m", 1.0)])
def test_a_unit_that_is_not_stated_or_makes_no_body_follows_from_the_body(
    write: Write, stated: str | None, scale: float
) -> None:
    clip = clip_of(write, moving(BODY_MM) * scale, BODY, units=stated)
    assert (clip.flags, clip.motion.metric) == (("unit_assumed",), True)
    assert clip.motion.joints[0, 0, 12, 1] == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("units", "scale", "metric"),
    [("mm", 3, False), ("mm", 4.5, False), ("mm", 0.25, False), ("in", 0.1, True), ("cm", 1, True)],
)
def test_a_stated_unit_that_makes_a_giant_or_a_dwarf(
    write: Write, units: str, scale: float, metric: bool
) -> None:
    clip = clip_of(write, moving(BODY_MM) * scale, BODY, units=units)
    assert ("unit_assumed" in clip.flags, clip.motion.metric) == (True, metric)
    if metric:
        assert clip.motion.joints[0, 0, 12, 1] == pytest.approx(1.5)


@pytest.mark.parametrize(("scale", "flags"), [(0.55, ()), (0.35, ("unit_assumed",))])
def test_a_child_stays_small(write: Write, scale: float, flags: tuple[str, ...]) -> None:
    clip = clip_of(write, moving(BODY_MM) * scale, BODY)
    assert (clip.flags, clip.motion.metric) == (flags, True)
    assert clip.motion.joints[0, 0, 12, 1] == pytest.approx(1.5 * scale)


def test_a_short_list_of_units_drops_no_marker(write: Write) -> None:
    clip = clip_of(write, moving(BODY_MM), BODY, units=["mm", "deg", "N"])
    assert (clip.motion.num_joints, clip.flags) == (13, ())


def test_a_body_that_no_unit_fits_is_not_metric(write: Write) -> None:
    clip = clip_of(write, moving(BODY_MM) * 0.3, BODY, units=None)
    assert (clip.flags, clip.motion.metric) == (("unit_assumed",), False)


def test_a_body_that_would_stand_on_its_head_is_turned(write: Write) -> None:
    """Qualisys states ``-Z`` for rooms in which +z is up."""
    clip = clip_of(write, moving(BODY_MM), BODY, up="-Z")
    assert clip.flags == ("axes_assumed",)
    assert clip.motion.joints[0, 0, 12, 1] == pytest.approx(1.5)


def test_a_body_that_lies_stays(write: Write) -> None:
    clip = clip_of(write, moving(BODY_MM[:, [0, 2, 1]]), BODY, up="+Z")
    assert clip.flags == ()
    assert abs(clip.motion.joints[0, 0, 12, 1]) < 0.1


def test_a_body_without_bones_is_said(write: Write) -> None:
    labels = [f"Marker_{i}" for i in range(1, 14)]
    clip = clip_of(write, moving(BODY_MM), labels)
    assert clip.motion.topology.bones == ()
    assert clip.flags == ("markers_unknown", "no_bones")


def test_frames_of_a_header_that_counts_from_0(write: Write) -> None:
    data = C3dFile(with_residual(moving(BODY_MM)), BODY, {"POINT:Y_SCREEN": "+Z"}, first=0)
    clip = read(write, data.encode())
    assert isinstance(clip, Clip)
    assert clip.frame_index == tuple(range(6))


def test_a_rate_that_is_not_stated_is_assumed(write: Write) -> None:
    data = C3dFile(with_residual(moving(BODY_MM)), BODY, {"POINT:Y_SCREEN": "+Z"}, rate=0.0)
    clip = read(write, data.encode())
    assert isinstance(clip, Clip)
    assert (clip.motion.fps, clip.flags) == (100.0, ("fps_assumed",))


def test_a_wrong_count_in_one_place_is_flagged(write: Write) -> None:
    data = C3dFile(with_residual(standing()), LABELS, {"POINT:Y_SCREEN": "+Z"}, last=65_000)
    clip = read(write, data.encode())
    assert isinstance(clip, Clip)
    assert (clip.motion.num_frames, clip.flags) == (6, ("frames_by_size",))


def test_a_file_that_was_cut(write: Write) -> None:
    data = c3d_bytes(standing(400), LABELS)
    reject = read(write, data[: len(data) // 2])
    assert isinstance(reject, Reject)
    assert reject.code == "truncated"


def test_a_file_of_angles_only_is_said(write: Write) -> None:
    reject = read(write, c3d_bytes(standing(), [f"L{x}Angles" for x in "abcde"]))
    assert isinstance(reject, Reject)
    assert (reject.code, "angles" in reject.message) == ("no_body", True)


def test_an_infinite_coordinate_costs_one_point(write: Write) -> None:
    points = standing()
    points[2, 1] = np.inf
    motion = clip_of(write, points, LABELS).motion
    assert np.argwhere(motion.confidence[:, 0] == 0).tolist() == [[2, 1]]


def test_a_point_beyond_any_room_costs_one_point(write: Write) -> None:
    points = standing(40)
    points[2, 1] = 5e6
    clip = clip_of(write, points, LABELS)
    assert np.argwhere(clip.motion.confidence[:, 0] == 0).tolist() == [[2, 1]]
    assert clip.flags == ("far_points_left_out",)
    points[:, 1] = 5e6
    reject = read(write, c3d_bytes(points, LABELS))
    assert isinstance(reject, Reject)
    assert reject.code == "out_of_range"


def test_noise_is_rejected(write: Write) -> None:
    rng = np.random.default_rng(3)
    for _ in range(50):
        noise = bytearray(rng.bytes(4096))
        noise[1] = 0x50
        assert isinstance(read(write, bytes(noise)), Reject)


def test_the_contract_holds(write: Write) -> None:
    root = write("c3d/a.c3d", c3d_bytes(standing(40), LABELS)).parent
    write("c3d/b.c3d", c3d_bytes(standing(40), LABELS, units="ell"))
    assert check_reader(C3dReader(), str(root)) == []
