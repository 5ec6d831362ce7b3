from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora.check import check_reader
from skeletonllm.corpora.exchange.pyskl import PysklReader
from skeletonllm.corpora.reader import Reject, Source, read_clips
from skeletonllm.mocap_topologies import H36M_17
from skeletonllm.pose_topologies import COCO_WHOLEBODY_133, HALPE_26
from skeletonllm.synthesis import synthesize
from skeletonllm.topology import KINECT_V1, KINECT_V2

Write = Callable[[str, str | bytes], Path]
Read = Callable[[Any], tuple[list[Clip], list[Reject]]]


@pytest.fixture
def read(write: Write) -> Read:
    def all_of(content: Any) -> tuple[list[Clip], list[Reject]]:
        data = content if isinstance(content, bytes) else pickle.dumps(content)
        path = write("ours.pkl", data)
        return read_clips(PysklReader(), Source(str(path), "ours", 0))

    return all_of


def annotation(name: str = "clip_a", people: int = 2, **changes: Any) -> dict[str, Any]:
    points = np.arange(people * 5 * 17 * 2).reshape(people, 5, 17, 2) + 1
    return {
        "frame_dir": name,
        "label": 6,
        "img_shape": (480, 640),
        "total_frames": 5,
        "keypoint": points.astype(np.float16),
        "keypoint_score": np.full((people, 5, 17), 0.75, np.float16),
    } | changes


def test_one_clip_an_annotation(read: Read) -> None:
    clips, rejects = read({"split": {}, "annotations": [annotation("b"), annotation("a")]})
    assert rejects == []
    assert [clip.clip_id for clip in clips] == ["pyskl/ours/b", "pyskl/ours/a"]
    clip = clips[0]
    motion = clip.motion
    assert (motion.space, motion.metric, motion.image_size) == ("image", False, (640, 480))
    assert (motion.topology.name, motion.fps, clip.flags) == ("coco_17", 30.0, ("fps_assumed",))
    assert motion.joints.shape == (5, 2, 17, 3)
    expected = annotation()["keypoint"].swapaxes(0, 1).astype(np.float32)
    np.testing.assert_array_equal(motion.joints[..., :2], expected)
    assert (motion.joints[..., 2] == 0).all()
    assert (motion.confidence == 0.75).all()
    assert clip.person_ids == ("0", "1")


def test_labels_without_names_are_numbered_classes(read: Read) -> None:
    ((clip,), _) = read([annotation()])
    assert (clip.label, clip.label_id, clip.label_namespace) == ("class 6", 6, "pyskl")
    ((clip,), _) = read([annotation(label=None)])
    assert clip.label is clip.label_id is clip.label_namespace is None


def test_an_ntu_name_gives_the_ntu_label(read: Read) -> None:
    ((clip,), _) = read([annotation("S001C002P003R002A013")])
    assert (clip.label, clip.label_id, clip.label_namespace) == ("tear up paper", 12, "ntu")
    assert (clip.setup, clip.camera, clip.subject, clip.repetition) == ("1", "2", "3", "2")


def test_one_annotation_alone_is_read(read: Read) -> None:
    clips, rejects = read(annotation("v_ApplyEyeMakeup_g01_c01", img_shape=np.array([240, 320])))
    assert rejects == []
    assert clips[0].motion.image_size == (320, 240)


def test_persons_padded_with_zeros_are_absent(read: Read) -> None:
    points = annotation()["keypoint"]
    points[1, 2:] = 0
    ((clip,), _) = read([annotation(keypoint=points)])
    assert clip.motion.present[:, 1].tolist() == [True, True, False, False, False]
    assert (clip.motion.confidence[2:, 1] == 0).all()


def test_scores_become_confidence(read: Read) -> None:
    score = np.full((2, 5, 17), 1.02)
    score[0, 0, 3] = 0
    score[0, 0, 4] = np.nan
    ((clip,), _) = read([annotation(keypoint_score=score)])
    assert clip.motion.confidence[0, 0, 2:6].tolist() == [1, 0, 0, 1]
    assert (clip.motion.joints[0, 0, 3] == 0).all()
    ((clip,), _) = read([annotation(keypoint_score=None)])
    assert (clip.motion.confidence == 1).all()


def in_3d(people: int = 2, **changes: Any) -> dict[str, Any]:
    points = np.arange(people * 5 * 25 * 3).reshape(people, 5, 25, 3) / 45 + 1
    return {
        "frame_dir": "S001C002P003R002A013",
        "label": 12,
        "total_frames": 5,
        "keypoint": points.astype(np.float16),
    } | changes


def test_three_dimensions_are_kinects_in_camera_space(read: Read) -> None:
    points = in_3d()["keypoint"]
    points[1, 3:] = 0
    ((clip,), rejects) = read([in_3d(keypoint=points)])
    assert rejects == []
    motion = clip.motion
    assert (motion.topology.name, motion.space, motion.metric) == ("kinect_v2", "camera", True)
    assert (motion.image_size, clip.label, clip.flags) == (
        None,
        "tear up paper",
        ("fps_assumed",),
    )
    np.testing.assert_array_equal(motion.joints, points.swapaxes(0, 1).astype(np.float32))
    assert motion.present[:, 1].tolist() == [True] * 3 + [False] * 2


def test_two_and_three_dimensions_in_one_file(read: Read) -> None:
    clips, rejects = read([annotation("a"), in_3d(frame_dir="b"), in_3d(frame_dir="c", label=1.5)])
    assert [clip.motion.topology.dims for clip in clips] == [2, 3]
    assert [reject.code for reject in rejects] == ["unknown_label"]


@pytest.mark.parametrize(
    ("joints", "skeleton"),
    [
        (13, "keypoints_13_"),
        (18, "openpose_18"),
        (20, "keypoints_20_"),
        (25, "openpose_25"),
        (26, "halpe_26"),
        (33, "mediapipe_33"),
        (133, "coco_wholebody_133"),
        (136, "halpe_136"),
    ],
)
def test_other_numbers_of_joints_in_the_picture_are_a_guess(
    read: Read, joints: int, skeleton: str
) -> None:
    points = np.arange(2 * 5 * joints * 2).reshape(2, 5, joints, 2) % 400 + 1
    ((clip,), rejects) = read([annotation(keypoint=points, keypoint_score=None)])
    assert rejects == []
    assert clip.motion.topology.name.startswith(skeleton)
    assert clip.motion.topology.dims == 2
    assert clip.flags == ("fps_assumed", "skeleton_assumed")


@pytest.mark.parametrize("joints", [17, 20, 13, 26, 133])
def test_a_guess_in_space_is_tried_on_the_body(read: Read, joints: int) -> None:
    shown = {17: H36M_17, 20: KINECT_V1, 26: HALPE_26, 133: COCO_WHOLEBODY_133}.get(joints)
    names = shown.joints if shown else PENN
    body = np.array([ADULT.get(name.partition(".")[0], (0, 1.6, 0)) for name in names], float)
    points = np.broadcast_to(np.add(body, [0, 0, 3]) * 250, (1, 5, joints, 3))
    ((clip,), rejects) = read([annotation(keypoint=points, keypoint_score=None)])
    assert rejects == []
    motion = clip.motion
    assert (motion.metric, motion.topology.dims) == (False, 3)
    assert set(clip.flags) == {"fps_assumed", "skeleton_assumed", "unit_assumed", "axes_assumed"}
    thigh = motion.joints[0, 0, motion.topology.index("left_hip")]
    thigh = thigh - motion.joints[0, 0, motion.topology.index("left_knee")]
    assert np.linalg.norm(thigh) == pytest.approx(0.42, rel=1e-5)
    if joints == 20:  # every second joint makes no other body
        return
    mixed = points[:, :, [*range(joints)[::2], *range(joints)[1::2]]]
    _, (reject,) = read([annotation(keypoint=mixed, keypoint_score=None)])
    assert (reject.code, "Describe the array" in reject.message) == ("format", True)


PENN = (
    "nose",
    *(
        f"{side}_{name}"
        for name in "shoulder elbow wrist hip knee ankle".split()
        for side in ("left", "right")
    ),
)
_SIDED = {"shoulder": 1.4, "elbow": 1.1, "wrist": 0.9, "hip": 0.95, "knee": 0.5, "ankle": 0.1,
          "hand": 0.8, "foot": 0.05, "eye": 1.65, "ear": 1.62}  # fmt: skip
ADULT = {
    "pelvis": (0, 0.95, 0), "spine": (0, 1.2, 0), "upper_spine": (0, 1.4, 0), "neck": (0, 1.5, 0),
    "head": (0, 1.65, 0), "nose": (0, 1.6, 0.1),
    **{f"left_{name}": (0.15, y, 0) for name, y in _SIDED.items()},
    **{f"right_{name}": (-0.15, y, 0) for name, y in _SIDED.items()},
}  # fmt: skip


def test_the_third_number_may_be_the_score(read: Read) -> None:
    points = np.concatenate([annotation()["keypoint"], np.full((2, 5, 17, 1), 0.5)], -1)
    ((clip,), _) = read([annotation(keypoint=points, keypoint_score=None)])
    ((expected,), _) = read([annotation()])
    np.testing.assert_array_equal(clip.motion.joints, expected.motion.joints)
    assert (clip.motion.confidence == 0.5).all()
    assert clip.flags == ("fps_assumed",)
    points[..., 2] = 0  # no score, and no depth
    ((clip,), _) = read([annotation(keypoint=points)])
    assert (clip.motion.topology.name, clip.motion.confidence.min()) == ("coco_17", 0.75)


def test_stated_frames_are_held_against_those_there(read: Read) -> None:
    ((clip,), _) = read([annotation(total_frames=9)])
    assert clip.flags == ("fps_assumed", "frames_differ")
    ((clip,), _) = read([annotation(total_frames=5.0)])
    assert clip.flags == ("fps_assumed",)
    ((clip,), _) = read([annotation(total_frames=None)])
    assert clip.flags == ("fps_assumed",)
    ((clip,), _) = read([annotation(keypoint=annotation()["keypoint"][0], keypoint_score=None)])
    assert clip.motion.joints.shape == (5, 1, 17, 3)


@pytest.mark.parametrize(
    ("label", "name", "number", "flags"),
    [
        (-1, None, None, ()),
        ("unknown", None, None, ()),
        ([], None, None, ()),
        ([7], "class 7", 7, ()),
        ("7", "class 7", 7, ()),
        (7.0, "class 7", 7, ()),
        (np.array([7]), "class 7", 7, ()),
        (np.int64(7), "class 7", 7, ()),
        ("wave", "wave", 0, ()),
        (b"wave", "wave", 0, ()),
        ([1, 3], None, None, ("several_labels",)),
        (np.array([1, 3]), None, None, ("several_labels",)),
        (np.eye(60)[7], "class 7", 7, ()),
    ],
)
def test_labels_in_other_forms(
    read: Read, label: Any, name: str | None, number: int | None, flags: tuple[str, ...]
) -> None:
    ((clip,), rejects) = read([annotation(label=label)])
    assert rejects == []
    assert (clip.label, clip.label_id, clip.flags) == (name, number, ("fps_assumed", *flags))


def test_names_of_labels_are_numbered_within_the_file(read: Read) -> None:
    clips, _ = read([annotation(str(i), label=name) for i, name in enumerate(["wave", "sit"])])
    assert [(clip.label, clip.label_id, clip.label_namespace) for clip in clips] == [
        ("wave", 1, "pyskl_names"),
        ("sit", 0, "pyskl_names"),
    ]


def test_annotations_by_name_or_by_split(read: Read) -> None:
    note = {key: value for key, value in annotation().items() if key != "frame_dir"}
    clips, _ = read({"a": note, "b": note})
    assert [clip.clip_id[-1] for clip in clips] == ["a", "b"]
    clips, _ = read({"train": [annotation("a")], "val": [annotation("b")]})
    assert [clip.clip_id[-1] for clip in clips] == ["a", "b"]
    clips, _ = read([note, note])
    assert [clip.clip_id[-6:] for clip in clips] == ["000000", "000001"]


def test_millimetres_are_no_metres(read: Read) -> None:
    ((clip,), _) = read([in_3d()])
    points = synthesize("hand waving", topology=KINECT_V2, seed=1).joints[None, :5, 0] * 1000
    ((clip,), rejects) = read([in_3d(keypoint=points)])
    assert rejects == []
    assert (clip.motion.metric, clip.flags[1:]) == (False, ("unit_assumed", "axes_assumed"))


def test_the_picture_s_size_may_be_missing_or_swapped(write: Write, read: Read) -> None:
    ((clip,), _) = read([annotation(img_shape=None)])
    far = annotation()["keypoint"].astype(float).max((0, 1, 2))
    assert clip.motion.image_size == tuple(far)
    assert clip.flags == ("fps_assumed", "image_size_assumed")
    ((clip,), _) = read([annotation(img_shape=None, width=640, height=480)])
    assert (clip.motion.image_size, clip.flags) == ((640, 480), ("fps_assumed",))
    path = write("ours.pkl", pickle.dumps([annotation(img_shape=None)]))
    source = Source(str(path), "ours", 0, image_size=(1920, 1080))
    ((clip,), _) = read_clips(PysklReader(), source)
    assert (clip.motion.image_size, clip.flags) == ((1920, 1080), ("fps_assumed",))
    wide = annotation()["keypoint"].astype(float) * [3, 1]
    ((clip,), _) = read([annotation(keypoint=wide, img_shape=(1280, 720))])
    assert (clip.motion.image_size, clip.flags) == (
        (1280, 720),
        ("fps_assumed", "image_size_swapped"),
    )


def test_shares_of_the_picture_become_pixels(read: Read) -> None:
    ((clip,), _) = read([annotation(keypoint=annotation()["keypoint"].astype(float) / 1000)])
    expected = annotation()["keypoint"].astype(float) / 1000 * [640, 480]
    np.testing.assert_allclose(clip.motion.joints[..., :2], expected.swapaxes(0, 1), rtol=1e-6)
    assert clip.flags == ("fps_assumed",)


@pytest.mark.parametrize("key", ["filename", "video_id"])
def test_names_under_other_keys(read: Read, key: str) -> None:
    ((clip,), _) = read([annotation(frame_dir=None, **{key: "ours"})])
    assert clip.clip_id == "pyskl/ours/ours"


def test_the_contract_holds(write: Write, tmp_path: Path) -> None:
    notes = [annotation("a", label="wave"), annotation("b", label=[1, 2]), in_3d()]
    write("ours.pkl", pickle.dumps(notes))
    assert check_reader(PysklReader(), str(tmp_path)) == []


def test_metres_beyond_any_room_are_refused(read: Read) -> None:
    points = in_3d()["keypoint"]
    points[0, 0, 0, 0] = 500
    _, (reject,) = read([in_3d(keypoint=points)])
    assert (reject.code, "beyond 100" in reject.message) == ("out_of_range", True)


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({"keypoint": None}, "format", "no key 'keypoint'. Its poses are in other files."),
        ({"keypoint": np.zeros((2, 5, 17, 2))}, "no_body", "nobody is present in any of 5 frames"),
        ({"keypoint": np.zeros((2, 0, 17, 2))}, "no_frames", "0 frames"),
        ({"keypoint": np.zeros((0, 5, 17, 2))}, "no_body", "nobody"),
        ({"keypoint": np.ones((2, 5, 24, 2))}, "format", "keypoint of shape (2, 5, 24, 2)"),
        ({"keypoint": np.ones((2, 5, 17, 4))}, "format", "expected (M, T, V, 2) or (M, T, V, 3)"),
        ({"keypoint": np.ones((2, 5, 17, 3))}, "format", "not those of h36m_17"),
        ({"keypoint": np.ones((4, 25, 3))}, "format", "keypoint of shape (4, 25, 3)"),
        (
            {"keypoint": np.ones((40, 1, 17, 2)), "keypoint_score": None, "total_frames": None},
            "format",
            "of 40 persons in 1 frames; expected (M, T, V, C)",
        ),
        ({"keypoint": np.ones((5, 2, 17, 2))}, "format", "of 2 frames, and total_frames 5"),
        ({"keypoint": np.array([None])}, "format", "an array of dtype 'O8'"),
        ({"keypoint": [[1], [2, 3]]}, "format", "keypoint is no array of numbers"),
        ({"keypoint": np.full((2, 5, 17, 2), np.inf)}, "non_finite", "infinite"),
        ({"keypoint": np.full((2, 5, 17, 2), np.nan)}, "missing_joints", "170 of 170"),
        ({"keypoint_score": np.ones((2, 4, 17))}, "format", "keypoint_score (2, 4, 17)"),
        ({"img_shape": "wide"}, "format", "img_shape wide; expected [height, width] in pixels"),
        ({"img_shape": (0, 640)}, "format", "img_shape [0, 640]"),
        ({"label": 0.5}, "unknown_label", "label 0.5; expected a number from 0"),
        ({"label": {}}, "unknown_label", "label {}"),
        ({"label": 1 << 80}, "unknown_label", "label 1208925819614629174706176"),
        ({"keypoint": [[[np.ones(2)] * 300] * 300] * 300}, "unsafe", "more numbers than any clip"),
        ({"frame_dir": ""}, "format", "frame_dir ''; expected a name"),
        ({"frame_dir": "S001C001P001R001A121"}, "unknown_label", "action number 121"),
    ],
)
def test_a_bad_annotation_is_one_reject_among_clips(
    read: Read, changes: dict[str, Any], code: str, message: str
) -> None:
    clips, rejects = read([annotation("a"), annotation("b", **changes), annotation("c")])
    assert [clip.clip_id[-1] for clip in clips] == ["a", "c"]
    (reject,) = rejects
    assert reject.source_uri.endswith("ours.pkl#1")
    assert reject.code == code
    assert message in reject.message


def test_the_second_of_a_name_is_a_duplicate(read: Read) -> None:
    clips, rejects = read([annotation("a"), annotation("a", label=2)])
    assert [clip.label_id for clip in clips] == [6]
    assert [reject.code for reject in rejects] == ["duplicate_id"]


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        (b"", "empty", "no bytes"),
        (pickle.dumps([annotation()])[:-30], "truncated", "not a pickle"),
        (b"keypoints!", "format", "not a pickle"),
        ({"frames": 1, "x": 2}, "format", "a pickle of ['frames', 'x']; expected a list"),
        (7, "format", "a pickle of int"),
        ([], "format", "a list of 0 annotations"),
        (["a"], "format", "a str; expected a dict"),
        ([annotation()] * 9000, "unsafe", "9000 annotations in"),
        ([print], "unsafe", "the pickle wants to call builtins.print"),
    ],
)
def test_files_without_annotations(read: Read, content: Any, code: str, message: str) -> None:
    clips, (reject,) = read(content)
    assert clips == []
    assert reject.code == code
    assert message in reject.message
