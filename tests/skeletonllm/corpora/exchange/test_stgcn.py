from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora.check import check_reader
from skeletonllm.corpora.exchange.stgcn import StGcnReader
from skeletonllm.corpora.reader import Reject, read_clips
from skeletonllm.pose_topologies import OPENPOSE_18, OPENPOSE_25
from skeletonllm.synthesis import synthesize
from skeletonllm.topology import COCO_17, KINECT_V2, Topology

Write = Callable[[str, str | bytes], Path]
Read = Callable[..., tuple[list[Clip], list[Reject]]]
FRAMES = 12
NAMES = ["S001C001P001R001A010.skeleton", "S001C001P001R001A058.skeleton"]


def saved(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def perform(action: str, **kwargs: Any) -> np.ndarray:
    """[T, M, 25, 3]"""
    return synthesize(action, topology=KINECT_V2, seed=1, **kwargs).joints[:FRAMES]


def sequences() -> np.ndarray:
    """[2, C, 20, 25, 2]: one person, then two; the last frames are padding."""
    array = np.zeros((2, 3, 20, 25, 2), np.float32)
    for i, action in enumerate(("clapping", "shaking hands")):
        points = perform(action)
        array[i, :, :FRAMES, :, : points.shape[1]] = points.transpose(3, 0, 2, 1)
    return array


@pytest.fixture
def read(write: Write, tmp_path: Path) -> Read:
    def all_of(
        array: np.ndarray | bytes, labels: Any = None, name: str = "train_data_joint"
    ) -> tuple[list[Clip], list[Reject]]:
        write(f"{name}.npy", array if isinstance(array, bytes) else saved(array))
        if labels is not None:
            write("train_label.pkl", pickle.dumps(labels))
        (source,) = StGcnReader().sources(str(tmp_path))
        return read_clips(StGcnReader(), source)

    return all_of


@pytest.mark.parametrize("name", ["train_data_joint", "train_data"])
def test_an_array_with_names_of_ntu(read: Read, name: str) -> None:
    clips, rejects = read(sequences(), (NAMES, [9, 57]), name)
    assert rejects == []
    assert [(c.clip_id, c.label, c.licence, c.flags) for c in clips] == [
        (f"stgcn/{name}/S001C001P001R001A010", "clapping", "ntu_rgbd", ()),
        (f"stgcn/{name}/S001C001P001R001A058", "shaking hands", "ntu_rgbd", ()),
    ]
    assert [c.motion.joints.shape[:2] for c in clips] == [(FRAMES, 1), (FRAMES, 2)]
    motion = clips[1].motion
    np.testing.assert_array_equal(motion.joints, perform("shaking hands"))
    assert (motion.space, motion.metric, motion.fps) == ("camera", True, 30.0)


def test_after_normalisation_the_body_stands_on_its_own(read: Read) -> None:
    """2s-AGCN: the spine of the first frame is the origin, and lies along z."""
    array = sequences()
    array[:, :, :FRAMES] -= array[:, :, :1, 1:2, :1]
    clips, _ = read(array, (NAMES, [9, 57]))
    assert [clip.flags for clip in clips] == [("recentred",)] * 2
    turned = array[:, [0, 2, 1]] * np.array([1, -1, 1])[:, None, None, None]  # y to z, z to -y
    upright, _ = read(turned, (NAMES, [9, 57]))
    for clip, other in zip(clips, upright, strict=True):
        assert (other.flags, other.motion.space) == (("recentred", "axes_assumed"), "world")
        np.testing.assert_allclose(other.motion.joints, clip.motion.joints, atol=1e-6)
        assert other.motion.metric


def test_persons_may_come_first(read: Read) -> None:
    clips, _ = read(sequences(), (NAMES, [9, 57]))
    others, rejects = read(sequences().transpose(0, 4, 2, 3, 1), (NAMES, [9, 57]))
    assert rejects == []
    for clip, other in zip(clips, others, strict=True):
        np.testing.assert_array_equal(clip.motion.joints, other.motion.joints)


def test_other_names_are_no_ntu(read: Read) -> None:
    clips, rejects = read(sequences(), (["a", "b"], [0, -1]))
    assert rejects == []
    assert [(clip.label, clip.label_namespace) for clip in clips] == [
        ("class 0", "stgcn"),
        (None, None),
    ]
    expected = ("skeleton_assumed", "fps_assumed", "unit_assumed", "axes_assumed")
    for clip in clips:
        assert (clip.motion.metric, clip.licence, clip.flags) == (False, "unknown", expected)


def test_without_labels_and_one_sequence_alone(read: Read) -> None:
    clips, _ = read(sequences())
    assert [clip.clip_id[-6:] for clip in clips] == ["000000", "000001"]
    assert {clip.label for clip in clips} == {None}
    (clip,), _ = read(sequences()[1])
    assert clip.motion.num_persons == 2


def test_kinetics_are_shares_about_the_middle_of_the_picture(read: Read) -> None:
    points = np.random.default_rng(0).uniform(0.1, 0.9, (FRAMES, 18, 2))
    array = np.zeros((1, 3, 20, 18, 2), np.float32)
    array[0, :2, :FRAMES, :, 0] = points.transpose(2, 0, 1) - 0.5
    array[0, 2, :FRAMES, :, 0] = 0.75
    array[0, :, 3, 4, 0] = 0
    (clip,), rejects = read(array, (["-0abc.json"], [3]))
    assert rejects == []
    motion = clip.motion
    assert (motion.topology.name, motion.space) == ("openpose_18", "image")
    assert clip.flags == ("skeleton_assumed", "fps_assumed", "image_size_assumed")
    assert (clip.clip_id, clip.label) == ("stgcn/train_data_joint/-0abc", "class 3")
    expected = np.delete(points.reshape(-1, 2), 3 * 18 + 4, axis=0) * (640, 480)
    seen = motion.confidence > 0
    np.testing.assert_allclose(motion.joints[seen][:, :2], expected, atol=1e-3)
    assert motion.confidence[seen].min() == 0.75


def standing(topology: Topology) -> np.ndarray:
    """[T, V, 2] shares of the picture, y down."""
    space = replace(topology, name=f"{topology.name}_tried", dims=3)
    joints = synthesize("hand waving", topology=space, seed=1).joints[:FRAMES, 0].copy()
    if topology is OPENPOSE_25:
        hips = [topology.index(f"{side}_hip") for side in ("left", "right")]
        joints[:, topology.index("pelvis")] = joints[:, hips].mean(1)
    low, high = joints.min((0, 1)), joints.max((0, 1))
    flat = (joints - low) / (high - low).max()
    return np.stack([flat[..., 0], 1 - flat[..., 1]], -1) * 0.8 + 0.1


def scored(shares: np.ndarray) -> np.ndarray:
    """[1, 3, 20, V, 2] about the middle; the second person was never seen."""
    array = np.zeros((1, 3, 20, shares.shape[1], 2), np.float32)
    array[0, :2] = -0.5
    array[0, :2, :FRAMES, :, 0] = shares.transpose(2, 0, 1) - 0.5
    array[0, 2, :FRAMES, :, 0] = 0.75
    return array


@pytest.mark.parametrize("topology", [OPENPOSE_18, OPENPOSE_25])
def test_whoever_stands_on_the_head_in_the_picture_is_turned(
    read: Read, topology: Topology
) -> None:
    array = scored(standing(topology))
    (clip,), _ = read(array)
    assert (clip.motion.topology, clip.motion.num_persons) == (topology, 1)
    assert clip.flags == ("skeleton_assumed", "fps_assumed", "image_size_assumed")
    array[:, 1] *= -1
    (turned,), _ = read(array)
    assert turned.flags == (*clip.flags, "axes_assumed")
    np.testing.assert_allclose(turned.motion.joints, clip.motion.joints, atol=1e-3)


def test_25_joints_in_pixels_with_scores_are_of_openpose(read: Read) -> None:
    array = scored(standing(OPENPOSE_25))
    array[:, :2] = (array[:, :2] + 0.5) * 600
    (clip,), _ = read(array, (NAMES[:1], [9]))
    assert (clip.motion.topology, clip.motion.metric) == (OPENPOSE_25, False)


def test_a_label_that_is_not_that_of_the_name_is_flagged(read: Read) -> None:
    clips, _ = read(sequences(), (NAMES, [9, 5]))
    assert [clip.label for clip in clips] == ["clapping", "shaking hands"]
    assert [clip.flags for clip in clips] == [(), ("label_contradicts_name",)]


def test_pixels_of_two_coordinates(read: Read) -> None:
    array = np.random.default_rng(0).uniform(20, 300, (1, 2, FRAMES, 17, 1)).astype(np.float32)
    (clip,), _ = read(array)
    assert clip.motion.topology is COCO_17
    np.testing.assert_array_equal(
        clip.motion.joints[:, 0, :, :2], array[0, ..., 0].transpose(1, 2, 0)
    )


def test_an_empty_sequence_is_one_reject(read: Read) -> None:
    array = sequences()
    array[0] = 0
    (clip,), (reject,) = read(array, (NAMES, [9, 57]))
    assert clip.label == "shaking hands"
    assert (reject.code, reject.source_uri[-2:]) == ("no_body", "#0")


@pytest.mark.parametrize(
    ("array", "labels", "name", "code", "message"),
    [
        (sequences(), (NAMES[:1], [9]), "train_data", "format", "2 sequences, and 1 names"),
        (sequences(), {"a": 1}, "train_data", "format", "expected (names, labels)"),
        (sequences(), None, "train_data_bone", "format", "which are no positions"),
        (sequences()[..., :24, :], None, "train_data", "format", "keypoint of shape"),
        (np.zeros((2, 4, 20, 25, 2)), None, "train_data", "format", "an array (2, 4, 20"),
        (np.zeros((60, 17, 3), "f4"), None, "X3D", "format", "an array (60, 17, 3)"),
        (np.zeros((2, 3, 20, 25, 50), "f4"), None, "train_data", "format", "an array"),
        (saved(sequences())[:-100], None, "train_data", "truncated", "bytes of an array"),
        (saved(np.array({})), None, "train_data", "unsafe", "pickled objects"),
        (b"hello", None, "train_data", "format", "not a .npy file"),
        (b"", None, "train_data", "empty", "no bytes"),
    ],
)
def test_bad_files(
    read: Read, array: np.ndarray | bytes, labels: Any, name: str, code: str, message: str
) -> None:
    clips, rejects = read(array, labels, name)
    assert clips == []
    assert {reject.code for reject in rejects} == {code}
    assert message in rejects[0].message


def test_the_contract_holds(write: Write, tmp_path: Path) -> None:
    write("train_data.npy", saved(sequences()))
    write("train_label.pkl", pickle.dumps((NAMES, [9, 57])))
    write("val_data.npy", saved(sequences()))
    assert check_reader(StGcnReader(), str(tmp_path)) == []


def test_ntu_in_millimetres(read: Read) -> None:
    clips, rejects = read(sequences() * 1000, (NAMES, [9, 57]))
    assert rejects == []
    assert [(clip.flags, clip.motion.metric) for clip in clips] == [(("unit_assumed",), True)] * 2
    np.testing.assert_allclose(clips[1].motion.joints, perform("shaking hands"), atol=1e-4)
