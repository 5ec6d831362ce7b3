"""C3D files that people reported, with the values they should have."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora import get_reader, read_clips
from skeletonllm.corpora.reader import Reject

pytestmark = pytest.mark.real

KNEES = {"left_knee", "right_knee"}


def read(shared: Path, name: str) -> Clip | Reject:
    path = shared / "cases" / name
    if not path.exists():
        pytest.skip(f"{path} is not here")
    reader = get_reader("c3d")
    (source,) = reader.sources(str(path))
    clips, rejects = read_clips(reader, source)
    (item,) = [*clips, *rejects]
    return item


@pytest.mark.parametrize(("name", "frames", "joints", "flags"), [
    ("c3d/header_from_0.c3d", 50, 13, {"axes_assumed"}),
    ("c3d/metres.c3d", 50, 13, {"axes_assumed"}),
    ("c3d/plain.c3d", 50, 13, {"axes_assumed"}),
    ("c3d/subject_and_box.c3d", 50, 13, {"axes_assumed", "objects_left_out"}),
    ("c3d/trial_int_2x1.c3d", 50, 13, {"axes_assumed"}),
    ("c3d/trial_int_flat.c3d", 50, 13, {"axes_assumed"}),
    ("c3d/unlabelled.c3d", 50, 13, {"axes_assumed", "unlabelled_left_out"}),
    ("real/read_NOTworking2.c3d", 670, 23, {"markers_unknown"}),
    ("real/Vicon.c3d", 580, 43, {"markers_unknown", "side_by_place", "objects_left_out"}),
    ("real/Qualisys.c3d", 340, 55, {"axes_assumed", "markers_unknown"}),
    ("real/FP_Type3.c3d", 2, 34, {"axes_assumed", "markers_unknown"}),
])  # fmt: skip
def test_reported_files_become_what_they_are(
    name: str, frames: int, joints: int, flags: set[str], shared: Path
) -> None:
    clip = read(shared, name)
    assert isinstance(clip, Clip), clip
    motion = clip.motion
    assert motion.joints.shape == (frames, 1, joints, 3)
    assert (motion.metric, motion.space, clip.licence) == (True, "world", "unknown")
    assert set(clip.flags) == flags
    assert motion.topology.bones
    least = 0.98 if "real" in name else 1.0
    assert (motion.confidence > 0).mean() >= least


@pytest.mark.parametrize("name", [
    "c3d/plain.c3d", "c3d/metres.c3d", "c3d/unlabelled.c3d", "c3d/subject_and_box.c3d",
    "real/Qualisys.c3d", "real/FP_Type3.c3d",
])  # fmt: skip
def test_knees_are_known_joined_and_as_high_as_knees(name: str, shared: Path) -> None:
    clip = read(shared, name)
    assert isinstance(clip, Clip)
    motion = clip.motion
    words = [joint.partition(".")[0] for joint in motion.topology.joints]
    assert set(words) >= KNEES
    joined = {words[end] for bone in motion.topology.bones for end in bone}
    assert joined >= KNEES
    heights = motion.joints[:, 0, [j for j, word in enumerate(words) if word in KNEES], 1]
    assert 0.3 < np.median(heights) < 0.6


@pytest.mark.parametrize(("name", "code", "word"), [
    ("real/Optotrak.c3d", "truncated", "1149 frames"),
    ("real/C3DRotationExample.c3d", "no_body", "rotations only"),
])  # fmt: skip
def test_what_cannot_be_read_is_said(name: str, code: str, word: str, shared: Path) -> None:
    reject = read(shared, name)
    assert isinstance(reject, Reject), reject
    assert reject.code == code
    assert word in reject.message
