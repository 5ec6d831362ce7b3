from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora.check import check_reader
from skeletonllm.corpora.exchange.lifted_poses import LiftedPosesReader
from skeletonllm.corpora.identify import identify_corpus
from skeletonllm.corpora.mocap.human36m import Human36mReader
from skeletonllm.corpora.reader import Reject, read_clips
from skeletonllm.mocap_topologies import H36M_17
from skeletonllm.synthesis import synthesize

Write = Callable[[str, str | bytes], Path]
FLAGS = ("format_assumed", "skeleton_assumed", "fps_assumed", "unit_assumed", "axes_assumed")


def upright() -> np.ndarray:
    """[T, 17, 3] metres, +y up, the pelvis between the hips."""
    joints = synthesize("hand waving", topology=H36M_17, space="world", seed=1).joints[:12, 0]
    joints = joints.astype(np.float64)
    hips = [H36M_17.index(f"{side}_hip") for side in ("left", "right")]
    joints[:, 0] = joints[:, hips].mean(1)
    return joints


BODY = upright()
SEEN = BODY * [-1, -1, 1]
"""As a camera sees it: y down, z away."""


def saved(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def packed(**arrays: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


@pytest.fixture
def read(write: Write, tmp_path: Path) -> Callable[..., Clip | Reject]:
    def one(data: np.ndarray | bytes, name: str = "X3D.npy") -> Clip | Reject:
        write(name, data if isinstance(data, bytes) else saved(data))
        (source,) = LiftedPosesReader().sources(str(tmp_path))
        clips, rejects = read_clips(LiftedPosesReader(), source)
        (item,) = [*clips, *rejects]
        return item

    return one


Read = Callable[..., Clip | Reject]


def thigh(clip: Clip) -> float:
    joints = clip.motion.joints[:, 0]
    bone = joints[:, H36M_17.index("left_hip")] - joints[:, H36M_17.index("left_knee")]
    return float(np.median(np.linalg.norm(bone, axis=-1)))


@pytest.mark.parametrize("scale", [0.6, 1.0, 1.0 / 3, 400, 1000])
def test_a_shape_gives_no_unit_rate_corpus_or_licence(read: Read, scale: float) -> None:
    clip = read((SEEN * scale).astype(np.float32))
    assert isinstance(clip, Clip)
    motion = clip.motion
    assert (motion.topology, motion.metric, motion.fps) == (H36M_17, False, 30.0)
    assert (clip.flags, clip.licence, clip.label) == (FLAGS, "unknown", None)
    assert motion.space == "camera"
    assert thigh(clip) == pytest.approx(0.42, rel=0.05)
    by_size = BODY * (motion.joints[0, 0, 10, 1] / BODY[0, 10, 1])
    np.testing.assert_allclose(motion.joints[:, 0], by_size, atol=1e-4)


def test_the_corpus_itself_is_not_read_as_lifted_nor_the_other_way(
    read: Read, write: Write, tmp_path: Path
) -> None:
    reject = read(SEEN, "S1/Walking 1.npy")
    assert isinstance(reject, Reject)
    assert "Read them as human36m." in reject.message
    reader = Human36mReader()
    ((clip,), _) = read_clips(reader, reader.sources(str(tmp_path))[0])
    assert (clip.motion.metric, clip.licence) == (True, "unknown")
    assert clip.flags == ("format_assumed", "fps_assumed")
    relative = SEEN - SEEN[:, :1]
    for name, array in (
        ("S1/Walking 1.npy", SEEN * 0.6),
        ("X3D.npy", SEEN),
        ("S9/Walking/X3D.npy", relative),
        ("walking.npy", SEEN),
        ("S12/walking.npy", SEEN),
    ):
        write(f"other/{name}", saved(array))
        (source,) = reader.sources(str(tmp_path / "other" / name))
        _, (reject,) = read_clips(reader, source)
        assert (reject.code, "lifted_poses" in reject.message) == ("format", True)


def test_identify_is_not_certain(write: Write, tmp_path: Path) -> None:
    write("X3D.npy", saved(SEEN.astype(np.float32)))
    best = identify_corpus(str(tmp_path))[0]
    assert (best.corpus, best.certain) == ("lifted_poses", False)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (packed(reconstruction=BODY), "output_keypoints_3d.npz"),
        (packed(reconstruction=BODY[None]), "output_keypoints_3d.npz"),
        (packed(keypoints_3d=BODY[:, None], frames=np.arange(12)), "a.npz"),
        (packed(anything=BODY), "a.npz"),
        (saved(BODY.reshape(12, 51)), "a.npy"),
        (saved(BODY[None]), "a.npy"),
        (saved((BODY * 500).astype(np.int32)), "a.npy"),
        (saved(BODY[:, None]), "a.npy"),
    ],
)
def test_other_forms(read: Read, data: bytes, name: str) -> None:
    clip = read(data, name)
    assert isinstance(clip, Clip)
    assert (clip.motion.num_frames, clip.flags) == (12, FLAGS)


@pytest.mark.parametrize("axes", [[0, 2, 1], [1, 0, 2], [0, 1, 2]])
def test_whichever_axis_is_up_the_body_stands(read: Read, axes: list[int]) -> None:
    clip = read(BODY[..., axes] * [1, 1, 1])
    assert isinstance(clip, Clip)
    joints = clip.motion.joints[:, 0]
    assert (joints[:, H36M_17.index("head"), 1] > joints[:, H36M_17.index("left_ankle"), 1]).all()


def test_a_fourth_number_is_the_score(read: Read) -> None:
    scored = np.concatenate([BODY, np.full((12, 17, 1), 0.5)], axis=-1)
    clip = read(scored)
    assert isinstance(clip, Clip)
    assert (clip.motion.confidence == 0.5).all()
    reject = read(scored * 9)
    assert isinstance(reject, Reject)
    assert "no score from 0 to 1" in reject.message


def test_missing_joints_stay_missing(read: Read) -> None:
    holes = BODY.copy()
    holes[3, 5] = np.nan
    clip = read(holes)
    assert isinstance(clip, Clip)
    assert np.argwhere(clip.motion.confidence == 0).tolist() == [[3, 0, 5]]


@pytest.mark.parametrize(
    ("data", "name", "code", "message"),
    [
        (BODY[:, ::-1], "a.npy", "format", "not those of h36m_17"),
        (np.zeros((5, 17, 3)), "a.npy", "format", "not those of h36m_17"),
        (BODY[:, :16], "a.npy", "format", "an array of float64 (12, 16, 3)"),
        (np.zeros((2, 3, 17, 3)), "a.npy", "format", "expected numbers (T, 17, 3)"),
        (BODY[:0], "a.npy", "no_frames", "0 frames"),
        (np.full((5, 17, 3), np.nan), "a.npy", "no_body", "nobody"),
        (np.full((5, 17, 3), np.inf), "a.npy", "non_finite", "infinite"),
        (packed(a=BODY, b=BODY), "a.npz", "format", "the arrays a, b; expected one of"),
        (b"hello", "a.npy", "format", "not a .npy file"),
    ],
)
def test_bad_files(
    read: Read, data: np.ndarray | bytes, name: str, code: str, message: str
) -> None:
    reject = read(data, name)
    assert isinstance(reject, Reject)
    assert reject.code == code
    assert message in reject.message


def test_the_contract_holds(write: Write, tmp_path: Path) -> None:
    write("X3D.npy", saved(BODY))
    write("b/output_keypoints_3d.npz", packed(reconstruction=BODY))
    assert check_reader(LiftedPosesReader(), str(tmp_path)) == []


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (saved(SEEN.reshape(12, 51)), "S1/Walking.npy"),
        (saved(SEEN[None]), "S1/Walking.npy"),
        (packed(reconstruction=SEEN), "S1/Walking/output_keypoints_3d.npz"),
    ],
)
def test_forms_that_human36m_does_not_have_are_read_here_whatever_the_path(
    read: Read, data: bytes, name: str
) -> None:
    clip = read(data, name)
    assert isinstance(clip, Clip)
    assert (clip.flags, clip.licence) == (FLAGS, "unknown")
