from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.motion import Motion
from skeletonllm.normalize import normalize
from skeletonllm.normalize.space import check_space, measure_stature, measure_uprightness
from skeletonllm.synthesis import ACTIONS, Subject, synthesize
from skeletonllm.topology import COCO_17, KINECT_V1, SBU_15, SMPL_22

Make = Callable[..., Clip]


@pytest.fixture
def flags(make_clip: Make) -> Callable[..., tuple[str, ...]]:
    """The flags of a motion whose joints were changed; nothing else may change."""

    def check(motion: Motion, joints: np.ndarray | None = None, **fields: object) -> tuple:
        moved = motion.joints if joints is None else joints.astype(np.float32)
        motion = replace(motion, joints=moved, **fields)
        clip = check_space(replace(make_clip([[0.0]]), motion=motion))
        assert clip.motion is motion
        return clip.flags

    return check


@pytest.mark.parametrize("topology", [KINECT_V1, SMPL_22, SBU_15], ids=lambda t: t.name)
def test_nothing_is_said_of_people_as_they_are(flags, topology) -> None:
    for action in ACTIONS:
        assert flags(synthesize(action, topology=topology, seed=4)) == (), action


def test_stature_is_told_from_the_bones_in_any_posture() -> None:
    for subject in range(5):
        who = Subject.from_id(subject)
        for action in ("hand waving", "sit down"):
            assert measure_stature(synthesize(action, subject=subject)) == pytest.approx(
                who.stature, rel=0.15
            )


def test_units(flags) -> None:
    motion = synthesize("hand waving")
    for factor in (0.2, 0.01, 1.7, 100.0):
        assert flags(motion, factor * motion.joints) == ("unit_unsure",)
        assert flags(motion, factor * motion.joints, metric=False) == ()
    assert flags(motion, 0.4 * motion.joints) == ()  # a small child


def test_up(flags) -> None:
    motion = synthesize("hand waving")
    x, y, z = np.moveaxis(motion.joints, -1, 0)
    assert measure_uprightness(motion) == pytest.approx(1, abs=0.05)
    assert flags(motion, np.stack([x, -z, y], -1)) == ("up_unsure",)  # z is up
    assert flags(motion, np.stack([-x, -y, z], -1)) == ("up_unsure",)  # upside down
    tilt = np.radians(25)
    level = [x, np.cos(tilt) * y - np.sin(tilt) * z, np.sin(tilt) * y + np.cos(tilt) * z]
    assert flags(motion, np.stack(level, -1)) == ()  # a sensor that looks down


def test_sides(flags) -> None:
    motion = synthesize("walking towards each other")
    assert flags(motion, motion.joints * (-1, 1, 1)) == ("mirrored",)


def test_pictures_and_points_are_not_judged(flags, make_clip: Make) -> None:
    motion = synthesize("hand waving", topology=COCO_17)
    assert flags(motion, motion.joints * (-1, 1, 1)) == ()
    assert check_space(make_clip([[0.0]])).flags == ()
    hidden = replace(motion, confidence=np.zeros_like(motion.confidence))
    assert (measure_stature(hidden), measure_uprightness(hidden)) == (None, None)


def test_clean_says_so(make_clip: Make) -> None:
    motion = synthesize("hand waving")
    motion = replace(motion, joints=(motion.joints * (-100, 100, 100)).astype(np.float32))
    frames = tuple(range(motion.num_frames))
    clip = replace(make_clip([[0.0]]), motion=motion, frame_index=frames)
    assert normalize(clip).flags == ("unit_unsure", "mirrored")
    assert normalize(clip).motion.sha256 == motion.sha256
