"""One motion under two names is found, whatever was done to it; two takes of one person are not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from skeletonllm.clip import Clip
from skeletonllm.motion import Motion
from skeletonllm.normalize import resample
from skeletonllm.quality import find_duplicates
from skeletonllm.quality.detectors.duplicates import SAME
from skeletonllm.quality.detectors.fingerprint import SIZE, compute_fingerprint
from skeletonllm.quality.tracks import extract_tracks
from skeletonllm.synthesis import synthesize
from skeletonllm.topology import KINECT_V2
from tests.skeletonllm.quality.conftest import judged, make_labelled, performed


def other(motion: Motion, label: str = "wave", **more: str) -> Clip:
    return make_labelled(motion, 1, label, **more)


def turned(motion: Motion, degrees: float) -> Motion:
    angle = np.radians(degrees)
    c, s = np.cos(angle), np.sin(angle)
    rotation = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    return replace(motion, joints=(motion.joints @ rotation.T).astype(np.float32))


def shifted(motion: Motion) -> Motion:
    return replace(motion, joints=motion.joints + np.float32([0.4, 0.1, -0.3]))


def larger(motion: Motion) -> Motion:
    return replace(motion, joints=motion.joints * np.float32(1.15))


def test_the_same_motion_under_another_label_is_a_conflict(wave: Clip) -> None:
    found = judged([wave, other(wave.motion, "clap", camera="2")])
    (pair,) = found.duplicates.to_pylist()
    assert (pair["clip_id"], pair["same_as"], pair["kind"]) == ("lab/1", "lab/0", "exact")
    assert pair["label_conflict"]
    assert pair["differ"] == ["camera"]
    assert found.rows.column("faults").to_pylist() == [[], ["duplicate", "label_conflict"]]


def test_the_same_motion_under_the_same_label_is_a_duplicate(wave: Clip) -> None:
    found = judged([wave, other(wave.motion)])
    assert found.rows.column("faults").to_pylist() == [[], ["duplicate"]]


@pytest.mark.parametrize(
    "change",
    [
        lambda m: turned(m, 50),
        shifted,
        larger,
        lambda m: resample(m, 20),
        lambda m: replace(m, fps=15.0),
        lambda m: shifted(turned(resample(m, 25), -120)),
    ],
    ids=["turned", "shifted", "larger", "resampled", "renamed fps", "all"],
)
def test_a_copy_that_was_changed_is_near(change, wave: Clip) -> None:
    motion = change(wave.motion)
    (pair,) = judged([wave, other(motion)]).duplicates.to_pylist()
    assert pair["kind"] == "near"
    assert 0 <= pair["distance"] < SAME


def test_another_take_of_the_same_person_is_none() -> None:
    takes = [performed(seed=seed) for seed in range(6)]
    clips = [replace(take, clip_id=f"lab/{i}") for i, take in enumerate(takes)]
    assert len(judged(clips).duplicates) == 0


def test_a_mirror_image_is_another_motion(wave: Clip) -> None:
    assert len(judged([wave, other(wave.motion.mirrored())]).duplicates) == 0


def test_clips_of_which_nothing_is_known_are_not_the_same() -> None:
    motion = synthesize("clapping", topology=KINECT_V2)
    hidden = replace(motion, confidence=motion.confidence * 0)
    clips = [make_labelled(hidden), other(replace(hidden, fps=25.0))]
    assert len(judged(clips).duplicates) == 0


def test_many_copies_are_each_named_once(wave: Clip) -> None:
    copies = [make_labelled(turned(wave.motion, 10.0 * i), i) for i in range(12)]
    pairs = judged(copies).duplicates.to_pylist()
    assert len({pair["clip_id"] for pair in pairs}) == len(pairs) >= 6
    assert all(int(p["same_as"][4:]) < int(p["clip_id"][4:]) for p in pairs)


def test_fingerprints_are_as_far_apart_as_the_points(wave: Clip) -> None:
    """A head 0.1 body heights higher all the time: one point of eleven."""
    (track,) = extract_tracks(wave)
    moved = wave.motion.joints.copy()
    moved[:, :, KINECT_V2.index("head"), 1] += 0.1 * track.height
    (apart,) = extract_tracks(replace(wave, motion=replace(wave.motion, joints=moved)))
    gap = np.linalg.norm(compute_fingerprint(track.body) - compute_fingerprint(apart.body))
    assert gap == pytest.approx(0.1 / np.sqrt(11), rel=1e-3)


def test_what_is_near_in_the_searched_directions_only_is_no_copy() -> None:
    """Forty motions, each with a direction of its own: most look alike in any sixteen."""
    rows = judged([performed()]).rows
    many = pa.concat_tables([rows] * 40)
    names = pa.array([f"lab/{i}" for i in range(40)])
    hashes = pa.array([f"{i:064x}" for i in range(40)])
    many = many.set_column(0, "clip_id", names)
    many = many.set_column(many.schema.get_field_index("motion_sha256"), "motion_sha256", hashes)
    marks = 0.05 * np.eye(40, SIZE, dtype=np.float32)
    assert len(find_duplicates(many, marks)) == 0
    marks[39] = marks[0]
    (pair,) = find_duplicates(many, marks).to_pylist()
    assert (pair["clip_id"], pair["same_as"], pair["distance"]) == ("lab/39", "lab/0", 0)


def test_no_clips_at_all() -> None:
    none = judged([performed()]).rows.slice(0, 0)
    assert len(find_duplicates(none, np.zeros((0, SIZE), np.float32))) == 0
