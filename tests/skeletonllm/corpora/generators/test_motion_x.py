from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora.check import check_reader
from skeletonllm.corpora.generators.motion_x import MotionXReader
from skeletonllm.corpora.identify import identify_corpus
from skeletonllm.corpora.reader import Reject, read_clips
from skeletonllm.corpora.rigs.body_model import VARIABLE
from skeletonllm.testing.mocap.body_models import (
    PARENTS,
    make_adult_joints,
    pose_by_loop,
    write_adult_models,
)

Write = Callable[[str, str | bytes], Path]
OWN = "motion_data/smplx_322/dance/a.npy"
RNG = np.random.default_rng(4)


def saved(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def rows(frames: int = 5) -> np.ndarray:
    array = np.zeros((frames, 322), np.float32)
    array[:, 3:156] = np.random.default_rng(4).normal(0, 0.2, (frames, 153))
    array[:, 309:312] = np.random.default_rng(5).normal(0, 1, (frames, 3))
    return array


@pytest.fixture(autouse=True)
def no_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture
def read(write: Write, tmp_path: Path) -> Callable[..., Clip | Reject]:
    write_adult_models(write)

    def one(
        array: np.ndarray | bytes, name: str = OWN, hands: bool = False, models: bool = True
    ) -> Clip | Reject:
        write(f"raw/{name}", array if isinstance(array, bytes) else saved(array))
        reader = MotionXReader(str(tmp_path / "models") if models else None, hands)
        (source,) = reader.sources(str(tmp_path / "raw"))
        clips, rejects = read_clips(reader, source)
        (item,) = [*clips, *rejects]
        return item

    return one


Read = Callable[..., Clip | Reject]


@pytest.mark.parametrize("hands", [False, True])
def test_joints_are_those_of_the_body_model(read: Read, write: Write, hands: bool) -> None:
    write("raw/texts/semantic_labels/dance/a.txt", "She dances.\n")
    clip = read(rows(), hands=hands)
    assert isinstance(clip, Clip)
    poses = np.zeros((5, 55, 3))
    turns = rows()[:, :156].reshape(5, 52, 3)
    poses[:, :22], poses[:, 25:] = turns[:, :22], turns[:, 22:]
    whole = pose_by_loop(
        make_adult_joints(55), PARENTS["smplx"], poses.reshape(5, -1), rows()[:, 309:312]
    )
    at = [*range(22), *(range(25, 55) if hands else [])]
    np.testing.assert_allclose(clip.motion.joints[:, 0], whole[:, at], atol=1e-5)
    assert (clip.motion.fps, clip.motion.space, clip.motion.metric) == (30.0, "world", True)
    assert (clip.flags, clip.licence) == ((), "unknown")
    assert [caption.text for caption in clip.captions] == ["She dances."]


def test_a_width_alone_is_a_guess(read: Read) -> None:
    clip = read(rows(), "a.npy")
    assert isinstance(clip, Clip)
    assert clip.flags == ("format_assumed", "fps_assumed", "body_assumed")


def test_without_a_model_the_reject_says_what_to_do(read: Read) -> None:
    reject = read(rows(), models=False)
    assert isinstance(reject, Reject)
    assert reject.code == "no_body_model"
    assert "smplx/neutral/model.npz" in reject.message


def test_one_bad_frame_is_missing_and_no_more(read: Read) -> None:
    array = rows()
    array[2, 309] = np.nan
    clip = read(array)
    assert isinstance(clip, Clip)
    assert clip.motion.present[:, 0].tolist() == [True, True, False, True, True]


@pytest.mark.parametrize(
    ("array", "code", "message"),
    [
        (np.zeros((5, 263), np.float32), "format", "expected floats (T, 322)"),
        (rows(0), "no_frames", "0 frames"),
        (np.full((5, 322), np.nan), "non_finite", "no frame"),
        (b"hello", "format", "not a .npy file"),
    ],
)
def test_bad_files(read: Read, array: np.ndarray | bytes, code: str, message: str) -> None:
    reject = read(array)
    assert isinstance(reject, Reject)
    assert reject.code == code
    assert message in reject.message


def test_the_contract_holds(write: Write, tmp_path: Path) -> None:
    write_adult_models(write)
    write(f"raw/{OWN}", saved(rows()))
    for models in (str(tmp_path / "models"), None):
        assert check_reader(MotionXReader(models), str(tmp_path / "raw")) == []


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.random.default_rng(0).uniform(0, 0.1, (60, 322)), "change over the frames"),
        (rows() * 0 + 9, "more than a whole turn"),
    ],
)
def test_any_array_of_that_width_is_not_of_this_format(
    read: Read, array: np.ndarray, message: str
) -> None:
    reject = read(array.astype(np.float32), "audio_features.npy")
    assert isinstance(reject, Reject)
    assert (reject.code, message in reject.message) == ("format", True)


def test_without_a_model_a_width_alone_is_no_evidence(
    read: Read, write: Write, tmp_path: Path
) -> None:
    reject = read(rows(), "a.npy", models=False)
    assert isinstance(reject, Reject)
    assert reject.code == "format"
    assert "smplx/neutral/model.npz" in reject.message
    assert not any(guess.certain for guess in identify_corpus(str(tmp_path / "raw/a.npy")))
