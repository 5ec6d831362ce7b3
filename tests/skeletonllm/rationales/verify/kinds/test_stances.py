from __future__ import annotations

import pytest

from skeletonllm.motion import Motion
from skeletonllm.rationales.verify.kinds.stances import measure_hold, measure_lunge
from skeletonllm.topology import KINECT_V2
from tests.skeletonllm.claim_reader import UNSEEN, claim, hide, read_claim

TRUNK = "pelvis spine upper_spine neck head left_hip right_hip left_shoulder right_shoulder"


def lunging(stick_man, down: float = 0.25, ahead: float = 0.6) -> Motion:
    """The right foot goes ahead, the trunk half of it and down."""
    man = stick_man().move("right_ankle right_foot", (0, 0, -ahead), 0.4, 1.0)
    man.move("right_knee", (0, -down / 5, -1.05 * ahead if down else -ahead / 2), 0.4, 1.0)
    man.move("left_knee", (0, -down / 3, -ahead / 4), 0.4, 1.0)
    return man.move(TRUNK, (0, -down, -ahead / 2), 0.4, 1.0).motion()


def test_a_lunge_has_a_foot_and_a_direction(stick_man) -> None:
    motion = lunging(stick_man)
    ahead = claim("lunge", "foot", direction="forward")
    assert read_claim(measure_lunge, ahead, motion) == ""
    assert read_claim(measure_lunge, claim("lunge", "foot", direction="back"), motion)
    assert read_claim(measure_lunge, claim("lunge", "foot", "left", direction="forward"), motion)


def test_a_short_or_a_high_step_is_no_lunge(stick_man) -> None:
    ahead = claim("lunge", "foot", direction="forward")
    assert read_claim(measure_lunge, ahead, lunging(stick_man, ahead=0.12))
    high = read_claim(measure_lunge, ahead, lunging(stick_man, down=0.0))
    assert high in ("the body does not come down", "its knee does not bend")


def test_a_walk_is_no_lunge(stick_man) -> None:
    motion = stick_man().walk((0, 0, -0.8), 0.3, 1.5).motion()
    assert read_claim(measure_lunge, claim("lunge", "foot", direction="forward"), motion)


@pytest.mark.parametrize(
    ("part", "side", "window", "true"),
    [
        ("hand", "right", (36, 59), True),
        ("hand", "right", (10, 35), False),
        ("hand", "left", (10, 35), True),
        ("body", "centre", (36, 59), True),
        ("body", "centre", (10, 35), False),
        ("hand", "right", (0, 59), True),
    ],
)
def test_what_rests_in_the_window_is_held(
    stick_man, part: str, side: str, window: tuple[int, int], true: bool
) -> None:
    motion = stick_man().arm("right", 0.75, 0.5, 1.1).motion()
    found = read_claim(measure_hold, claim("hold", part, side), motion, window)
    assert found == ("" if true else "it moves")


def test_a_hand_is_held_at_its_level_only(stick_man) -> None:
    motion = stick_man().arm("right", 0.75, 0.5, 1.1).motion()
    head, waist = (claim("hold", "hand", target=level) for level in ("head", "waist"))
    assert read_claim(measure_hold, head, motion, (36, 59)) == ""
    assert "level" in read_claim(measure_hold, waist, motion, (36, 59))


def test_an_unseen_hand_is_not_judged(stick_man) -> None:
    motion = hide(stick_man().motion(), *(j for j in KINECT_V2.joints if "right_" in j))
    assert read_claim(measure_hold, claim("hold", "hand"), motion) == UNSEEN
