"""Identity, ghosts, time, unit, up and sides on real files: what is right must stay as it is."""

from __future__ import annotations

import tarfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora import get_reader, read_clips
from skeletonllm.motion import Motion
from skeletonllm.normalize import Timing, normalize, rank_persons
from skeletonllm.normalize.ghosts import score_ghosts
from skeletonllm.normalize.handedness import measure_handedness, pool_evidence
from skeletonllm.normalize.identity import settle_identity
from skeletonllm.testing.identity_faults import (
    iterate_id_faults,
    keep_ids,
    measure_recovery,
    relabel_persons,
)

pytestmark = pytest.mark.real

FURNITURE = "ntu_rgbd/S001C001P003R002A005"
Read = Callable[[str], tuple[Clip, ...]]


@pytest.fixture(scope="module")
def read(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Read:
    """All clips of a whole corpus where there is one, else of its samples."""

    @cache
    def read(corpus: str) -> tuple[Clip, ...]:
        folder, archive = tmp_path_factory.mktemp(corpus), shared / "data" / "corpora"
        if (packed := archive / f"{corpus}.tar.xz").exists():
            with tarfile.open(packed) as files:
                files.extractall(folder, filter="data")
        else:
            folder = shared / "data" / "samples" / corpus
        reader = get_reader(corpus)
        return tuple(clip for s in reader.sources(str(folder)) for clip in read_clips(reader, s)[0])

    return read


@pytest.fixture(scope="module")
def pairs(read: Read) -> dict[str, list[Motion]]:
    """Motions of two real persons who are there throughout; SBU's are metres in all but name."""
    return {
        corpus: [
            replace(clip.motion, metric=True)
            for clip in read(corpus)
            if clip.motion.num_persons == 2
            and clip.motion.present.all()
            and clip.clip_id != FURNITURE
        ]
        for corpus in ("ntu_rgbd", "sbu_kinect")
    }


@pytest.mark.parametrize("corpus", ["ntu_rgbd", "sbu_kinect"])
def test_real_pairs_get_their_ids_back(corpus: str, pairs: dict[str, list[Motion]]) -> None:
    shares: dict[str, list[float]] = {}
    every = {"ntu_rgbd": 1, "sbu_kinect": 4}[corpus]  # the measured table takes them all
    for motion in pairs[corpus][::every]:
        for what, ids, lost in iterate_id_faults(motion.num_frames):
            settled = settle_identity(relabel_persons(motion, ids, lost))
            shares.setdefault(what, []).append(measure_recovery(settled, motion, lost))
    assert len(shares["ids switch"]) == {"ntu_rgbd": 15, "sbu_kinect": 71}[corpus]
    for what, values in shares.items():
        least = 0.95 if what == "both are lost and switch" else 0.99
        assert np.mean(values) >= least, what


@pytest.mark.parametrize("corpus", ["ntu_rgbd", "sbu_kinect"])
def test_right_ids_are_left_alone(corpus: str, pairs: dict[str, list[Motion]]) -> None:
    for motion in pairs[corpus]:
        rows, lost = keep_ids(motion)
        gone = lost.copy()
        gone[3:9] = True  # both leave for a moment, and come back under their ids
        for seen in (lost, gone):
            clip = relabel_persons(motion, rows, seen)
            assert settle_identity(clip) is clip


def test_one_real_clip_changes_its_id(read: Read) -> None:
    flagged = [clip for clip in map(normalize, read("ntu_rgbd")) if clip.flags]
    assert {clip.clip_id.partition("/")[2]: clip.flags for clip in flagged} == {
        "S001C001P003R002A005": ("ghost_dropped:spread",),
        "S005C002P004R001A023": ("identity_switch",),
    }
    assert all(clip.motion.num_persons == 1 for clip in flagged)


def test_only_furniture_is_a_ghost(read: Read) -> None:
    scores = {
        (clip.clip_id, person): score.score
        for corpus in ("ntu_rgbd", "sbu_kinect", "pku_mmd")
        for clip in read(corpus)
        for person, score in enumerate(score_ghosts(clip.motion))
    }
    ghosts = {(FURNITURE, 1), ("pku_mmd/A10N08-L", 1)}
    assert min(scores[ghost] for ghost in ghosts) > 0.8
    assert max(score for row, score in scores.items() if row not in ghosts) < 0.5


def test_the_main_person_is_the_same_whoever_is_read_first(
    pairs: dict[str, list[Motion]],
) -> None:
    for motion in (*pairs["ntu_rgbd"], *pairs["sbu_kinect"]):
        first = rank_persons(motion)
        assert [1 - p for p in rank_persons(motion.select_persons([1, 0]))] == list(first)


MIRRORED = {"nw_ucla": 4, "utd_mhad": 0, "msr_action3d": 5, "sbu_kinect": 0, "ntu_rgbd": 0,
            "humanml3d": 0, "bvh": 0, "asfamc": 0}  # fmt: skip
"""Clips that are called mirrored, by corpus."""


@pytest.mark.parametrize("corpus", MIRRORED)
def test_no_corpus_is_mirrored_until_it_is_reflected(corpus: str, read: Read) -> None:
    clips = read(corpus)
    verdicts = [measure_handedness(clip.motion) for clip in clips]
    told = Counter(verdict.mirrored for verdict in verdicts)
    assert told[True] == MIRRORED[corpus]
    assert told[True] <= 0.01 * (told[True] + told[False])
    assert told[None] <= 0.5 * len(clips)
    assert pool_evidence(verdicts).mirrored is False
    some = slice(None, None, 1 + len(clips) // 50)
    reflected = [
        replace(clip.motion, joints=clip.motion.joints * np.float32([-1, 1, 1]))
        for clip in clips[some]
    ]
    again = [measure_handedness(motion) for motion in reflected]
    opposite = {True: False, False: True, None: None}
    assert [v.mirrored for v in again] == [opposite[v.mirrored] for v in verdicts[some]]
    assert pool_evidence(again).mirrored is True


@pytest.mark.parametrize("corpus", MIRRORED)
def test_units_and_up_are_as_declared(corpus: str, read: Read) -> None:
    for clip in read(corpus):
        assert not {"unit_unsure", "up_unsure"} & set(normalize(clip).flags), clip.clip_id


def test_what_was_lost_for_a_moment_is_filled_close_to_the_truth(read: Read) -> None:
    errors = []
    for clip in read("ntu_rgbd"):
        motion = normalize(clip).motion
        rows, lost = keep_ids(motion)
        lost[10:15, 0] = True  # a sixth of a second
        holed = relabel_persons(motion, rows, lost)
        whole = Timing(max_gap_s=0.17).apply(holed)
        assert whole.filled is not None
        assert whole.filled[10:15, 0].all()
        assert whole.filled.sum() == 5 * motion.num_joints
        off = np.linalg.norm(whole.motion.joints - motion.joints, axis=-1)
        errors.append(off[10:15, 0].mean())
    assert np.median(errors) < 0.02
    assert max(errors) < 0.2


@pytest.mark.parametrize("fps", [20.0, 25.0, 60.0])
def test_real_speeds_stay(fps: float, read: Read) -> None:
    """Steps of a body over a third of a second, before and after."""
    for clip in read("humanml3d"):
        new = Timing(fps=fps).apply(clip).motion
        assert new.num_frames == pytest.approx(clip.motion.duration_s * fps, abs=fps / 20 + 1)
        ours, theirs = (
            np.linalg.norm(np.diff(m.joints[:: round(m.fps / 5)], axis=0), axis=-1).mean() * 5
            for m in (new, clip.motion)
        )
        assert ours == pytest.approx(theirs, rel=0.05)
