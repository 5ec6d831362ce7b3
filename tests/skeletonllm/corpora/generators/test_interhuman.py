from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora.check import check_reader
from skeletonllm.corpora.generators.interhuman import InterHumanReader
from skeletonllm.corpora.reader import Reject, read_clips
from skeletonllm.synthesis import synthesize
from skeletonllm.topology import SMPL_22

Write = Callable[[str, str | bytes], Path]
BOTH = synthesize("shaking hands", topology=SMPL_22, space="world", fps=30).joints[:10]


def saved(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def processed(person: int, width: int = 492) -> np.ndarray:
    """[T, 492], z up, or [T, 262], y up."""
    joints = BOTH[:, person]
    if width == 492:
        joints = joints[..., [0, 2, 1]] * np.float32([1, -1, 1])
    rows = np.zeros((len(joints), width), np.float32)
    rows[:, :66] = joints.reshape(len(joints), 66)
    return rows


@pytest.fixture
def read(tmp_path: Path) -> Callable[[], Clip | Reject]:
    def one() -> Clip | Reject:
        (source,) = InterHumanReader().sources(str(tmp_path))
        clips, rejects = read_clips(InterHumanReader(), source)
        (item,) = [*clips, *rejects]
        return item

    return one


Read = Callable[[], Clip | Reject]


@pytest.mark.parametrize("width", [492, 262])
def test_two_files_are_two_persons(read: Read, write: Write, width: int) -> None:
    for person in (0, 1):
        write(f"motions_processed/person{person + 1}/17.npy", saved(processed(person, width)))
    write("annots/17.txt", "They shake hands.\nTwo people greet.\n")
    clip = read()
    assert isinstance(clip, Clip)
    np.testing.assert_allclose(clip.motion.joints, BOTH, atol=1e-6)
    assert (clip.clip_id, clip.flags) == ("interhuman/motions_processed/17", ("fps_assumed",))
    assert (clip.motion.space, clip.motion.fps, clip.motion.metric) == ("world", 30.0, True)
    assert [caption.text for caption in clip.captions] == ["They shake hands.", "Two people greet."]


def test_one_person_alone_is_a_guess(read: Read, write: Write) -> None:
    write("person1/17.npy", saved(processed(0)))
    clip = read()
    assert isinstance(clip, Clip)
    assert clip.motion.num_persons == 1
    assert clip.flags[:3] == ("fps_assumed", "partner_missing", "format_assumed")


def test_a_shorter_partner_leaves_early(read: Read, write: Write) -> None:
    write("person1/17.npy", saved(processed(0)))
    write("person2/17.npy", saved(processed(1)[:6]))
    clip = read()
    assert isinstance(clip, Clip)
    assert clip.motion.present[:, 1].tolist() == [True] * 6 + [False] * 4


@pytest.mark.parametrize(
    ("data", "code", "message"),
    [
        (saved(np.zeros((5, 66), np.float32)), "format", "expected floats [T, 492] or [T, 262]"),
        (saved(np.zeros((5, 492), np.float32)), "format", "not those of smpl_22"),
        (saved(processed(0)[:0]), "no_frames", "0 frames"),
        (b"hello", "format", "not a .npy file"),
    ],
)
def test_bad_files(read: Read, write: Write, data: bytes, code: str, message: str) -> None:
    write("person1/17.npy", data)
    reject = read()
    assert isinstance(reject, Reject)
    assert reject.code == code
    assert message in reject.message


def test_a_bad_partner_costs_no_more_than_itself(read: Read, write: Write) -> None:
    write("person1/17.npy", saved(processed(0)))
    write("person2/17.npy", b"hello")
    clip = read()
    assert isinstance(clip, Clip)
    assert "partner_missing" in clip.flags


def test_the_contract_holds(write: Write, tmp_path: Path) -> None:
    for person in (0, 1):
        write(f"raw/person{person + 1}/17.npy", saved(processed(person)))
    assert check_reader(InterHumanReader(), str(tmp_path / "raw")) == []
