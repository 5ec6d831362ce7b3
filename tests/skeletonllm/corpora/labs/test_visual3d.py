from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skeletonllm.corpora import check_reader, get_reader, read_clips
from skeletonllm.corpora.reader import Source
from skeletonllm.synthesis.lab_writers import format_visual3d
from skeletonllm.testing.strategies import FEW_EXAMPLES

from .conftest import MARKERS, TO_Z_UP, ReadFile

ENDS = {
    "RTHProxEndPos": (-0.1, 1, 0), "RTHDistEndPos": (-0.1, 0.55, 0),
    "RSKDistEndPos": (-0.1, 0.1, 0),
    "LTHProxEndPos": (0.1, 1, 0), "LTHDistEndPos": (0.1, 0.55, 0), "LSKDistEndPos": (0.1, 0.1, 0),
    "RARProxEndPos": (-0.2, 1.4, 0), "LARProxEndPos": (0.2, 1.4, 0),
}  # fmt: skip


def test_ends_of_segments_are_joints(read_file: ReadFile) -> None:
    points = np.repeat(np.array([*ENDS.values()])[None], 3, 0) + 0.001
    text = format_visual3d(points @ TO_Z_UP, [*ENDS], kind="KINETIC_KINEMATIC")
    ((clip,), rejects) = read_file("visual3d", "t.txt", text)
    assert (rejects, clip.clip_id, clip.flags) == ([], "visual3d/t", ("fps_assumed",))
    joints = clip.motion.topology.joints
    assert joints[:3] == ("right_hip", "right_knee", "right_ankle")
    assert joints[-1] == "left_shoulder"
    np.testing.assert_allclose(clip.motion.joints[:, 0], points, atol=1e-6)


def test_recordings_side_by_side_are_clips(markers: np.ndarray, read_file: ReadFile) -> None:
    files = (r"C:\data\walk 1.c3d", "run.c3d")
    text = format_visual3d(markers @ TO_Z_UP, [*MARKERS], files=files)
    (clips, _) = read_file("visual3d", "t.txt", text)
    assert [clip.clip_id for clip in clips] == ["visual3d/t/0-walk_1", "visual3d/t/1-run"]
    assert clips[0].frame_index == (1, 2, 3, 4, 5)
    assert clips[0].motion.observed.sum() == 5 * 11 - 1


@FEW_EXAMPLES
@given(
    seed=st.integers(0, 2**32),
    number=st.sampled_from(["%.9g", "%.9e", "%+.10f"]),
    end=st.sampled_from(["\n", "\r\n"]),
    kind=st.sampled_from(["TARGET", "LANDMARK"]),
)
def test_what_was_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, seed: int, number: str, end: str, kind: str
) -> None:
    rng = np.random.default_rng(seed)
    points = rng.normal(0, 2, (rng.integers(1, 6), rng.integers(1, 9), 3))
    labels = [f"M{i}" for i in range(points.shape[1])]
    path = tmp_path_factory.mktemp("x") / "a.txt"
    path.write_bytes(format_visual3d(points, labels, kind=kind, number=number)
                     .replace("\n", end).encode())  # fmt: skip
    ((clip,), rejects) = read_clips(get_reader("visual3d"), Source(str(path), "a", 1))
    assert rejects == []
    np.testing.assert_allclose(clip.motion.joints[:, 0] @ TO_Z_UP, points, atol=1e-5)


@pytest.mark.parametrize(
    ("kind", "signal", "found"),
    [
        ("LINK_MODEL_BASED", "RKneeAngle", "signals RKneeAngle"),
        ("KINETIC_KINEMATIC", "RTHProxEndVel", "ProxEndPos"),
        ("KINETIC_KINEMATIC", "RTHCGPos", "expected positions"),
    ],
)
def test_what_is_no_place_says_what_to_export(
    read_file: ReadFile, kind: str, signal: str, found: str
) -> None:
    text = format_visual3d(np.zeros((2, 1, 3)) + 1, [signal], kind=kind)
    (clips, (reject,)) = read_file("visual3d", "t.txt", text)
    assert (clips, reject.code) == ([], "format")
    assert found in reject.message


def test_other_text_is_refused(read_file: ReadFile) -> None:
    for text in ("hello\n", "1 2 3\n" * 9):
        (_, (reject,)) = read_file("visual3d", "t.txt", text)
        assert "expected ITEM, X, Y, Z" in reject.message


def test_the_contract_holds(markers: np.ndarray, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text(format_visual3d(markers, [*MARKERS]))
    assert check_reader(get_reader("visual3d"), str(tmp_path)) == []
