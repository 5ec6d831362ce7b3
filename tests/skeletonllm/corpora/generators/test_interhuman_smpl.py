from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora.check import check_reader
from skeletonllm.corpora.generators.interhuman_smpl import InterHumanSmplReader
from skeletonllm.corpora.reader import Reject, read_clips
from skeletonllm.corpora.rigs.body_model import VARIABLE
from skeletonllm.testing.mocap.body_models import (
    PARENTS,
    make_adult_joints,
    pose_by_loop,
    write_adult_models,
)

Write = Callable[[str, str | bytes], Path]
FRAMES = 5


def body(seed: int, **changes: Any) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    held = {
        "trans": rng.normal(0, 1, (FRAMES, 3)),
        "root_orient": rng.normal(0, 0.3, (FRAMES, 3)),
        "pose_body": rng.normal(0, 0.3, (FRAMES, 63)),
        "betas": np.zeros(10),
        "gender": "male",
    }
    return held | changes


def content(**changes: Any) -> dict[str, Any]:
    held = {"mocap_framerate": 59.94, "frames": FRAMES, "person1": body(1), "person2": body(2)}
    return held | changes


@pytest.fixture(autouse=True)
def no_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture
def read(write: Write, tmp_path: Path) -> Callable[..., Clip | Reject]:
    write_adult_models(write)

    def one(held: Any, models: bool = True) -> Clip | Reject:
        write("raw/motions/17.pkl", held if isinstance(held, bytes) else pickle.dumps(held))
        reader = InterHumanSmplReader(str(tmp_path / "models") if models else None)
        (source,) = reader.sources(str(tmp_path / "raw"))
        clips, rejects = read_clips(reader, source)
        (item,) = [*clips, *rejects]
        return item

    return one


Read = Callable[..., Clip | Reject]


def test_joints_of_two_bodies(read: Read, write: Write) -> None:
    write("raw/annots/17.txt", "They greet.\n")
    clip = read(content())
    assert isinstance(clip, Clip)
    for person in (0, 1):
        held = body(person + 1)
        poses = np.zeros((FRAMES, 156))
        poses[:, :66] = np.concatenate([held["root_orient"], held["pose_body"]], axis=1)
        whole = pose_by_loop(make_adult_joints(52), PARENTS["smplh"], poses, held["trans"])
        expected = whole[:, :22][..., [0, 2, 1]] * [1, 1, -1]
        np.testing.assert_allclose(clip.motion.joints[:, person], expected, atol=1e-5)
    assert (clip.motion.fps, clip.motion.space, clip.motion.metric) == (59.94, "world", True)
    assert (clip.flags, clip.licence) == (("body_assumed",), "unknown")
    assert [caption.text for caption in clip.captions] == ["They greet."]


def test_one_bad_frame_of_one_person_is_missing_and_no_more(read: Read) -> None:
    trans = body(2)["trans"]
    trans[3] = np.nan
    clip = read(content(person2=body(2, trans=trans)))
    assert isinstance(clip, Clip)
    assert np.argwhere(~clip.motion.present).tolist() == [[3, 1]]


def test_what_is_not_stated_is_assumed(read: Read) -> None:
    clip = read({"person1": body(1, gender=None, betas=np.zeros((1, 10)))})
    assert isinstance(clip, Clip)
    assert (clip.motion.num_persons, clip.motion.fps) == (1, 30.0)
    assert clip.flags == ("fps_assumed", "body_assumed")


def test_without_a_model_the_reject_says_what_to_do(read: Read) -> None:
    reject = read(content(), models=False)
    assert isinstance(reject, Reject)
    assert (reject.code, "smplh/male/model.npz" in reject.message) == ("no_body_model", True)


class Caller:
    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, ("executed",)


@pytest.mark.parametrize(
    ("held", "code", "message"),
    [
        ([1], "format", "a pickle of list"),
        (content(person2=3), "format", "person2 is a int"),
        (content(frames=9), "format", "and frames 9; expected as many of each"),
        (content(person1=body(1, trans=None)), "format", "trans is a NoneType"),
        (content(person1=body(1, pose_body=np.zeros((5, 69)))), "format", "pose_body (5, 69)"),
        (content(person1=body(1, betas=np.full(10, np.nan))), "non_finite", "betas"),
        (content(person1=body(1, trans=Caller())), "unsafe", "wants to call"),
        (pickle.dumps(content())[:-30], "truncated", "not a pickle"),
    ],
)
def test_bad_files(read: Read, held: Any, code: str, message: str) -> None:
    reject = read(held)
    assert isinstance(reject, Reject)
    assert reject.code == code
    assert message in reject.message
    assert not Path("executed").exists()


def test_the_contract_holds(write: Write, tmp_path: Path) -> None:
    write_adult_models(write)
    write("raw/motions/17.pkl", pickle.dumps(content()))
    for models in (str(tmp_path / "models"), None):
        assert check_reader(InterHumanSmplReader(models), str(tmp_path / "raw")) == []
