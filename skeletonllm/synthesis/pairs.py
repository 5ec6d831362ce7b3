"""Actions of two people: person 0 acts, person 1 reacts."""

from __future__ import annotations

from skeletonllm.synthesis.moves import HANGING, Claim, Element, Gait, Move, Swing, aim_arm
from skeletonllm.synthesis.phrases import (
    AHEAD,
    claim_extend,
    claim_lower,
    claim_raise,
    move_both_arms,
)
from skeletonllm.synthesis.spec import ActionSpec, Place, place_face_to_face

_OTHER = "other person"


def _bring_hands_together(place: tuple[float, ...], target: str) -> tuple[Element, ...]:
    """Both near hands go to the middle."""
    claims = (claim_raise("near hand", target), Claim("approach", "near hand", _OTHER))
    return tuple(Move("near_arm", place, 0.12, 0.38, claims, person=p) for p in (0, 1))


def _lower_hands() -> tuple[Element, ...]:
    return tuple(
        Move("near_arm", HANGING, 0.76, 0.96, (claim_lower("near hand"),), person=p) for p in (0, 1)
    )


def _stagger_back(start: float, distance: float = -0.5) -> tuple[Element, ...]:
    """Person 1 is knocked back two steps."""
    return (
        Move("torso", (-16.0, 0, 0), start, start + 0.12, person=1),
        *move_both_arms((40.0, 50.0, 0.9), start, start + 0.15, person=1),
        Gait(distance, 2, start, start + 0.34, person=1),
        Move("torso", (0, 0, 0), start + 0.24, start + 0.4, person=1),
        *move_both_arms(HANGING, start + 0.24, start + 0.42, person=1),
    )


_STRIKE = (*claim_extend("near elbow"), Claim("approach", "near hand", _OTHER))
_PUNCH = (
    Move("near_arm", aim_arm(0.04, -0.03, 0.08), 0.08, 0.3, (claim_raise("near hand", "chest"),)),
    Move("torso", (0, 0, 22.0), 0.08, 0.3),
    Move("near_arm", (97.0, -10.0, 1.0), 0.34, 0.46, _STRIKE),
    Move("torso", (12.0, 0, -24.0), 0.34, 0.46),
    *_stagger_back(0.42, -0.3),
    Move("near_arm", HANGING, 0.56, 0.84, (claim_lower("near hand"),)),
    Move("torso", (0, 0, 0), 0.56, 0.84),
)
_KICKS = (
    Move("near_leg", (0, 0.2, -0.2), 0.1, 0.3, (Claim("bend", "near knee"),)),
    Move(
        "near_leg",
        (0, 0.5, 0.82),
        0.32,
        0.48,
        (
            claim_raise("near foot"),
            *claim_extend("near knee"),
            Claim("approach", "near foot", _OTHER),
        ),
    ),
    Move("torso", (-14.0, 0, 0), 0.32, 0.48),
    *_stagger_back(0.44, -0.45),
    Move("near_leg", (0, 0, 0), 0.54, 0.8, (claim_lower("near foot"),)),
    Move("torso", (0, 0, 0), 0.54, 0.8),
)
_PUSH = (
    *move_both_arms(aim_arm(0, -0.04, 0.1), 0.08, 0.28, claim_raise("near hand", "chest")),
    *move_both_arms(
        AHEAD, 0.34, 0.5, *claim_extend("near elbow"), Claim("approach", "near hand", _OTHER)
    ),
    Move("torso", (15.0, 0, 0), 0.34, 0.5),
    *_stagger_back(0.44),
    *move_both_arms(HANGING, 0.6, 0.88, claim_lower("near hand")),
    Move("torso", (0, 0, 0), 0.6, 0.88),
)
_SHAKE = (
    *_bring_hands_together(aim_arm(-0.1, -0.1, 0.19), "waist"),
    *(Swing("near_arm", (8.0, 0, 0), 3, 0.38, 0.76, person=p) for p in (0, 1)),
    *_lower_hands(),
)
_FIVE = (
    *_bring_hands_together(aim_arm(-0.1, 0.16, 0.19), "overhead"),
    *_lower_hands(),
)
_TOWARDS = tuple(
    Gait(1.15, 4, 0.05, 0.92, towards=_OTHER, swing_arms=22.0, person=p) for p in (0, 1)
)
_APART = tuple(Gait(1.15, 4, 0.05, 0.92, swing_arms=22.0, person=p) for p in (0, 1))

PAIRS: tuple[ActionSpec, ...] = (
    ActionSpec(
        "punch/slap someone",
        _PUNCH,
        ("one person punches another with the {near} fist.", "someone hits another person."),
        ntu_id=50,
        places=place_face_to_face(0.85),
    ),
    ActionSpec(
        "kicking someone",
        _KICKS,
        ("one person kicks another with the {near} foot.", "someone kicks another person."),
        ntu_id=51,
        places=place_face_to_face(1.05),
    ),
    ActionSpec(
        "pushing someone",
        _PUSH,
        ("one person pushes another with both hands.", "someone is pushed and steps back."),
        ntu_id=52,
        places=place_face_to_face(0.85),
    ),
    ActionSpec(
        "shaking hands",
        _SHAKE,
        ("two people shake {near} hands.", "two persons greet with a handshake."),
        ntu_id=58,
        places=place_face_to_face(0.85),
    ),
    ActionSpec(
        "walking towards each other",
        _TOWARDS,
        ("two people walk towards each other.", "two persons come closer, step by step."),
        ntu_id=59,
        seconds=2.8,
        places=place_face_to_face(2.7),
    ),
    ActionSpec(
        "walking apart from each other",
        _APART,
        ("two people walk apart from each other.", "two persons turn their backs and leave."),
        ntu_id=60,
        seconds=2.8,
        places=(Place(across=0.3, heading=90.0), Place(across=-0.3, heading=-90.0)),
    ),
    ActionSpec(
        "high-five",
        _FIVE,
        ("two people give a high-five with the {near} hands.", "two persons slap raised hands."),
        ntu_id=112,
        places=place_face_to_face(0.85),
    ),
)
