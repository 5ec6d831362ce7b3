from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skeletonllm.clip import Clip
from skeletonllm.corpora.check import check_reader
from skeletonllm.corpora.exchange.toyota_smarthome import ToyotaSmarthomeReader
from skeletonllm.corpora.reader import Reject, read_clips
from skeletonllm.mocap_topologies import LCRNET_13
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.strategies import FEW_EXAMPLES

Write = Callable[[str, str | bytes], Path]
NAME = "Cook.Cleandishes_p02_r00_v02_c03.json"
BODY = synthesize("hand waving", topology=LCRNET_13, seed=1).joints[:9, 0].astype(np.float64)


def person(joints: np.ndarray, picture: np.ndarray) -> dict[str, Any]:
    return {"pose3d": joints.T.ravel().tolist(), "pose2d": picture.T.ravel().tolist(), "score": 1}


def content(joints: np.ndarray = BODY, **changes: Any) -> dict[str, Any]:
    picture = np.abs(joints[..., :2]) * 100 + 5
    frames = [[person(j, p)] for j, p in zip(joints, picture, strict=True)]
    return {"njts": 13, "K": 5, "frames": frames, **changes}


def read_text(text: str | bytes, name: str = NAME, picture: bool = False) -> Clip | Reject:
    with tempfile.TemporaryDirectory() as folder:
        data = text.encode() if isinstance(text, str) else text
        Path(folder, name).write_bytes(data)
        reader = ToyotaSmarthomeReader(picture)
        (source,) = reader.sources(folder)
        clips, rejects = read_clips(reader, source)
    (item,) = [*clips, *rejects]
    return item


def read(held: Any, name: str = NAME, picture: bool = False) -> Clip | Reject:
    return read_text(json.dumps(held), name, picture)


def test_poses_in_space_are_upright_and_of_no_unit() -> None:
    clip = read(content(BODY * [250, -250, 250]))  # y down
    assert isinstance(clip, Clip)
    assert (clip.label, clip.label_id, clip.camera) == ("Cook.Cleandishes", 0, "3")
    assert (clip.motion.metric, clip.motion.fps, clip.motion.topology) == (False, 20.0, LCRNET_13)
    expected = ("fps_assumed", "unit_assumed", "axes_assumed", "identity_by_motion")
    assert (clip.flags, clip.licence) == (expected, "unknown")
    joints = clip.motion.joints[:, 0]
    head, ankle = (joints[:, LCRNET_13.index(name), 1] for name in ("head", "left_ankle"))
    assert (head - ankle > 1).all()
    thigh = joints[:, LCRNET_13.index("left_hip")] - joints[:, LCRNET_13.index("left_knee")]
    assert np.median(np.linalg.norm(thigh, axis=-1)) == pytest.approx(0.42, rel=0.05)


def test_poses_in_the_picture() -> None:
    clip = read(content(), picture=True)
    assert isinstance(clip, Clip)
    assert (clip.motion.image_size, clip.motion.topology.dims) == ((640, 480), 2)
    expected = np.abs(BODY[..., :2]) * 100 + 5
    np.testing.assert_allclose(clip.motion.joints[:, 0, :, :2], expected, rtol=1e-6)
    assert clip.flags == ("fps_assumed", "identity_by_motion")
    clip = read(content(), "ours.json", picture=True)
    assert isinstance(clip, Clip)
    assert (clip.label, "image_size_assumed" in clip.flags) == (None, True)


def test_a_frame_of_nobody_stays_a_frame() -> None:
    held = content()
    held["frames"][4] = []
    clip = read(held)
    assert isinstance(clip, Clip)
    assert clip.motion.present[:, 0].tolist() == [True] * 4 + [False] + [True] * 4


@FEW_EXAMPLES
@given(st.lists(st.floats(10, 600, width=32), min_size=26, max_size=26), st.integers(1, 5))
def test_what_is_written_is_read(numbers: list[float], frames: int) -> None:
    held = content()
    held["frames"] = [[{"pose2d": numbers, "pose3d": [0] * 39}]] * frames
    clip = read(held, picture=True)
    assert isinstance(clip, Clip)
    expected = np.array(numbers, np.float32).reshape(2, 13).T
    np.testing.assert_array_equal(clip.motion.joints[0, 0, :, :2], expected)
    assert clip.motion.num_frames == frames


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        (json.dumps({"frames": []}), "format", "an object with the keys frames; expected"),
        (json.dumps(content(njts=17)), "format", "njts 17; expected 13"),
        (json.dumps(content(frames=[])), "no_frames", "0 frames"),
        (json.dumps(content(frames=[3])), "format", "frame 0: a frame that is a int"),
        (json.dumps(content(frames=[[3]])), "format", "frame 0: a person that is a int"),
        (json.dumps(content(frames=[[{"pose3d": [1]}]])), "format", "pose3d of 1 numbers"),
        (json.dumps(content(frames=[[]])), "no_body", "nobody"),
        (json.dumps(content(np.roll(BODY, 3, axis=1))), "format", "not those of lcrnet_13"),
        (json.dumps(content())[:400], "truncated", "not JSON"),
        ("[]", "format", "a list of 0"),
    ],
)
def test_bad_files(text: str, code: str, message: str) -> None:
    reject = read_text(text)
    assert isinstance(reject, Reject)
    assert reject.code == code
    assert message in reject.message


def test_the_contract_holds(write: Write, tmp_path: Path) -> None:
    write(NAME, json.dumps(content()))
    for picture in (False, True):
        assert check_reader(ToyotaSmarthomeReader(picture), str(tmp_path)) == []
