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
from skeletonllm.corpora.exchange.ntu_npy import NtuNpyReader
from skeletonllm.corpora.identify import identify_corpus
from skeletonllm.corpora.identify.guess import find_nearest
from skeletonllm.corpora.reader import Reject, read_clips
from skeletonllm.synthesis import synthesize
from skeletonllm.topology import KINECT_V2

Write = Callable[[str, str | bytes], Path]
NAME = "S001C001P001R001A058"
POINTS = synthesize("shaking hands", topology=KINECT_V2, seed=1).joints[:12].astype(np.float64)


def saved(content: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, content)
    return file.getvalue()


def content(**changes: Any) -> dict[str, Any]:
    held = {"file_name": NAME, "nbodys": [2] * 12, "njoints": 25}
    held |= {f"skel_body{i}": POINTS[:, i] for i in range(2)}
    held |= {"rgb_body0": np.zeros((12, 25, 2)), **changes}
    return {key: value for key, value in held.items() if value is not None}


@pytest.fixture
def read(write: Write, tmp_path: Path) -> Callable[..., Clip | Reject]:
    def one(held: Any, name: str = f"{NAME}.skeleton.npy") -> Clip | Reject:
        write(name, held if isinstance(held, bytes) else saved(held))
        (source,) = NtuNpyReader().sources(str(tmp_path))
        clips, rejects = read_clips(NtuNpyReader(), source)
        (item,) = [*clips, *rejects]
        return item

    return one


Read = Callable[..., Clip | Reject]


def test_bodies_of_a_dict(read: Read) -> None:
    clip = read(content())
    assert isinstance(clip, Clip)
    np.testing.assert_allclose(clip.motion.joints, POINTS, atol=1e-6)
    assert (clip.clip_id, clip.label, clip.subject) == (f"ntu_npy/{NAME}", "shaking hands", "1")
    assert (clip.motion.metric, clip.motion.space, clip.motion.fps) == (True, "camera", 30.0)
    assert (clip.flags, clip.licence) == ((), "ntu_rgbd")


def test_a_body_of_zeros_is_absent(read: Read) -> None:
    second = POINTS[:, 1].copy()
    second[5:] = 0
    clip = read(content(skel_body1=second))
    assert isinstance(clip, Clip)
    assert clip.motion.present[:, 1].tolist() == [True] * 5 + [False] * 7


@pytest.mark.parametrize("stated", [[1, 1], np.array([3, 2]), None])
def test_stated_bodies_are_held_against_those_there(read: Read, stated: Any) -> None:
    clip = read(content(nbodys=stated))
    assert isinstance(clip, Clip)
    assert clip.flags == ("bodies_differ",)


def test_the_name_may_be_in_the_dict_or_nowhere(read: Read) -> None:
    clip = read(content(), "ours.npy")
    assert isinstance(clip, Clip)
    assert (clip.label, clip.licence) == ("shaking hands", "ntu_rgbd")
    clip = read(content(file_name=None), "ours.npy")
    assert isinstance(clip, Clip)
    assert (clip.label, clip.licence) == (None, "unknown")


class Caller:
    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, ("executed",)


@pytest.mark.parametrize(
    ("held", "code", "message"),
    [
        (np.zeros((5, 25, 3)), "format", "no array of Python objects"),
        ({"a": 1}, "format", "a dict of a; expected skel_body0"),
        (content(skel_body0=Caller()), "unsafe", "wants to call"),
        (content(skel_body0=np.zeros((12, 20, 3))), "format", "of a body, is an array"),
        (content(skel_body0=np.zeros((3, 25, 3))), "format", "joints of a body in [3, 12] frames"),
        (content(skel_body0=7), "format", "of a body, is a int"),
        ([1, 2], "format", "no array of Python objects"),
        (saved(content())[:300], "truncated", "not a pickle"),
    ],
)
def test_bad_files(read: Read, held: Any, code: str, message: str) -> None:
    reject = read(held)
    assert isinstance(reject, Reject)
    assert reject.code == code
    assert message in reject.message
    assert not Path("executed").exists()


def test_the_contract_holds(write: Write, tmp_path: Path) -> None:
    write(f"{NAME}.skeleton.npy", saved(content()))
    assert check_reader(NtuNpyReader(), str(tmp_path)) == []


@pytest.mark.parametrize("unit", [100, 1000])
def test_bodies_in_another_unit(read: Read, unit: int) -> None:
    clip = read(content(skel_body0=POINTS[:, 0] * unit, skel_body1=POINTS[:, 1] * unit))
    assert isinstance(clip, Clip)
    np.testing.assert_allclose(clip.motion.joints, POINTS, atol=1e-4)
    assert (clip.flags, clip.motion.metric) == (("unit_assumed",), True)


def test_of_a_dict_of_bodies_this_reader_says_what_is_wrong(read: Read, tmp_path: Path) -> None:
    reject = read(content(skel_body0=np.zeros((12, 20, 3))))
    assert isinstance(reject, Reject)
    nearest = find_nearest(identify_corpus(str(tmp_path)))
    assert nearest is not None
    assert (nearest.corpus, "skel_body0" in nearest.reasons[-1]) == ("ntu_npy", True)
