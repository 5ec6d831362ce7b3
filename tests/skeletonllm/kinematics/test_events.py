from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skeletonllm.kinematics import KINDS, Event, find_events
from skeletonllm.motion import Motion
from skeletonllm.synthesis import ACTIONS, synthesize
from skeletonllm.topology import COCO_17, KINECT_V1, KINECT_V2, SMPL_22

TOPOLOGIES = (KINECT_V2, KINECT_V1, SMPL_22, COCO_17)


def named(found: tuple[Event, ...], motion: str, part: str, side: str = "") -> list[Event]:
    return [e for e in found if (e.motion, e.part) == (motion, part) and side in ("", e.side)]


def test_standing_still_is_no_event(stick_man) -> None:
    assert find_events(stick_man().motion()) == ()


def test_a_raised_hand_has_its_side_time_height_and_goal(stick_man) -> None:
    found = find_events(stick_man().arm("right", 0.75, 0.5, 1.1).motion())
    (raised,) = named(found, "raise", "hand")
    assert (raised.side, raised.person, raised.direction) == ("right", 0, "up")
    assert raised.start_s == pytest.approx(0.55, abs=0.12)
    assert raised.end_s == pytest.approx(1.05, abs=0.12)
    assert raised.amount == pytest.approx(0.75, abs=0.06)
    assert (raised.unit, raised.target) == ("metres", "head")
    assert not [e for e in found if e.side == "left"]


def test_a_bow_bends_the_trunk_forward(stick_man) -> None:
    man = stick_man().move(
        "upper_spine neck head left_shoulder right_shoulder", (0, -0.1, -0.4), 0.4, 1
    )
    (bow,) = named(find_events(man.motion()), "bend", "torso")
    assert (bow.direction, bow.unit) == ("forward", "degrees")
    assert bow.amount == pytest.approx(46, abs=6)


def test_a_turn_has_degrees_and_a_way(stick_man) -> None:
    man = stick_man()
    angle = np.radians(90) * np.clip((np.arange(60) - 15) / 20, 0, 1)
    turn = np.zeros((60, 3, 3))
    turn[:, 1, 1] = 1
    turn[:, 0, 0] = turn[:, 2, 2] = np.cos(angle)
    turn[:, 0, 2], turn[:, 2, 0] = np.sin(angle), -np.sin(angle)
    man.joints = np.einsum("tij,tpkj->tpki", turn, man.joints)
    (turned,) = named(find_events(man.motion()), "turn", "body")
    assert turned.amount == pytest.approx(90, abs=8)
    assert turned.direction == "left", "counterclockwise from above"


def test_a_step_goes_forward_with_its_foot(stick_man) -> None:
    man = stick_man().move("left_ankle left_foot", (0, 0, -0.4), 0.5, 0.9)
    (step,) = named(find_events(man.motion()), "step", "foot")
    assert (step.side, step.direction) == ("left", "forward")
    assert step.amount == pytest.approx(0.4, abs=0.08)


def test_a_kick_that_comes_back_is_no_step(stick_man) -> None:
    man = stick_man().move("left_ankle left_foot", (0, 0.5, -0.5), 0.3, 0.7)
    found = find_events(man.move("left_ankle left_foot", (0, -0.5, 0.5), 1.0, 1.4).motion())
    assert named(found, "raise", "foot", "left")
    assert not named(found, "step", "foot")


def test_who_walks_approaches_and_who_waits_does_not(stick_man) -> None:
    found = find_events(stick_man(persons=2).walk((0.6, 0, 0), 0.3, 1.5).motion())
    assert [e.person for e in named(found, "approach", "body")] == [0]


def test_a_hand_reaches_for_the_other_person(stick_man) -> None:
    hand = "right_wrist right_hand right_hand_tip right_thumb"
    man = stick_man(persons=2).move(hand, (0.5, 0.4, 0), 0.5, 1.0)
    reached = [e for e in find_events(man.motion()) if e.target.startswith("other person's")]
    assert {(e.person, e.side, e.motion) for e in reached} == {(0, "right", "approach")}


def test_unseen_hands_have_no_events(stick_man) -> None:
    motion = stick_man().arm("right", 0.75, 0.5, 1.1).motion()
    confidence, joints = motion.confidence.copy(), motion.joints.copy()
    for name in ("right_wrist", "right_hand"):
        confidence[:, :, KINECT_V2.index(name)], joints[:, :, KINECT_V2.index(name)] = 0, 0
    blind = replace(motion, confidence=confidence, joints=joints)
    assert not [e for e in find_events(blind) if e.part == "hand"]


@pytest.mark.parametrize("topology", TOPOLOGIES, ids=lambda t: t.name)
def test_every_skeleton_sees_the_wave(topology) -> None:
    motion = synthesize("hand waving", topology=topology, side="left")
    (raised, *_) = named(find_events(motion), "raise", "hand", "left")
    assert raised.target in ("head", "overhead", "shoulder")
    assert raised.unit == ("metres" if motion.metric else "statures")


@pytest.mark.parametrize("action", ["drink water", "sit down", "punch/slap someone", "walk around"])
def test_events_are_ordered_finite_and_inside_the_clip(action: str) -> None:
    motion = synthesize(action, seed=4)
    found = find_events(motion)
    assert found == find_events(motion)
    assert [e.start_s for e in found] == sorted(e.start_s for e in found)
    for e in found:
        assert e.motion in KINDS
        assert 0 <= e.start_s < e.end_s <= motion.duration_s
        assert e.amount > 0
        assert np.isfinite([e.before, e.after, e.prominence]).all()


def test_every_kind_occurs_somewhere() -> None:
    seen = {e.motion for action in ACTIONS for e in find_events(synthesize(action, subject=2))}
    assert seen >= set(KINDS) - {"turn"}, "nobody in the catalogue turns round"


def test_mirroring_swaps_sides_and_nothing_else() -> None:
    motion = synthesize("drink water", side="right")
    swapped = {"left": "right", "right": "left", "centre": "centre"}

    def facts(which: Motion) -> set[tuple[str, str, str, float]]:
        return {(e.motion, e.part, e.side, round(e.start_s, 2)) for e in find_events(which)}

    assert {(m, p, swapped[s], t) for m, p, s, t in facts(motion)} == facts(motion.mirrored())


def test_looking_finer_finds_no_less() -> None:
    motion = synthesize("clapping")
    assert len(find_events(motion, scale=0.6)) >= len(find_events(motion))


def test_clips_too_short_to_move(stick_man) -> None:
    motion = stick_man().motion()
    assert find_events(motion.select_frames([0])) == ()
    assert find_events(motion.select_frames([0, 1])) == ()
