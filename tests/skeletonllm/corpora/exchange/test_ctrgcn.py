from __future__ import annotations

import io
import os
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora.check import check_reader
from skeletonllm.corpora.exchange.ctrgcn import CtrGcnReader
from skeletonllm.corpora.reader import Reject, read_clips
from skeletonllm.synthesis import synthesize
from skeletonllm.topology import KINECT_V2

Write = Callable[[str, str | bytes], Path]
Read = Callable[..., tuple[list[Clip], list[Reject]]]
FRAMES = 12
NAMES = "S001C001P001R001A010\nS001C001P001R001A058\n"


def perform(action: str) -> np.ndarray:
    return synthesize(action, topology=KINECT_V2, seed=1).joints[:FRAMES]


def folded(padded: int = 20) -> np.ndarray:
    """[2, T, 150]: one person, then two."""
    rows = np.zeros((2, padded, 2, 25, 3), np.float32)
    for i, action in enumerate(("clapping", "shaking hands")):
        points = perform(action)
        rows[i, :FRAMES, : points.shape[1]] = points
    return rows.reshape(2, padded, 150)


def packed(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def one_hot(*classes: int, of: int = 60) -> np.ndarray:
    return np.eye(of)[list(classes)]


@pytest.fixture
def read(write: Write, tmp_path: Path) -> Read:
    def all_of(data: bytes, name: str = "NTU60_CS.npz") -> tuple[list[Clip], list[Reject]]:
        write(name, data)
        (source,) = CtrGcnReader().sources(str(tmp_path))
        return read_clips(CtrGcnReader(), source)

    return all_of


def test_two_persons_are_folded_into_the_columns(read: Read) -> None:
    data = packed(x_train=folded(), y_train=one_hot(9, 57), x_test=folded()[:1], y_test=one_hot(9))
    clips, rejects = read(data)
    assert rejects == []
    assert [(c.clip_id, c.label, c.label_id, c.licence, c.flags) for c in clips] == [
        ("ctrgcn/NTU60_CS/train/000000", "clapping", 9, "ntu_rgbd", ()),
        ("ctrgcn/NTU60_CS/train/000001", "shaking hands", 57, "ntu_rgbd", ()),
        ("ctrgcn/NTU60_CS/test/000000", "clapping", 9, "ntu_rgbd", ()),
    ]
    np.testing.assert_array_equal(clips[1].motion.joints, perform("shaking hands"))
    assert [clip.motion.num_persons for clip in clips] == [1, 2, 1]
    assert (clips[0].motion.metric, clips[0].motion.fps) == (True, 30.0)


@pytest.mark.parametrize("names", ["x_train y_train", "x_test y_test", "x y"])
def test_unfolded_and_without_splits(read: Read, names: str) -> None:
    x, y = names.split()
    clips, rejects = read(
        packed(**{x: folded().reshape(2, 20, 2, 25, 3), y: one_hot(9, 57)}), "ntu/CS.npz"
    )
    assert rejects == []
    assert [clip.label for clip in clips] == ["clapping", "shaking hands"]
    np.testing.assert_array_equal(clips[1].motion.joints, perform("shaking hands"))


def test_of_another_name_it_is_no_ntu(read: Read) -> None:
    clips, _ = read(packed(x_train=folded(), y_train=one_hot(1, 2, of=5)), "ours.npz")
    flags = ("skeleton_assumed", "fps_assumed", "unit_assumed", "axes_assumed")
    assert [(c.label, c.motion.metric, c.licence, c.flags) for c in clips] == [
        ("class 1", False, "unknown", flags),
        ("class 2", False, "unknown", flags),
    ]


@pytest.mark.parametrize(
    ("marks", "labels", "flags"),
    [
        (np.array([9, 57]), ["clapping", "shaking hands"], ()),
        (np.array([9, 157]), ["class 9", "class 157"], ()),
        (np.zeros((2, 60)), [None, None], ()),
        (one_hot(9, 57) + one_hot(3, 3), [None, None], ("several_labels",)),
        (None, [None, None], ()),
    ],
)
def test_labels_in_other_forms(
    read: Read, marks: np.ndarray | None, labels: list[str | None], flags: tuple[str, ...]
) -> None:
    arrays = {"x_train": folded(), "y_train": marks}
    clips, rejects = read(packed(**{k: v for k, v in arrays.items() if v is not None}))
    assert rejects == []
    assert [clip.label for clip in clips] == labels
    assert all(clip.flags[: len(flags)] == flags for clip in clips)


def test_sequences_before_that(read: Read, write: Write) -> None:
    rows = [folded()[0, :FRAMES, :75].reshape(FRAMES, 25, 3), folded()[1, :FRAMES]]
    clips, rejects = read(pickle.dumps((*rows,)), "denoised_data/raw_denoised_joints.pkl")
    assert rejects == []
    assert [clip.clip_id[-6:] for clip in clips] == ["000000", "000001"]
    assert all(clip.flags[0] == "format_assumed" and not clip.motion.metric for clip in clips)
    write("statistics/skes_available_name.txt", NAMES)
    clips, rejects = read(pickle.dumps(rows), "denoised_data/raw_denoised_joints.pkl")
    assert rejects == []
    assert [(clip.label, clip.flags, clip.motion.metric) for clip in clips] == [
        ("clapping", (), True),
        ("shaking hands", (), True),
    ]
    np.testing.assert_array_equal(clips[1].motion.joints, perform("shaking hands"))
    _, (reject,) = read(pickle.dumps(rows[:1]), "denoised_data/raw_denoised_joints.pkl")
    assert "1 sequences, and 2 names" in reject.message


def bodies() -> dict[str, Any]:
    points = perform("shaking hands")
    return {
        "name": "S001C001P001R001A058",
        "num_frames": FRAMES,
        "data": {
            "72": {"joints": points[:, 0].reshape(-1, 3), "interval": [*range(FRAMES)]},
            "73": {"joints": points[3:, 1].reshape(-1, 3), "interval": [*range(3, FRAMES)]},
        },
    }


def test_bodies_with_the_frames_that_they_are_in(read: Read) -> None:
    (clip,), rejects = read(pickle.dumps([bodies()]), "raw_skes_data.pkl")
    assert rejects == []
    assert (clip.label, clip.flags) == ("shaking hands", ())
    assert clip.motion.present[:, 1].tolist() == [False] * 3 + [True] * (FRAMES - 3)
    np.testing.assert_array_equal(clip.motion.joints[3:], perform("shaking hands")[3:])


NO_TEXT = re.sub(
    rb"(PK\x01\x02....)..",
    lambda match: match[1] + b"\x00\x08",
    packed(x_train=folded()).replace(b"x_train", b"\xff_train"),
    flags=re.DOTALL,
)
"""A name that says of itself that it is UTF-8."""


class Caller:
    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, ("executed",)


@pytest.mark.parametrize(
    ("name", "data", "code", "message"),
    [
        ("a.npz", packed(poses=np.zeros(3)), "format", "the arrays poses; expected x_train"),
        ("a.npz", packed(x_train=np.zeros((2, 5, 60))), "format", "x_train (2, 5, 60)"),
        (
            "a.npz",
            packed(x_train=folded(), y_train=one_hot(1)),
            "format",
            "2 sequences in x_train, and 1 in y_train",
        ),
        ("a.npz", packed(x_train=np.array([Caller()])), "unsafe", "pickled objects"),
        ("a.npz", packed(x_train=folded())[:-400], "format", "not a whole archive"),
        ("a.npz", b"PK\x03\x04", "format", "not a whole archive"),
        ("a.npz", NO_TEXT, "format", "not a whole archive"),
        ("a.pkl", pickle.dumps({"a": 1}), "format", "a pickle of dict"),
        ("a.pkl", pickle.dumps([Caller()]), "unsafe", "wants to call"),
        ("a.pkl", pickle.dumps([3]), "format", "a int; expected an array"),
        ("a.pkl", pickle.dumps([np.zeros((5, 76))]), "format", "rows (5, 76)"),
        ("a.pkl", pickle.dumps([np.zeros((5, 75))]), "no_body", "nobody"),
        ("a.pkl", pickle.dumps([{**bodies(), "num_frames": 3}]), "format", "25 rows a frame"),
        ("a.pkl", pickle.dumps([{**bodies(), "num_frames": 10**9}]), "unsafe", "1000000000"),
    ],
)
def test_bad_files(read: Read, name: str, data: bytes, code: str, message: str) -> None:
    clips, (reject,) = read(data, name)
    assert clips == []
    assert reject.code == code
    assert message in reject.message
    assert not Path("executed").exists()


def test_zeros_that_pack_well_are_no_bomb(read: Read) -> None:
    file = io.BytesIO()
    np.savez_compressed(file, x_train=np.zeros((1000, 300, 150), np.float32))
    _, (reject,) = read(file.getvalue())
    assert (reject.code, "that unpack to" in reject.message) == ("unsafe", True)


def test_the_contract_holds(write: Write, tmp_path: Path) -> None:
    write("NTU60_CS.npz", packed(x_train=folded(), y_train=one_hot(9, 57)))
    write("raw/raw_skes_data.pkl", pickle.dumps([bodies()]))
    assert check_reader(CtrGcnReader(), str(tmp_path)) == []
