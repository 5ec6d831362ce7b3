from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skeletonllm.corpora.pose.landmarks.recording import NAMES, Recording
from skeletonllm.corpora.pose.landmarks.tables import column_of, read_sheet, read_table, sheet_of
from skeletonllm.errors import SourceError
from skeletonllm.testing.strategies import FEW_EXAMPLES
from skeletonllm.topology import COCO_17

AXES = ("x", "y", "z", "visibility")
POSES = np.random.default_rng(1).uniform(0.2, 0.8, (4, 33, 4)).round(5)
POSES[..., 2] -= 0.5
HEADS: dict[str, Callable[[int, str], str]] = {
    "x0": lambda i, a: f"{a[0]}{i}",
    "x1": lambda i, a: f"{a[0]}{i + 1}",
    "landmark_00_x": lambda i, a: f"landmark_{i:02d}_{a}",
    "pose.0.x": lambda i, a: f"pose.{i}.{a}",
    "NOSE_x": lambda i, a: f"{NAMES[i].upper()}_{a}",
    "x_nose": lambda i, a: f"{a}_{NAMES[i]}",
    "nose.X": lambda i, a: f"{NAMES[i]}.{a.upper()}",
    "noseX": lambda i, a: "".join(w.title() for w in f"{NAMES[i]}_{a}".split("_")),
}


def wide(name: Callable[[int, str], str], before: list[str] | None = None, mark: str = ",") -> str:
    head = [name(i, axis) for i in range(33) for axis in AXES]
    rows = [[f"{v:.5f}" for v in pose.ravel()] for pose in POSES]
    lead = before or [""] * 5
    lines = [mark.join(filter(None, [a, *row])) for a, row in zip(lead, [head, *rows], strict=True)]
    return "\n".join(lines)


def only(text: str, world: bool = False) -> Recording:
    (recording,) = read_table(text.encode(), world=world)
    return recording


def stacked(recording: Recording) -> np.ndarray:
    return np.array([people[0] for people in recording.frames.values()])


@pytest.mark.parametrize("head", HEADS)
def test_wide_tables(head: str) -> None:
    recording = only(wide(HEADS[head]))
    np.testing.assert_allclose(stacked(recording), POSES, atol=1e-9)
    guessed = ("format_assumed", "skeleton_assumed") if any(map(str.isdigit, head)) else ()
    assert recording.flags == guessed


def test_frames_and_times() -> None:
    before = ["frame,timestamp_ms", "3,120", "4,160", "6,240", "7,280"]
    recording = only(wide(HEADS["NOSE_x"], before))
    assert ([*recording.frames], recording.fps) == ([3, 4, 6, 7], 25.0)
    recording = only(wide(HEADS["NOSE_x"], ["t", "0.00", "0.04", "0.12", "0.16"]))
    assert ([*recording.frames], recording.fps) == ([0, 1, 3, 4], 25.0)


def test_stretches_of_a_label_and_videos_are_clips() -> None:
    text = wide(HEADS["x0"], ["class", "wave", "wave", "unknown", "sit"])
    found = [(r.part, r.label, len(r.frames)) for r in read_table(text.encode(), world=False)]
    assert found == [("0000", "wave", 2), ("0001", None, 1), ("0002", "sit", 1)]
    text = wide(HEADS["x0"], ["video,frame", "a.mp4,0", "a.mp4,1", "b.mp4,0", "b.mp4,1"])
    found = [(r.part, [*r.frames]) for r in read_table(text.encode(), world=False)]
    assert found == [("a.mp4", [0, 1]), ("b.mp4", [0, 1])]


def long(key: Callable[[int], str], scale: float = 1.0, extra: str = "") -> str:
    rows = [
        f"{t},{key(i)},{','.join(f'{v * scale:.5f}' for v in point[:3])},{point[3]}{extra}"
        for t, pose in enumerate(POSES)
        for i, point in enumerate(pose)
    ]
    return "\n".join(["frame,landmark,x,y,z,visibility" + (",type" if extra else ""), *rows])


@pytest.mark.parametrize("kind", ["number", "from 1", "name", "enum"])
def test_long_tables(kind: str) -> None:
    keys: dict[str, Callable[[int], str]] = {
        "number": str,
        "from 1": lambda i: str(i + 1),
        "name": lambda i: NAMES[i].upper(),
        "enum": lambda i: f"PoseLandmark.{NAMES[i].upper()}",
    }
    recording = only(long(keys[kind]))
    np.testing.assert_allclose(stacked(recording), POSES, atol=1e-9)
    assert bool(recording.flags) == (kind in ("number", "from 1"))


def test_of_hands_and_faces_the_pose_is_read() -> None:
    face = "\n".join(f"0,{i},0.5,0.5,0,1,face" for i in range(468))
    recording = only(f"{long(str, extra=',pose')}\n{face}")
    np.testing.assert_allclose(stacked(recording), POSES, atol=1e-9)


def test_persons_of_a_frame() -> None:
    rows = [f"{t},{who},{wide(HEADS['x0']).splitlines()[t + 1]}" for t in range(4) for who in "ab"]
    head = wide(HEADS["x0"]).splitlines()[0]
    recording = only("\n".join([f"frame,person,{head}", *rows]))
    assert [len(people) for people in recording.frames.values()] == [2, 2, 2, 2]


def test_world_beside_picture() -> None:
    rows = [
        "0,{},{},{},0,0.9,{},{},0".format(i, *point[:2], *(point[:2] - 0.5))
        for i, point in enumerate(POSES[0])
    ]
    text = "\n".join(["frame,landmark,x,y,z,visibility,world_x,world_y,world_z", *rows])
    picture, world = only(text), only(text, world=True)
    np.testing.assert_allclose(stacked(picture)[..., :2] - 0.5, stacked(world)[..., :2])
    assert not picture.bare


def test_a_bad_row_costs_itself() -> None:
    text = wide(HEADS["x0"])
    lines = text.splitlines()
    lines[2] = lines[2].replace("0.", "oh.", 1)
    recording = only("\n".join([*lines, "1,2"]))
    assert [len(people) for people in recording.frames.values()] == [1, 0, 1, 1, 0]
    (where, error), (_, narrow) = recording.bad
    assert where.startswith("line 3, column x0: 'oh.")
    assert where in str(error)
    assert str(narrow) == "line 6: 2 values; expected 132"
    recording = only(long(str) + "\n4,0,1")
    assert len(recording.frames) == 4
    assert len(recording.bad) == 1


def test_rows_of_json() -> None:
    rows = [
        {
            f"{axis}{i}": value
            for i, p in enumerate(pose)
            for axis, value in zip("xyzv", p, strict=True)
        }
        for pose in POSES.tolist()
    ]
    (recording,) = read_sheet(sheet_of(rows), world=False)
    np.testing.assert_allclose(stacked(recording), POSES)


@pytest.mark.parametrize(
    "head",
    [
        "nose_x,nose_y,left_shoulder_x,left_shoulder_y",
        ",".join(f"x{i},y{i}" for i in range(17)),
        "frame,x,y,z",
        "a,b",
    ],
)
def test_other_tables_are_refused(head: str) -> None:
    row = ",".join(["1"] * (head.count(",") + 1))
    with pytest.raises(SourceError, match="expected x and y of MediaPipe's 33 landmarks"):
        only(f"{head}\n{row}")


@pytest.mark.parametrize("name", ["face_1_x", "left_hand_3_x", "p0_lm3_x", "time", "x_rotation_1"])
def test_names_that_are_no_landmarks(name: str) -> None:
    assert column_of(name) is None


@FEW_EXAMPLES
@given(
    seed=st.integers(0, 2**32),
    head=st.sampled_from(sorted(HEADS)),
    mark=st.sampled_from(",;\t"),
    order=st.permutations(range(132)),
)
def test_round_trip(seed: int, head: str, mark: str, order: list[int]) -> None:
    poses = np.random.default_rng(seed).uniform(-1, 1, (3, 33, 4))
    names = [HEADS[head](i, axis) for i in range(33) for axis in AXES]
    rows = [[names[i] for i in order]] + [
        [f"{pose.ravel()[i]:.9f}" for i in order] for pose in poses
    ]
    recording = only("\n".join(mark.join(row) for row in rows))
    np.testing.assert_allclose(stacked(recording), poses, atol=1e-8)


def long_table(names: Sequence[str]) -> bytes:
    rows = [f"{t},{name},0.{i + 1},0.{t + 1},0.9" for t in range(3) for i, name in enumerate(names)]
    return "\n".join(["frame,landmark,x,y,visibility", *rows]).encode()


def test_long_tables_of_names_that_every_network_has_are_refused() -> None:
    with pytest.raises(SourceError, match="expected left_eye_inner"):
        [*read_table(long_table(COCO_17.joints), world=False)]


@pytest.mark.parametrize(("first", "flags"), [(0, ()), (11, ("format_assumed",))])
def test_long_tables_of_some_names_are_a_guess(first: int, flags: tuple[str, ...]) -> None:
    (recording,) = read_table(long_table(NAMES[first:]), world=False)
    assert recording.flags == flags
    assert np.isfinite(recording.frames[0][0][first:, :2]).all()
