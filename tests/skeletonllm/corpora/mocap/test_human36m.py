from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora import Reject, check_reader, read_clips
from skeletonllm.corpora.identify import identify_corpus
from skeletonllm.corpora.mocap.human36m import Human36mReader
from skeletonllm.corpora.mocap.human36m_topologies import facts_of_path
from skeletonllm.errors import UsageError
from skeletonllm.mocap_topologies import H36M_17, H36M_32

Write = Callable[[str, str | bytes], Path]

MOVING = [i for i in range(32) if i not in (4, 5, 9, 10, 11, 16, *range(20, 25), *range(28, 32))]
"""The joints of the 32 that VideoPose3D keeps."""


def saved(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def zipped(**arrays: object) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def person(frames: int = 4) -> np.ndarray:
    """[T, 32, 3] metres, z up: faces -y, so the left is at +x; walks along -y."""
    places = {
        "pelvis": (0, 0, 0.95), "hip": (0.13, 0, 0.95), "knee": (0.13, -0.02, 0.5),
        "ankle": (0.13, 0, 0.06), "foot": (0.13, -0.16, 0.02), "spine": (0, 0, 1.18),
        "neck": (0, 0, 1.43), "head": (0, -0.08, 1.52), "shoulder": (0.15, 0, 1.35),
        "elbow": (0.2, 0, 1.08), "wrist": (0.25, -0.05, 0.85), "hand": (0.25, -0.1, 0.75),
        "thumb": (0.2, -0.1, 0.8), "collar": (0, 0, 1.43),
    }  # fmt: skip
    body = np.zeros((32, 3))
    for j, name in enumerate(H36M_32.joints):
        word = name.partition(".")[0].removeprefix("left_").removeprefix("right_")
        side = -1 if name.startswith("right") else 1
        body[j] = np.array(places[word]) * [side, 1, 1]
    steps = np.arange(frames)[:, None, None] * [0, -0.03, 0]
    return (body + steps).astype(np.float32)


def of_world(joints: np.ndarray) -> np.ndarray:
    """Ours: y up; x stays, since x, z and -y are as right-handed as x, y and z."""
    return np.stack([joints[..., 0], joints[..., 2], -joints[..., 1]], axis=-1)


@pytest.fixture
def read(write: Write, tmp_path: Path) -> Callable[..., list[Clip | Reject]]:
    def all_of(data: bytes | str, name: str = "S1/Walking 1.npy") -> list[Clip | Reject]:
        write(name, data)
        (source,) = Human36mReader().sources(str(tmp_path))
        clips, rejects = read_clips(Human36mReader(), source)
        return [*clips, *rejects]

    return all_of


Read = Callable[..., list[Clip | Reject]]


@pytest.mark.parametrize("unit", [1, 1000])
def test_positions_of_the_world_in_metres_or_millimetres(read: Read, unit: int) -> None:
    (clip,) = read(saved(person() * np.float32(unit)))
    assert isinstance(clip, Clip)
    np.testing.assert_allclose(clip.motion.joints[:, 0], of_world(person()), atol=1e-6)
    motion = clip.motion
    assert (motion.topology.name, motion.space, motion.fps) == ("h36m_32", "world", 50.0)
    assert (clip.clip_id, clip.flags) == ("human36m/S1/Walking 1", ())
    assert (clip.label, clip.label_id, clip.subject, clip.repetition) == ("walking", 12, "1", "1")


def test_a_wrist_that_is_never_seen_decides_no_unit(read: Read) -> None:
    joints = person() * 1000
    joints[:, H36M_32.index("left_wrist")] = np.nan
    joints[0, H36M_32.index("left_knee")] = np.nan
    (clip,) = read(saved(joints))
    assert isinstance(clip, Clip)
    assert (clip.motion.metric, clip.flags) == (True, ())
    assert clip.motion.joints[1, 0, 0, 1] == pytest.approx(0.95)


def test_a_camera_s_space_has_y_down(read: Read) -> None:
    """A camera that looks along +y of the world sees x to its right and z of the world as -y."""
    seen = person()[..., [0, 2, 1]] * [1, -1, 1] + [0, 1, 4]
    (clip,) = read(saved(seen), "S1/Walking.54138969.npy")
    assert isinstance(clip, Clip)
    assert (clip.motion.space, clip.camera, clip.flags) == ("camera", "54138969", ())
    np.testing.assert_allclose(clip.motion.joints[:, 0], seen * [-1, -1, 1], atol=1e-6)


def test_the_moving_joints(read: Read) -> None:
    (clip,) = read(saved(person()[:, MOVING]))
    assert isinstance(clip, Clip)
    assert clip.motion.topology.name == "h36m_17"
    assert H36M_17.joints == tuple(H36M_32.joints[j] for j in MOVING)
    assert (clip.flags, clip.licence) == (("format_assumed", "fps_assumed"), "unknown")


def test_other_axes_are_flagged(read: Read) -> None:
    (clip,) = read(saved(of_world(person())))
    assert isinstance(clip, Clip)
    assert clip.flags == ("axes_assumed",)
    np.testing.assert_allclose(clip.motion.joints[:, 0], of_world(person()), atol=1e-6)


def test_missing_joints_stay_missing(read: Read) -> None:
    holes = person()
    holes[1, 5] = np.nan
    (clip,) = read(saved(holes))
    assert isinstance(clip, Clip)
    assert np.argwhere(clip.motion.confidence == 0).tolist() == [[1, 0, 5]]


def test_an_archive_of_subjects_and_actions(read: Read) -> None:
    bad = np.full((3, 32, 3), np.inf, np.float32)
    content = {
        "S9": {"Walking 1": person(3), "SittingDown": person(5)},
        "S11": {"Photo": bad, "Posing": person(2)[..., :2]},
    }
    items = read(zipped(positions_3d=np.array(content, dtype=object)), "data_3d_h36m.npz")
    clips = [item for item in items if isinstance(item, Clip)]
    assert [(c.clip_id, c.label, c.subject, c.motion.num_frames) for c in clips] == [
        ("human36m/data_3d_h36m/S9/Walking 1", "walking", "9", 3),
        ("human36m/data_3d_h36m/S9/SittingDown", "sitting down", "9", 5),
    ]
    rejects = [(r.source_uri.partition("#")[2], r.code) for r in items if isinstance(r, Reject)]
    assert rejects == [("S11/Photo", "non_finite"), ("S11/Posing", "format")]


@pytest.mark.parametrize(
    ("subject", "action", "joints", "own"),
    [
        ("S1", "Walking 1", 32, True),
        ("Sub1", "walk", 17, False),
        ("Sub1", "Walking", 32, False),
        ("S1", "warm up", 32, False),
        ("S2", "Walking", 32, False),
    ],
)
def test_somebody_s_own_data_in_the_form_of_videopose3d_is_not_of_the_corpus(
    read: Read, subject: str, action: str, joints: int, own: bool
) -> None:
    array = person(6)[:, MOVING] if joints == 17 else person(6)
    packed = zipped(positions_3d=np.array({subject: {action: array}}, object))
    (clip,) = read(packed, "data_3d_mine.npz")
    assert isinstance(clip, Clip)
    assert (clip.motion.metric, clip.licence) == (own, "human36m" if own else "unknown")
    guesses = ("format_assumed", "skeleton_assumed", "fps_assumed", "unit_assumed", "axes_assumed")
    assert clip.flags == (() if own else guesses)


def test_one_foreign_subject_makes_an_archive_somebody_s_own(read: Read) -> None:
    content = {subject: {"Walking": person(6)} for subject in ("S1", "S15")}
    items = read(zipped(positions_3d=np.array(content, object)), "data_3d_mine.npz")
    assert [item.licence for item in items if isinstance(item, Clip)] == ["unknown"] * 2


class Caller:
    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, ("executed",)


@pytest.mark.parametrize(
    ("arrays", "code", "message"),
    [
        ({"positions_3d": np.array({"S1": Caller()}, object)}, "unsafe", "wants to call"),
        ({"positions_2d": np.array({}, object)}, "format", "expected positions_3d"),
        ({"positions_3d": np.array({}, object)}, "format", "of 1 objects"),
        ({"positions_3d": np.array({"S1": 3}, object)}, "format", "no dict of actions"),
        ({"positions_3d": np.zeros(3)}, "format", "no array of Python objects"),
        ({"positions_3d": np.array([], object)}, "format", "of 0 objects"),
    ],
)
def test_bad_archives(
    read: Read, tmp_path: Path, arrays: dict[str, np.ndarray], code: str, message: str
) -> None:
    (reject,) = read(zipped(**arrays), "data.npz")
    assert isinstance(reject, Reject)
    assert reject.code == code
    assert message in reject.message
    assert not (tmp_path / "executed").exists()
    assert not Path("executed").exists()


SIGNALLING = np.frombuffer(b"\x01\x00\x00\x00\x00\x00\xf0\x7f")[0]
"""A NaN that makes whatever counts with it raise a warning."""
LIE = saved(person()).replace(b"(4, 32, 3)", b"(9999999, 32, 3)", 1)


@pytest.mark.parametrize(
    ("data", "code", "message"),
    [
        (saved(person()[..., :2]), "format", "2D poses, an array of float32 (4, 32, 2)"),
        (saved(np.eye(17)), "format", "an array of float64 (17, 17)"),
        (saved(person().astype(int)), "format", "an array of int64"),
        (saved(person()[:0]), "no_frames", "0 frames"),
        (saved(person() * 0.1), "out_of_range", "thighs of 0.04"),
        (saved(person()[:, ::-1]), "format", "joint 0 is not between the hips"),
        (saved(np.full((3, 32, 3), np.nan)), "no_body", "nobody is present"),
        (saved(np.full((3, 32, 3), SIGNALLING)), "no_body", "nobody is present"),
        (saved(np.full((3, 99), SIGNALLING)), "non_finite", "not finite"),
        (saved(np.full((3, 32, 3), np.inf)), "non_finite", "infinite"),
        (saved(np.full((3, 32, 3), 1e300)), "out_of_range", "beyond 100"),
        (saved(np.array([Caller()])), "unsafe", "pickled objects"),
        (saved(person())[:200], "truncated", "of 384 values"),
        (LIE, "truncated", "of 959999904 values"),
    ],
)
def test_bad_arrays(read: Read, data: bytes, code: str, message: str) -> None:
    (reject,) = read(data)
    assert isinstance(reject, Reject)
    assert reject.code == code
    assert message in reject.message


@pytest.mark.parametrize(
    ("path", "label", "subject", "take", "camera"),
    [
        ("x/S1_Eating.npy", "eating", "1", None, None),
        ("s1_eating_test_data.npy", "eating", "1", None, None),
        ("S11/WalkTogether 1.58860488.npy", "walking together", "11", "1", "58860488"),
        ("S7/walkingdog_2.txt", "walking dog", "7", "2", None),
        ("S5/TakingPhoto.npy", "taking photo", "5", None, None),
        ("S5/Photo 1.npy", "taking photo", "5", "1", None),
        ("waiting/S6/Sitting 2.npy", "sitting", "6", "2", None),
        ("s_09_act_10_subact_02_ca_04.npy", "sitting down", "9", "2", "4"),
        ("directions_1.txt", "directions", None, "1", None),
    ],
)
def test_what_paths_say(
    path: str, label: str, subject: str | None, take: str | None, camera: str | None
) -> None:
    facts = facts_of_path(path)
    assert facts["label"] == label
    found = [facts.get(name) for name in ("subject", "repetition", "camera")]
    assert found == [subject, take, camera]


def test_other_names_say_nothing() -> None:
    assert facts_of_path("test_data.npy") == facts_of_path("imposing.npy") == {}


def test_the_contract_holds_and_the_folder_is_known(write: Write, tmp_path: Path) -> None:
    for name in ("human36m/S1/Walking 1.npy", "human36m/S1/Eating.npy"):
        write(name, saved(person(6)))
    root = str(tmp_path / "human36m")
    assert check_reader(Human36mReader(), root) == []
    best = identify_corpus(root)[0]
    assert (best.corpus, best.certain) == ("human36m", True)


def test_texts_of_other_names_are_not_listed(write: Write, tmp_path: Path) -> None:
    write("readme.txt", "hello")
    with pytest.raises(UsageError, match="no .npy or .npz or .txt file"):
        Human36mReader().sources(str(tmp_path))
