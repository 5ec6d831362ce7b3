"""Exports of laboratories, depth cameras and packed files that people reported."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora import get_reader, read_clips
from skeletonllm.corpora.reader import Reject
from skeletonllm.errors import UsageError

pytestmark = pytest.mark.real


def read(shared: Path, corpus: str, name: str) -> tuple[list[Clip], list[Reject]]:
    path = shared / "cases" / name
    if not path.exists():
        pytest.skip(f"{path} is not here")
    reader = get_reader(corpus)
    results = [read_clips(reader, source) for source in reader.sources(str(path))]
    return [c for found, _ in results for c in found], [r for _, bad in results for r in bad]


@pytest.mark.parametrize(("corpus", "name", "shape", "fps", "metric", "flags"), [
    ("trc", "real/markers.trc", (93, 1, 51), 100, True,
     {"fewer_frames_than_declared", "axes_assumed", "markers_unknown"}),
    ("vicon_csv", "real/vicon_markers.csv", (55, 1, 43), 100, True,
     {"objects_left_out", "markers_unknown"}),
    ("mvnx", "real/test_mocap.mvnx", (112, 1, 23), 60, True, set()),
    ("ntu_rgbd", "kinect/kinectazure", (20, 1, 32), 30, True,
     {"skeleton_assumed", "fps_assumed"}),
    ("ntu_rgbd", "kinect/blank_end", (20, 1, 25), 30, True, set()),
    ("ntu_rgbd", "kinect/macosx", (20, 1, 25), 30, True, set()),
    ("ntu_rgbd", "kinect/zero_bodies_start", (30, 1, 25), 30, True, set()),
    ("bvh", "packed/gz", (20, 1, 26), 30, True, None),
    ("bvh", "packed/zip", (20, 1, 26), 30, True, None),
    ("bvh", "packed/zip/motions.zip", (20, 1, 26), 30, True, None),
])  # fmt: skip
def test_reported_files_become_what_they_are(
    corpus: str,
    name: str,
    shape: tuple[int, int, int],
    fps: float,
    metric: bool,
    flags: set[str] | None,
    shared: Path,
) -> None:
    (clips, rejects) = read(shared, corpus, name)
    assert rejects == []
    (clip,) = clips
    assert clip.motion.joints.shape == (*shape, 3)
    assert (clip.motion.fps, clip.motion.metric) == (fps, metric)
    assert flags is None or set(clip.flags) == flags
    expected = "ntu_rgbd" if shape[2] == 25 else "unknown"
    assert clip.licence == expected
    assert clip.motion.topology.bones


@pytest.mark.parametrize(("name", "code", "found"), [
    ("kinect/dup_id", "format", "body 7 twice"),
    ("kinect/hololens", "format", "tracking state 3"),
    ("kinect/nul", "format", "all of them zero"),
    ("kinect/nultail", "truncated", "after the last frame"),
])  # fmt: skip
def test_what_is_damaged_stays_refused_by_its_cause(
    name: str, code: str, found: str, shared: Path
) -> None:
    (clips, (reject,)) = read(shared, "ntu_rgbd", name)
    assert (clips, reject.code) == ([], code)
    assert found in reject.message


def test_a_skeleton_that_is_named_as_text_is_not_listed(shared: Path) -> None:
    with pytest.raises(UsageError, match=r"no \.skeleton file"):
        get_reader("ntu_rgbd").sources(str(shared / "cases/kinect/txtname"))


def test_a_clip_in_both_folders_of_ntu_is_one(shared: Path) -> None:
    (clips, (reject,)) = read(shared, "ntu_rgbd", "kinect/v120")
    assert [clip.clip_id[-4:] for clip in clips] == ["A023", "A061"]
    assert reject.code == "duplicate_id"


def test_names_of_an_archive_are_part_of_the_ids(shared: Path) -> None:
    ((in_folder,), _) = read(shared, "bvh", "packed/zip")
    ((alone,), _) = read(shared, "bvh", "packed/zip/motions.zip")
    assert (in_folder.clip_id, alone.clip_id) == ("bvh/motions/set/base", "bvh/set/base")
    assert in_folder.motion.sha256 == alone.motion.sha256


def test_the_suit_stands_upright(shared: Path) -> None:
    ((clip,), _) = read(shared, "mvnx", "real/test_mocap.mvnx")
    motion = clip.motion
    at = [motion.topology.index(joint) for joint in ("left_ankle", "pelvis", "head")]
    ankle, pelvis, head = motion.joints[:, 0, at, 1].mean(0)
    assert pelvis - ankle == pytest.approx(0.76, abs=0.02)  # a suit of the upper body: it hangs
    assert head - pelvis == pytest.approx(0.57, abs=0.02)
    assert motion.orientations is not None
    np.testing.assert_allclose(np.linalg.norm(motion.orientations, axis=-1), 1, atol=1e-4)
