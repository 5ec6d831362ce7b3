from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skeletonllm.motion import Motion
from skeletonllm.normalize.handedness import (
    ENOUGH,
    MirrorEvidence,
    measure_handedness,
    pool_evidence,
)
from skeletonllm.synthesis import ACTIONS, synthesize
from skeletonllm.topology import COCO_17, KINECT_V1, KINECT_V2, SBU_15, SMPL_22


def reflected(motion: Motion) -> Motion:
    """x turned round, names left as they are: what a careless reader makes."""
    joints = motion.joints.copy()
    joints[..., 0] *= -1
    return replace(motion, joints=joints)


@pytest.mark.parametrize("topology", [KINECT_V1, KINECT_V2, SMPL_22], ids=lambda t: t.name)
def test_every_synthesized_action_is_right_and_its_reflection_is_not(topology) -> None:
    for i, action in enumerate(ACTIONS):
        motion = synthesize(action, topology=topology, subject=i, seed=i, yaw_deg=37.0 * i)
        verdict, other = measure_handedness(motion), measure_handedness(reflected(motion))
        assert (verdict.mirrored, other.mirrored) == (False, True), action
        assert other.evidence == pytest.approx(-verdict.evidence, abs=1e-6)
        assert verdict.frames == other.frames == motion.present.sum()


def test_mirrored_with_its_names_is_right() -> None:
    motion = synthesize("hand waving", seed=1)
    assert measure_handedness(motion.mirrored()).mirrored is False


def test_without_feet_nothing_is_called_mirrored_that_is_not() -> None:
    verdicts = [measure_handedness(synthesize(a, topology=SBU_15, noise_m=0.02)) for a in ACTIONS]
    assert not any(verdict.mirrored for verdict in verdicts)
    assert pool_evidence(verdicts).evidence > 0


def test_the_nose_tells_where_there_is_one() -> None:
    motion = synthesize("hand waving", topology=COCO_17, space="camera")
    feet = {"left_elbow", "right_elbow", "left_knee", "right_knee"}
    hidden = [name in feet for name in COCO_17.joints]
    confidence = np.where(hidden, 0, motion.confidence).astype(np.float32)
    motion = replace(motion, confidence=confidence)
    assert measure_handedness(motion).mirrored is False
    assert measure_handedness(reflected(motion)).mirrored is True


@pytest.mark.parametrize(
    ("words", "action"),
    [("ankle foot", "hand waving"), ("knee ankle", "sit down"), ("elbow wrist", "carry")],
)
def test_each_cue_tells_by_itself(words: str, action: str) -> None:
    motion = synthesize(action, topology=KINECT_V1, seed=2)
    shown = ["shoulder", "hip", *words.split()]
    hidden = [name.partition("_")[2] not in shown for name in KINECT_V1.joints]
    motion = replace(motion, confidence=np.where(hidden, 0, motion.confidence).astype(np.float32))
    assert measure_handedness(motion).mirrored is False
    assert measure_handedness(reflected(motion)).mirrored is True


def test_knees_bent_backwards_and_elbows_to_the_front_do_not_outweigh_the_feet() -> None:
    motion = synthesize("sit down", seed=2)
    front = motion.joints[:, 0, motion.topology.index("right_foot")]
    front = front - motion.joints[:, 0, motion.topology.index("right_ankle")]
    joints = motion.joints.copy()
    for name, way in (("knee", -6.0), ("elbow", 6.0)):
        for side in ("left", "right"):
            joints[:, 0, motion.topology.index(f"{side}_{name}")] += way * front
    assert measure_handedness(replace(motion, joints=joints)).mirrored is False


def test_no_verdict_without_depth_or_evidence() -> None:
    nothing = MirrorEvidence(None, 0.0, 0)
    assert measure_handedness(synthesize("hand waving", topology=COCO_17)) == nothing
    motion = synthesize("hand waving")
    unseen = replace(motion, confidence=np.zeros_like(motion.confidence))
    assert measure_handedness(unseen) == nothing
    flat = replace(motion, joints=np.zeros_like(motion.joints))
    assert measure_handedness(flat) == nothing
    assert measure_handedness(motion.select_frames(range(4))).mirrored is None


def test_a_corpus_is_told_by_all_its_frames() -> None:
    right, wrong = MirrorEvidence(False, 0.8, 90), MirrorEvidence(True, -0.4, 10)
    assert pool_evidence([right, wrong]) == MirrorEvidence(False, pytest.approx(0.68), 100)
    assert pool_evidence([MirrorEvidence(None, ENOUGH - 0.01, 10)] * 9).mirrored is None
    assert pool_evidence([MirrorEvidence(None, ENOUGH - 0.01, 10)] * 10).mirrored is False
    assert pool_evidence([MirrorEvidence(None, 0.4 * ENOUGH, 10)] * 10).mirrored is None
    assert pool_evidence([]) == MirrorEvidence(None, 0.0, 0)
