from __future__ import annotations

from dataclasses import replace

import pytest

from skeletonllm.kinematics import Event
from skeletonllm.kinematics.sensor_faults import (
    SensorFault,
    find_sensor_faults,
    select_trusted_events,
)
from skeletonllm.synthesis import ACTIONS, synthesize
from skeletonllm.topology import COCO_17, KINECT_V1, KINECT_V2


def named(faults: tuple[SensorFault, ...], what: str) -> list[SensorFault]:
    return [fault for fault in faults if fault.what == what]


@pytest.mark.parametrize("action", list(ACTIONS))
def test_a_synthesized_action_has_no_fault(action: str) -> None:
    for topology in (KINECT_V1, COCO_17):
        assert find_sensor_faults(synthesize(action, topology=topology, seed=2)) == ()


def test_a_hand_that_leaps_two_metres_jumps(stick_man) -> None:
    man = stick_man()
    man.joints[30:33, 0, KINECT_V2.index("left_wrist"), 0] -= 2.0
    (fault,) = named(find_sensor_faults(man.motion()), "jump")
    assert (fault.part, fault.side) == ("hand", "left")
    assert (fault.start_s, fault.end_s) == pytest.approx((29 / 30, 33 / 30), abs=0.05)
    assert "statures a second" in fault.reason


def test_an_elbow_at_four_degrees_is_impossible(stick_man) -> None:
    man = stick_man()
    shoulder, elbow, wrist = (
        KINECT_V2.index(f"right_{name}") for name in ("shoulder", "elbow", "wrist")
    )
    man.joints[20:40, 0, wrist] = man.joints[20:40, 0, shoulder] * 0.97 + [0.0084, 0.042, 0.015]
    del elbow
    (fault,) = named(find_sensor_faults(man.motion()), "angle")
    assert (fault.part, fault.side) == ("elbow", "right")
    assert fault.start_s == pytest.approx(20 / 30, abs=0.05)


def test_a_shank_that_shrinks_is_a_fault_of_the_foot(stick_man) -> None:
    man = stick_man()
    man.joints[20:40, 0, KINECT_V2.index("left_ankle"), 1] += 0.3
    (fault,) = named(find_sensor_faults(man.motion()), "bone")
    assert (fault.part, fault.side) == ("foot", "left")
    assert "%" in fault.reason


def test_legs_that_change_places_and_back_are_swapped(stick_man) -> None:
    man = stick_man()
    left, right = KINECT_V2.index("left_ankle"), KINECT_V2.index("right_ankle")
    man.joints[:, 0, left, 0] -= 0.15
    man.joints[:, 0, right, 0] += 0.15
    man.joints[25:30, 0, [left, right]] = man.joints[25:30, 0, [right, left]]
    (fault,) = named(find_sensor_faults(man.motion()), "swap")
    assert (fault.part, fault.side) == ("foot", "both")
    assert (fault.start_s, fault.end_s) == pytest.approx((25 / 30, 29 / 30), abs=0.05)


def test_a_quick_punch_is_no_fault(stick_man) -> None:
    hand = "right_wrist right_hand right_hand_tip right_thumb"
    motion = stick_man().move(hand, (0, 0.1, -0.2), 0.5, 0.6).motion()
    assert not named(find_sensor_faults(motion), "jump")


def test_events_of_a_faulty_part_are_not_trusted() -> None:
    fault = SensorFault("jump", "hand", "left", 1.0, 1.2, "", 0)
    event = Event(0, "raise", "left", "hand", 0.9, 1.5, 0.4, "metres", 0.0, 0.4, 4.0)
    others = (
        replace(event, side="right"),
        replace(event, start_s=1.4, end_s=2.0),
        replace(event, part="foot"),
        replace(event, person=1),
    )
    assert select_trusted_events((event, *others), [fault]) == others


def test_a_person_who_was_never_seen_has_no_fault(stick_man) -> None:
    motion = stick_man().motion()
    motion.confidence[:] = 0.0
    assert find_sensor_faults(motion) == ()
