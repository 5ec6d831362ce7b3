from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora.check import check_reader
from skeletonllm.corpora.generators.mdm import MdmReader
from skeletonllm.corpora.identify import identify_corpus
from skeletonllm.corpora.identify.guess import find_nearest
from skeletonllm.corpora.mocap.kit_ml import METRES
from skeletonllm.corpora.reader import Reject, read_clips
from skeletonllm.mocap_topologies import KIT_21, SMPL_24
from skeletonllm.synthesis import synthesize
from skeletonllm.topology import SMPL_22, Topology

Write = Callable[[str, str | bytes], Path]


def perform(topology: Topology = SMPL_22) -> np.ndarray:
    """[T, J, 3]"""
    return synthesize("hand waving", topology=topology, space="world", fps=20).joints[:10, 0]


def content(joints: np.ndarray | None = None, **changes: Any) -> dict[str, Any]:
    body = perform() if joints is None else joints
    padded = np.zeros((2, body.shape[1], 3, 15), np.float32)
    padded[..., :10] = body.transpose(1, 2, 0)
    held = {
        "motion": padded,
        "text": ["a person waves", " waves again "],
        "lengths": np.array([10, 7]),
        "num_samples": 1,
        "num_repetitions": 2,
    }
    return {key: value for key, value in {**held, **changes}.items() if value is not None}


def saved(held: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, held)
    return file.getvalue()


@pytest.fixture
def read(write: Write, tmp_path: Path) -> Callable[..., tuple[list[Clip], list[Reject]]]:
    def all_of(held: Any) -> tuple[list[Clip], list[Reject]]:
        write("results.npy", held if isinstance(held, bytes) else saved(held))
        (source,) = MdmReader().sources(str(tmp_path))
        return read_clips(MdmReader(), source)

    return all_of


Read = Callable[..., tuple[list[Clip], list[Reject]]]


def test_a_clip_of_each_motion_without_its_padding(read: Read) -> None:
    clips, rejects = read(content())
    assert rejects == []
    assert [(c.clip_id, c.motion.num_frames, c.captions[0].text) for c in clips] == [
        ("mdm/results/000000", 10, "a person waves"),
        ("mdm/results/000001", 7, "waves again"),
    ]
    np.testing.assert_array_equal(clips[0].motion.joints[:, 0], perform())
    motion = clips[0].motion
    assert (motion.topology, motion.space, motion.fps, motion.metric) == (
        SMPL_22,
        "world",
        20.0,
        True,
    )
    assert clips[0].flags == ("skeleton_assumed", "fps_assumed", "unit_assumed")
    assert clips[0].licence == "unknown"


def test_other_corpora_have_other_joints(read: Read) -> None:
    mirrored = perform(KIT_21) * np.float32([-1 / METRES, 1 / METRES, 1 / METRES])
    clips, _ = read(content(mirrored))
    np.testing.assert_allclose(clips[0].motion.joints[:, 0], perform(KIT_21), atol=1e-5)
    assert (clips[0].motion.metric, clips[0].motion.fps) == (False, 12.5)
    assert clips[0].flags[-1] == "unmirrored"
    clips, _ = read(content(perform(SMPL_24)))
    assert clips[0].motion.topology is SMPL_24


def test_counts_that_are_not_stated(read: Read) -> None:
    held = content(text=None, lengths=None, num_samples=None)
    held["motion"] = held["motion"][..., :10]
    clips, rejects = read(held)
    assert rejects == []
    assert [(clip.motion.num_frames, clip.captions) for clip in clips] == [(10, ())] * 2


def test_one_bad_motion_is_one_reject(read: Read) -> None:
    held = content()
    held["motion"][0] = np.inf
    (clip,), (reject,) = read(held)
    assert (clip.clip_id[-1], reject.code, reject.source_uri[-2:]) == ("1", "non_finite", "#0")


class Caller:
    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, ("executed",)


@pytest.mark.parametrize(
    ("held", "code", "message"),
    [
        (np.zeros((5, 22, 3)), "format", "no array of Python objects"),
        ({"text": []}, "format", "a dict of text; expected an array under the key 'motion'"),
        (content(motion=np.zeros((2, 263, 1, 9))), "format", "motions as an array (2, 263, 1, 9)"),
        (content(lengths=[10]), "format", "2 motions; texts, lengths"),
        (content(text=["a"]), "format", "as many of each"),
        (content(num_samples=5), "format", "as many of each"),
        (content(lengths=[10, 99]), "format", "a length of 99; expected at most 15"),
        (content(text=[Caller(), ""]), "unsafe", "wants to call"),
        (saved(content())[:-300], "truncated", "not a pickle"),
    ],
)
def test_bad_files(read: Read, held: Any, code: str, message: str) -> None:
    clips, (reject,) = read(held)
    assert clips == []
    assert reject.code == code
    assert message in reject.message
    assert not Path("executed").exists()


def test_the_contract_holds(write: Write, tmp_path: Path) -> None:
    write("results.npy", saved(content()))
    assert check_reader(MdmReader(), str(tmp_path)) == []


@pytest.mark.parametrize("text", ["unconstrained", " Unconstrained ", "", None])
def test_what_mdm_writes_where_nothing_was_asked_is_no_caption(read: Read, text: str) -> None:
    clips, rejects = read(content(text=[text, "walks"]))
    assert rejects == []
    assert [[caption.text for caption in clip.captions] for clip in clips] == [[], ["walks"]]


def test_another_unit_or_axis_is_taken_where_the_body_says_so(read: Read) -> None:
    (clip, _), _ = read(content())
    (other, _), rejects = read(content(perform()[..., [0, 2, 1]] * [1000, -1000, 1000]))
    assert rejects == []
    assert (other.motion.metric, other.flags) == (True, (*clip.flags, "axes_assumed"))
    np.testing.assert_allclose(other.motion.joints, clip.motion.joints, atol=1e-4)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"num_samples": 3}, "2 motions; texts, lengths and stated samples are [2, 2, 6]"),
        ({"lengths": np.array([99, 7])}, "motions of 15 frames, and a length of 99"),
        (
            {"motion": np.zeros((25, 6, 60)), "thetas": np.zeros((24, 6, 60))},
            "motions as the rotations of SMPL",
        ),
    ],
)
def test_the_reader_that_knows_the_cause_says_it(
    read: Read, tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    _, (reject,) = read(content(**changes))
    assert message in reject.message
    nearest = find_nearest(identify_corpus(str(tmp_path)))
    assert nearest is not None
    assert (nearest.corpus, message in nearest.reasons[-1]) == ("mdm", True)
