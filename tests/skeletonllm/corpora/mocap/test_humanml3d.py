from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from skeletonllm.clip import Caption, Clip
from skeletonllm.corpora.check import check_reader
from skeletonllm.corpora.mocap.humanml3d import HumanML3DReader
from skeletonllm.corpora.reader import Reject, read_clips
from skeletonllm.synthesis import synthesize
from skeletonllm.topology import SMPL_22

Write = Callable[[str, str | bytes], Path]
MOTION = BODY = synthesize("hand waving", topology=SMPL_22, space="world", fps=20).joints[:5, 0]
GUESSED = ("format_assumed", "skeleton_assumed", "unit_assumed", "fps_assumed")


def saved(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.fixture
def read(write: Write, tmp_path: Path) -> Callable[..., Clip | Reject]:
    def one(array: np.ndarray | bytes, captions: str | bytes | None = None) -> Clip | Reject:
        data = array if isinstance(array, bytes) else saved(array)
        write("new_joints/000021.npy", data)
        if captions is not None:
            write("texts/000021.txt", captions)
        (source,) = HumanML3DReader().sources(str(tmp_path))
        clips, rejects = read_clips(HumanML3DReader(), source)
        (item,) = [*clips, *rejects]
        return item

    return one


Read = Callable[..., Clip | Reject]


def test_joints_and_captions(read: Read) -> None:
    clip = read(MOTION, "a man waves.#a/DET man/NOUN#0.0#0.0\nhe #1 sits#he/PRON#0.1#3.0\n")
    assert isinstance(clip, Clip)
    assert clip.clip_id == "humanml3d/000021"
    np.testing.assert_array_equal(clip.motion.joints[:, 0], MOTION)
    motion = clip.motion
    assert (motion.topology.name, motion.space, motion.fps, motion.metric) == (
        "smpl_22",
        "world",
        20.0,
        True,
    )
    assert clip.captions == (Caption("a man waves."), Caption("he #1 sits", 0.1, 3.0))
    assert clip.label is None
    assert clip.flags == ()


@pytest.mark.parametrize("times", ["3.0#1.5", "-1.0#1.0", "900.0#901.0", "1.0#nan"])
def test_a_caption_whose_times_are_no_stretch_stands_for_the_whole_motion(
    read: Read, times: str
) -> None:
    clip = read(MOTION, f"walks#walk/VERB#{times}")
    assert isinstance(clip, Clip)
    assert clip.captions == (Caption("walks"),)
    assert clip.flags == ("bad_caption",)


def test_no_caption_file_is_fine(read: Read, write: Write) -> None:
    write("texts/000000.txt", "of another")
    clip = read(MOTION)
    assert isinstance(clip, Clip)
    assert clip.captions == ()
    assert (clip.flags, clip.licence) == ((), "humanml3d")


def test_a_shape_and_a_folder_alone_are_a_guess(read: Read) -> None:
    clip = read(BODY)
    assert isinstance(clip, Clip)
    np.testing.assert_array_equal(clip.motion.joints[:, 0], BODY)
    assert (clip.motion.metric, clip.flags, clip.licence) == (True, GUESSED, "unknown")
    clip = read(BODY * 1.5)
    assert isinstance(clip, Clip)
    assert (clip.motion.metric, clip.flags, clip.licence) == (False, GUESSED, "unknown")
    clip = read(BODY[None][..., [0, 2, 1]])
    assert isinstance(clip, Clip)
    assert clip.flags == (*GUESSED, "axes_assumed")
    reject = read(BODY[:, ::-1])
    assert isinstance(reject, Reject)
    assert (reject.code, "not those of smpl_22" in reject.message) == ("format", True)


@pytest.mark.parametrize(
    ("joints", "skeleton"), [(22, "smpl_22"), (24, "smpl_24"), (52, "smplh_52")]
)
def test_joints_before_they_became_one_skeleton_s(
    write: Write, tmp_path: Path, joints: int, skeleton: str
) -> None:
    more = np.concatenate([BODY, np.repeat(BODY[:, 20:21], joints - 22, axis=1)], axis=1)
    for folder in ("joints", "new_joints"):
        write(f"{folder}/000021.npy", saved(more))
    write("texts/000021.txt", "waves#wave/VERB#0.0#0.0")
    for raw, name in ((True, "humanml3d_joints"), (False, "humanml3d")):
        reader = HumanML3DReader(raw)
        ((clip,), rejects) = read_clips(reader, reader.sources(str(tmp_path))[0])
        assert rejects == []
        assert (clip.clip_id, clip.motion.topology.name) == (f"{name}/000021", skeleton)
        assert (clip.flags, clip.licence) == ((), "humanml3d")
        assert [caption.text for caption in clip.captions] == ["waves"]
        assert check_reader(reader, str(tmp_path)) == []


def test_captions_in_a_pipe_are_not_waited_for(read: Read, tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    os.mkfifo(tmp_path / "texts" / "000021.txt")
    clip = read(MOTION)
    assert isinstance(clip, Clip)
    assert clip.flags == ("bad_caption",)


def test_nan_times_mean_the_whole_clip(read: Read) -> None:
    clip = read(MOTION, "walks#walk/VERB#nan#nan")
    assert isinstance(clip, Clip)
    assert clip.captions == (Caption("walks", 0.0, 0.0),)


@pytest.mark.parametrize(
    "captions", ["walks\nsits#sit/VERB#0.0#0.0", b"\xff\xfe\xff", "#x#0.0#0.0", "a#b#c#d"]
)
def test_captions_that_cannot_be_read_are_flagged_and_cost_no_motion(
    read: Read, captions: str | bytes
) -> None:
    clip = read(MOTION, captions)
    assert isinstance(clip, Clip)
    assert clip.flags == ("bad_caption",)
    assert all(caption.text == "sits" for caption in clip.captions)


def test_features_beside_the_motions_are_not_listed(write: Write, tmp_path: Path) -> None:
    write("new_joints/000001.npy", saved(MOTION))
    write("new_joint_vecs/000001.npy", saved(np.zeros((5, 263))))
    write("Mean.npy", saved(np.zeros(263)))
    sources = HumanML3DReader().sources(str(tmp_path))
    assert [source.uri for source in sources] == [f"{tmp_path}/new_joints/000001.npy"]


def test_captions_are_found_from_every_root(write: Write, tmp_path: Path) -> None:
    path = write("new_joints/000001.npy", saved(MOTION))
    write("texts/000001.txt", "walks#walk/VERB#0.0#0.0")
    for root in (tmp_path, path.parent, path):
        (source,) = HumanML3DReader().sources(str(root))
        ((clip,), _) = read_clips(HumanML3DReader(), source)
        assert [caption.text for caption in clip.captions] == ["walks"]


@pytest.mark.parametrize(
    ("array", "code", "message"),
    [
        (np.zeros((5, 263)), "format", "an array of float64 (5, 263); expected floats (T, 22, 3)"),
        (np.zeros((5, 22, 3), int), "format", "an array of int64"),
        (np.zeros((0, 22, 3)), "no_frames", "0 frames"),
        (np.full((5, 22, 3), np.inf), "non_finite", "infinite"),
        (np.full((5, 22, 3), np.nan), "missing_joints", "110 of 110"),
        (np.full((5, 22, 3), 1e30), "out_of_range", "beyond 1000"),
        (saved(MOTION)[:300], "truncated", "of 330 values"),
        (b"hello", "format", "not a .npy file"),
    ],
)
def test_bad_files(read: Read, array: np.ndarray | bytes, code: str, message: str) -> None:
    reject = read(array)
    assert isinstance(reject, Reject)
    assert reject.code == code
    assert message in reject.message


@pytest.mark.parametrize(
    ("array", "flags"),
    [
        (BODY * 100, GUESSED),
        (BODY * 1000, GUESSED),
        (BODY[..., [0, 2, 1]] * [1, -1, 1], (*GUESSED, "axes_assumed")),
        (BODY * [1, -1, -1] + [0, 1, 3], (*GUESSED, "axes_assumed")),
    ],
)
def test_names_and_texts_do_not_make_another_unit_or_axes_the_corpus(
    read: Read, array: np.ndarray, flags: tuple[str, ...]
) -> None:
    clip = read(array.astype(np.float32), "walks#walk/VERB#0.0#0.0")
    assert isinstance(clip, Clip)
    assert (clip.licence, clip.flags, clip.motion.metric) == ("unknown", flags, True)
    head, foot = (SMPL_22.index(name) for name in ("head", "left_ankle"))
    tall = clip.motion.joints[:, 0, head, 1] - clip.motion.joints[:, 0, foot, 1]
    np.testing.assert_allclose(tall, BODY[:, head, 1] - BODY[:, foot, 1], atol=1e-3)


def test_who_crawls_on_the_floor_is_of_the_corpus(read: Read) -> None:
    lying = BODY[..., [0, 2, 1]] * [1, -1, 1]
    lying = lying - [0, lying[..., 1].min(), 0.8]
    clip = read(lying.astype(np.float32), "crawls#crawl/VERB#0.0#0.0")
    assert isinstance(clip, Clip)
    assert (clip.licence, clip.flags, clip.motion.space) == ("humanml3d", (), "world")
    np.testing.assert_allclose(clip.motion.joints[:, 0], lying, atol=1e-6)
