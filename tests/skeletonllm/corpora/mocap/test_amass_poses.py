from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora.mocap.amass import AmassReader
from skeletonllm.corpora.reader import Reject, read_clips
from skeletonllm.corpora.rigs.body_model import VARIABLE
from skeletonllm.testing.mocap.body_models import save_npz, write_adult_models

Write = Callable[[str, str | bytes], Path]
BODY = np.random.default_rng(1).normal(0, 1, (9, 52, 3))
MOVED = np.zeros((9, 3))


@pytest.fixture
def read(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Clip | Reject]:
    monkeypatch.delenv(VARIABLE, raising=False)
    write_adult_models(write)

    def one(**arrays: object) -> Clip | Reject:
        write("raw/a.npz", save_npz(**arrays))
        reader = AmassReader(str(tmp_path / "models"))
        clips, rejects = read_clips(reader, reader.sources(str(tmp_path / "raw"))[0])
        (item,) = [*clips, *rejects]
        return item

    return one


Read = Callable[..., Clip | Reject]


@pytest.mark.parametrize(
    "arrays",
    [
        {"poses": BODY[:, :22]},
        {"poses": BODY[:, :24], "fps": np.array(30)},
        {"poses": BODY, "trans": MOVED, "fps": np.array(30)},
        {"poses": BODY[:, :24].reshape(9, 72), "trans": MOVED},
        {"pose": BODY.reshape(9, 156)},
    ],
)
def test_positions_that_are_called_poses_are_refused(
    read: Read, arrays: dict[str, np.ndarray]
) -> None:
    reject = read(**arrays)
    assert isinstance(reject, Reject)
    assert (reject.code, "without betas, gender" in reject.message) == ("format", True)


@pytest.mark.parametrize(
    "arrays",
    [
        {"poses": BODY.reshape(9, 156), "trans": MOVED},
        {"pose": BODY[:, :24].reshape(9, 72), "betas": np.zeros(10)},
        {"pose_aa": BODY[:, :24]},
        {"global_orient": BODY[:, 0], "body_pose": BODY[:, 1:22]},
    ],
)
def test_what_says_that_it_is_of_smpl_is_read(read: Read, arrays: dict[str, np.ndarray]) -> None:
    assert isinstance(read(**arrays), Clip)


def test_millimetres_are_no_rotations(read: Read) -> None:
    reject = read(poses=BODY * 1000, trans=MOVED, betas=np.zeros(16))
    assert isinstance(reject, Reject)
    assert (reject.code, "more than a whole turn" in reject.message) == ("format", True)


def test_aist_has_y_up_and_scaled_translations(read: Read) -> None:
    rest, there = np.zeros((9, 72)), np.array([[93.0, 186.0, 0.0]]) * np.ones((9, 1))
    clip = read(smpl_poses=rest, smpl_trans=there, smpl_scaling=np.array([93.0]))
    assert isinstance(clip, Clip)
    joints = dict(zip(clip.motion.topology.joints, clip.motion.joints[0, 0], strict=True))
    assert joints["head"][1] - joints["left_ankle"][1] == pytest.approx(1.46, abs=1e-5)
    same = read(smpl_poses=rest, smpl_trans=MOVED, smpl_scaling=np.array([93.0]))
    assert isinstance(same, Clip)
    shift = clip.motion.joints - same.motion.joints
    np.testing.assert_allclose(shift, np.broadcast_to([1, 2, 0], shift.shape), atol=1e-5)
    assert (clip.motion.fps, clip.licence) == (60.0, "unknown")
    assert {"fps_assumed", "body_assumed"} <= set(clip.flags)
    bad = read(smpl_poses=rest, smpl_trans=there, smpl_scaling=np.array([0.0]))
    assert isinstance(bad, Reject)
    assert (bad.code, "smpl_scaling" in bad.message) == ("format", True)
