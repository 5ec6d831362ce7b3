from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora.check import check_reader
from skeletonllm.corpora.generators.motiongpt import MotionGptReader
from skeletonllm.corpora.identify import identify_corpus
from skeletonllm.corpora.reader import Reject, read_clips
from skeletonllm.errors import UsageError
from skeletonllm.synthesis import synthesize
from skeletonllm.topology import SMPL_22

Write = Callable[[str, str | bytes], Path]
BODY = synthesize("hand waving", topology=SMPL_22, space="world", fps=20).joints[:10, 0]
FLAGS = ("format_assumed", "skeleton_assumed", "unit_assumed", "fps_assumed")


def saved(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.fixture
def read(write: Write, tmp_path: Path) -> Callable[..., tuple[list[Clip], list[Reject]]]:
    def all_of(array: np.ndarray | bytes) -> tuple[list[Clip], list[Reject]]:
        write("0_out.npy", array if isinstance(array, bytes) else saved(array))
        (source,) = MotionGptReader().sources(str(tmp_path))
        return read_clips(MotionGptReader(), source)

    return all_of


Read = Callable[..., tuple[list[Clip], list[Reject]]]


@pytest.mark.parametrize("shape", [(1, 10, 22, 3), (10, 22, 3)])
def test_one_motion(read: Read, write: Write, shape: tuple[int, ...]) -> None:
    write("0_in.txt", "a person waves\n")
    (clip,), rejects = read(BODY.reshape(shape))
    assert rejects == []
    np.testing.assert_array_equal(clip.motion.joints[:, 0], BODY)
    motion = clip.motion
    assert (motion.topology, motion.fps, motion.metric) == (SMPL_22, 20.0, True)
    assert (clip.clip_id, clip.flags, clip.licence) == ("motiongpt/0_out", FLAGS, "unknown")
    assert [caption.text for caption in clip.captions] == ["a person waves"]


def test_several_motions(read: Read) -> None:
    clips, _ = read(np.stack([BODY, BODY[::-1]]))
    assert [clip.clip_id[-7:] for clip in clips] == ["/000000", "/000001"]
    assert clips[0].captions == ()


def test_no_adult_s_size_is_no_metre(read: Read) -> None:
    (clip,), _ = read(BODY * 3)
    assert not clip.motion.metric


def test_who_does_not_stand_is_flagged(read: Read) -> None:
    (clip,), _ = read(BODY[..., [0, 2, 1]])
    assert clip.flags == (*FLAGS, "axes_assumed")


def test_folders_of_other_formats_are_left_alone(write: Write, tmp_path: Path) -> None:
    write("new_joints/000001.npy", saved(BODY))
    with pytest.raises(UsageError, match="no .npy file"):
        MotionGptReader().sources(str(tmp_path))


def test_identify_is_not_certain(write: Write, tmp_path: Path) -> None:
    write("0_out.npy", saved(BODY))
    best = identify_corpus(str(tmp_path))[0]
    assert (best.corpus, best.certain) == ("motiongpt", False)


@pytest.mark.parametrize(
    ("array", "code", "message"),
    [
        (np.zeros((10, 263), np.float32), "format", "expected numbers (T, 22, 3)"),
        (BODY[:, ::-1], "format", "not those of smpl_22"),
        (BODY[:0], "no_frames", "0 frames"),
        (np.full((5, 22, 3), np.nan), "no_body", "nobody"),
        (saved(BODY)[:300], "truncated", "values of an array"),
        (b"hello", "format", "not a .npy file"),
    ],
)
def test_bad_files(read: Read, array: np.ndarray | bytes, code: str, message: str) -> None:
    _, (reject,) = read(array)
    assert reject.code == code
    assert message in reject.message


def test_the_contract_holds(write: Write, tmp_path: Path) -> None:
    write("0_out.npy", saved(BODY[None]))
    assert check_reader(MotionGptReader(), str(tmp_path)) == []


@pytest.mark.parametrize("unit", [100, 1000])
def test_another_unit_is_taken_where_the_body_says_so(read: Read, unit: int) -> None:
    (clip,), rejects = read(BODY * unit)
    assert rejects == []
    assert (clip.motion.metric, clip.flags) == (True, FLAGS)
    np.testing.assert_allclose(clip.motion.joints[:, 0], BODY, atol=1e-4)


@pytest.mark.parametrize(
    ("turned", "space"),
    [(BODY * [-1, -1, 1] + [0, 1, 4], "camera"), (BODY[..., [0, 2, 1]] * [1, -1, 1], "world")],
)
def test_who_does_not_stand_is_turned(read: Read, turned: np.ndarray, space: str) -> None:
    (clip,), _ = read(turned)
    assert (clip.motion.space, clip.flags) == (space, (*FLAGS, "axes_assumed"))
    head, foot = (SMPL_22.index(name) for name in ("head", "left_ankle"))
    tall = clip.motion.joints[:, 0, head] - clip.motion.joints[:, 0, foot]
    np.testing.assert_allclose(tall, BODY[:, head] - BODY[:, foot], atol=1e-5)
