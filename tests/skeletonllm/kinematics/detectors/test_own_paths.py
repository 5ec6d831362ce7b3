from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.kinematics import extract_bodies
from skeletonllm.kinematics.detectors import (
    contacts,
    cycles,
    loops,
    shifts,
    strokes,
    throws,
    trunk,
)
from skeletonllm.kinematics.detectors.own_paths import measure_own_path, name_way
from skeletonllm.kinematics.scene import Scene
from skeletonllm.synthesis import synthesize
from skeletonllm.topology import COCO_17, KINECT_V1, SMPL_22

DETECTORS = (
    contacts.find_claps,
    contacts.find_crossings,
    contacts.find_touches,
    cycles.find_oscillations,
    loops.find_circles,
    shifts.find_shifts,
    shifts.find_stays,
    strokes.find_pulls,
    strokes.find_pushes,
    throws.find_swings,
    throws.find_throws,
    trunk.find_leans,
    trunk.find_shrugs,
    trunk.find_twists,
)


def test_an_own_path_is_right_up_and_ahead(hands_at, trace_of) -> None:
    way = trace_of({0.0: (0.3, 0.4, 0.2), 1.0: (0.3, 0.4, 0.2)})
    body = hands_at(right=way).bodies[0]
    middle = measure_own_path(body, "right_hand")[45] * body.stature
    assert middle == pytest.approx((0.3, 0.4, 0.2), abs=0.02)


def test_a_way_is_named_by_its_largest_part() -> None:
    assert name_way(np.array([-0.3, 0.1, 0.2])) == "left"
    assert name_way(np.array([0.0, -0.1, np.nan])) == "down"
    assert name_way(np.zeros(3)) == ""


@pytest.mark.parametrize("topology", [KINECT_V1, SMPL_22, COCO_17], ids=lambda t: t.name)
@pytest.mark.parametrize("detect", DETECTORS, ids=lambda d: d.__name__)
def test_events_of_a_detector_are_finite_and_inside_the_clip(detect, topology) -> None:
    for action in ("clapping", "throw", "hand waving", "punch/slap someone"):
        motion = synthesize(action, topology=topology, seed=2)
        for frames in (range(1), range(2), range(len(motion.joints))):
            part = motion.select_frames(list(frames))
            scene = Scene(extract_bodies(part), part.fps, part.metric)
            for event in detect(scene, 0):
                assert 0 <= event.start_s < event.end_s <= part.duration_s
                assert np.isfinite([event.amount, event.prominence]).all()
                assert event.amount > 0
                assert event.count >= 1


@pytest.mark.parametrize("detect", DETECTORS, ids=lambda d: d.__name__)
def test_standing_still_is_nothing(detect, stick_man) -> None:
    motion = stick_man().motion()
    assert not list(detect(Scene(extract_bodies(motion), motion.fps, motion.metric), 0))
