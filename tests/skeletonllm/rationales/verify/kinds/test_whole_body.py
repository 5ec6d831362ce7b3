from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from skeletonllm.motion import Motion
from skeletonllm.rationales.verify.kinds.whole_body import (
    measure_crouch,
    measure_jump,
    measure_sit,
    measure_stand,
)
from skeletonllm.synthesis import synthesize
from tests.skeletonllm.claim_reader import UNSEEN, claim, hide, read_claim

READERS: dict[str, Callable] = {
    "jump": measure_jump,
    "crouch": measure_crouch,
    "sit": measure_sit,
    "stand": measure_stand,
}
TRUE = {
    "jump up": {"jump", "crouch", "stand"},
    "squat down": {"crouch", "stand"},
    "sit down": {"sit"},
    "stand up": {"stand"},
    "hand waving": set(),
    "bow (bend forward)": set(),
    "kicking the air/something": set(),
    "walk around": set(),
    "run on the spot": set(),
}


def performed(action: str) -> Motion:
    return synthesize(action, subject=3, seed=3)


@pytest.mark.parametrize("action", list(TRUE))
def test_each_action_is_what_it_is_and_nothing_else(action: str) -> None:
    motion = performed(action)
    found = {
        kind
        for kind, read in READERS.items()
        if not read_claim(read, claim(kind, "body", "centre"), motion)
    }
    assert found == TRUE[action]


def test_jumps_are_counted() -> None:
    twice = claim("jump", "body", "centre", count=2)
    assert read_claim(measure_jump, twice, performed("jump up")) == "it happens 1 times"


def test_sitting_reversed_is_standing() -> None:
    motion = performed("sit down").reversed()
    assert read_claim(measure_stand, claim("stand", "body", "centre"), motion) == ""
    assert read_claim(measure_sit, claim("sit", "body", "centre"), motion)


@pytest.mark.parametrize("kind", list(READERS))
def test_the_unseen_is_not_judged(kind: str) -> None:
    joints = [f"{s}_{j}" for s in ("left", "right") for j in ("ankle", "foot")]
    motion = hide(performed("jump up"), *joints)
    assert read_claim(READERS[kind], claim(kind, "body", "centre"), motion) == UNSEEN


def test_a_small_sway_is_no_crouch(stick_man) -> None:
    motion = stick_man().move("pelvis", (0, -0.05, 0), 0.5, 1.0).motion()
    assert read_claim(measure_crouch, claim("crouch", "body", "centre"), motion)


@pytest.mark.parametrize(("back_up", "fault"), [(0.14, ""), (0.24, "it does not stay down")])
def test_who_leans_back_after_sitting_down_still_sits(back_up: float, fault: str) -> None:
    motion = performed("sit down")
    height = motion.joints[:, 0, motion.topology.index("pelvis"), 1]
    seated = int(np.argmin(height))
    blend = np.clip((np.arange(motion.num_frames) - seated) / (0.3 * motion.fps), 0, 1)
    legs = ("knee", "ankle", "foot")
    upper = [i for i, name in enumerate(motion.topology.joints) if not name.endswith(legs)]
    joints = motion.joints.copy()
    joints[:, 0, upper, 1] += (back_up * blend)[:, None]
    sits = claim("sit", "body", "centre")
    assert read_claim(measure_sit, sits, replace(motion, joints=joints)) == fault
