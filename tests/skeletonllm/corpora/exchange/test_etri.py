from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given

from skeletonllm.clip import Clip
from skeletonllm.corpora.check import check_reader
from skeletonllm.corpora.exchange.etri import EtriReader
from skeletonllm.corpora.reader import Reject, read_clips
from skeletonllm.motion import Motion
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.strategies import FEW_EXAMPLES, motions
from skeletonllm.topology import KINECT_V2

Write = Callable[[str, str | bytes], Path]
NAME = "A001_P002_G003_C004.csv"
PARTS = "3dX 3dY 3dZ depthX depthY orientationX orientationY orientationZ orientationW".split()
HEADER = ["frameNum", "bodyindexID", "trackingID"] + [
    f"joint{j}_{part}" for j in range(1, 26) for part in (*PARTS, "trackingState")
]
BOTH = synthesize("shaking hands", topology=KINECT_V2, seed=1).select_frames(np.arange(6))


def format_etri(motion: Motion, end: str = "\n") -> str:
    lines = [",".join(HEADER)]
    for t in range(motion.num_frames):
        for p in np.flatnonzero(motion.present[t]):
            row = [str(t + 1), str(p), f"7205759403792{p}"]
            for joint, trust in zip(
                motion.joints[t, p].tolist(), motion.confidence[t, p], strict=True
            ):
                row += [*map(repr, joint), *["1.5"] * 6, str(2 if trust > 0 else 0)]
            lines.append(",".join(row))
    return end.join([*lines, ""])


def read(text: str, name: str = NAME) -> Clip | Reject:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, name).write_bytes(text.encode())
        (source,) = EtriReader().sources(folder)
        clips, rejects = read_clips(EtriReader(), source)
    (item,) = [*clips, *rejects]
    return item


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_two_bodies(end: str) -> None:
    clip = read(format_etri(BOTH, end))
    assert isinstance(clip, Clip)
    np.testing.assert_array_equal(clip.motion.joints, BOTH.joints)
    assert (clip.clip_id, clip.frame_index) == ("etri/A001_P002_G003_C004", (1, 2, 3, 4, 5, 6))
    assert clip.person_ids == ("72057594037920", "72057594037921")
    assert (clip.label, clip.label_id, clip.subject, clip.repetition, clip.camera) == (
        "action 1",
        0,
        "2",
        "3",
        "4",
    )
    motion = clip.motion
    assert (motion.topology, motion.space, motion.metric) == (KINECT_V2, "camera", True)
    assert (clip.flags, clip.licence) == (("fps_assumed",), "unknown")


def test_lines_without_a_body_and_skipped_numbers_are_empty_frames() -> None:
    lines = format_etri(BOTH.select_persons([0])).splitlines()
    lines[3] = "3" + "," * (len(HEADER) - 1)
    del lines[5]
    clip = read("\n".join(lines), "ours.csv")
    assert isinstance(clip, Clip)
    assert clip.motion.present[:, 0].tolist() == [True, True, False, True, False, True]
    assert clip.label is None


def test_inferred_joints_are_trusted_half() -> None:
    lines = format_etri(BOTH.select_persons([0])).splitlines()
    lines[1] = ",".join([*lines[1].split(",")[:-1], "1"])
    clip = read("\n".join(lines))
    assert isinstance(clip, Clip)
    assert clip.motion.confidence[0, 0, [23, 24]].tolist() == [1.0, 0.5]


@FEW_EXAMPLES
@given(motion=motions(KINECT_V2, persons=2, fps=30.0))
def test_what_is_written_is_read(motion: Motion) -> None:
    there = np.flatnonzero(motion.present.any(0)).tolist()
    clip = read(format_etri(motion))
    assert isinstance(clip, Clip)
    frames = np.array(clip.frame_index) - 1
    ids = [f"7205759403792{p}" for p in there]
    back = clip.motion.select_persons([clip.person_ids.index(name) for name in ids])
    expected = motion.select_persons(there).select_frames(frames)
    np.testing.assert_array_equal(back.present, expected.present & expected.observed.any(-1))
    np.testing.assert_array_equal(back.joints[back.observed], expected.joints[expected.observed])


WIDE = ",".join(HEADER)


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("a,b,c\n1,2,3\n", "format", "a header without frameNum and 76 other columns"),
        (WIDE, "no_frames", "a header and no line"),
        (f"{WIDE}\n1,2,3\n", "format", "line 2: 3 fields; expected 253"),
        (f"{WIDE}\nx{',1' * 252}\n", "format", "could not convert"),
        (f"{WIDE}\n1.5{',1' * 252}\n", "format", "frameNum 1.5; expected a whole number"),
        (f"{WIDE}\n1{',7' * 252}\n", "format", "a trackingState"),
        (f"{WIDE}\n1{',1' * 252}\n1{',1' * 252}\n", "format", "body 1 twice"),
        (f"{WIDE}\n1{',1' * 252}\n99999999{',1' * 252}\n", "unsafe", "numbered over a range"),
        (f"{WIDE}\n1{',' * 252}\n", "no_body", "nobody"),
    ],
)
def test_bad_files(text: str, code: str, message: str) -> None:
    reject = read(text)
    assert isinstance(reject, Reject)
    assert reject.code == code
    assert message in reject.message


def test_the_contract_holds(write: Write, tmp_path: Path) -> None:
    write(NAME, format_etri(BOTH))
    assert check_reader(EtriReader(), str(tmp_path)) == []
