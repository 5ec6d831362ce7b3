"""Actions of the legs and the whole body, of one person."""

from __future__ import annotations

from skeletonllm.synthesis.moves import (
    HANGING,
    Element,
    Gait,
    Move,
    Swing,
    Target,
    aim_arm,
    start_at,
)
from skeletonllm.synthesis.phrases import (
    AHEAD,
    CHEST,
    HIP,
    claim_bend,
    claim_extend,
    claim_lower,
    claim_raise,
    move_both_arms,
    name_both_sides,
)
from skeletonllm.synthesis.spec import ActionSpec, Place

LAP = aim_arm(-0.02, -0.22, 0.16)
FLOOR: Target = (12.0, -10.0, 0.98)
_SEATED: Target = (0.0, -0.5, -0.46)
_CROUCHED: Target = (0.0, -0.34, -0.12)


def alternate_legs(amplitude: Target, cycles: float) -> tuple[Element, ...]:
    """Swings of the near and the far leg, which leave the floor alternately.

    Args:
        amplitude: Of the leg's channel.
        cycles: How many in the clip.
    """
    return tuple(
        Swing(
            f"{leg}_leg",
            amplitude,
            cycles,
            0.08,
            0.92,
            phase,
            one_way=True,
            up=(claim_raise(f"{leg} foot"), *claim_bend(f"{leg} knee")),
            down=(claim_lower(f"{leg} foot"), *claim_extend(f"{leg} knee")),
        )
        for leg, phase in (("near", 0.0), ("far", 0.5))
    )


def alternate_arms(amplitude: Target, cycles: float) -> tuple[Element, ...]:
    """Swings of both arms, against each other.

    Args:
        amplitude: Of the arm's channel.
        cycles: How many in the clip.
    """
    return tuple(
        Swing(f"{arm}_arm", amplitude, cycles, 0.08, 0.92, phase)
        for arm, phase in (("near", 0.5), ("far", 0.0))
    )


_SIT = (
    Move("torso", (32.0, 0, 0), 0.12, 0.42),
    Move(
        "pelvis", _SEATED, 0.15, 0.65, (claim_lower("body"), *claim_bend(*name_both_sides("knee")))
    ),
    Move("torso", (3.0, 0, 0), 0.45, 0.8),
    *move_both_arms(LAP, 0.3, 0.75),
)
_STAND = (
    start_at("pelvis", _SEATED),
    start_at("torso", (3.0, 0, 0)),
    start_at("near_arm", LAP),
    start_at("far_arm", LAP),
    Move("torso", (36.0, 0, 0), 0.12, 0.42),
    Move(
        "pelvis",
        (0, 0, 0),
        0.32,
        0.8,
        (claim_raise("body"), *claim_extend(*name_both_sides("knee"))),
    ),
    Move("torso", (0, 0, 0), 0.5, 0.85),
    *move_both_arms(HANGING, 0.4, 0.85),
)
_STOOP = (
    Move("torso", (82.0, 0, 0), 0.1, 0.42, claim_bend("torso")),
    Move(
        "pelvis",
        (0, -0.44, -0.2),
        0.1,
        0.42,
        (claim_lower("body"), *claim_bend(*name_both_sides("knee"))),
    ),
    Move("head", (-15.0,), 0.1, 0.42),
)
_RISE = (
    Move("torso", (0, 0, 0), 0.52, 0.88, claim_extend("torso")),
    Move(
        "pelvis",
        (0, 0, 0),
        0.52,
        0.88,
        (claim_raise("body"), *claim_extend(*name_both_sides("knee"))),
    ),
    Move("head", (0.0,), 0.52, 0.88),
)
_PICK_UP = (
    *_STOOP,
    Move("near_arm", FLOOR, 0.1, 0.42, (claim_lower("near hand", "the floor"),)),
    *_RISE,
    Move(
        "near_arm", CHEST, 0.55, 0.9, (claim_raise("near hand", "chest"), *claim_bend("near elbow"))
    ),
)
_PICK_UP_BOTH = (
    *_STOOP,
    *move_both_arms(FLOOR, 0.1, 0.42, claim_lower("near hand", "the floor")),
    *_RISE,
    *move_both_arms(CHEST, 0.55, 0.9, claim_raise("near hand", "chest"), *claim_bend("near elbow")),
)
_KICK = (
    Move("near_leg", (0, 0.34, -0.26), 0.12, 0.32, claim_bend("near knee")),
    Move(
        "near_leg",
        (-0.04, 0.52, 0.84),
        0.34,
        0.52,
        (claim_raise("near foot"), *claim_extend("near knee")),
    ),
    Move("torso", (-14.0, 0, 0), 0.34, 0.52),
    Move("far_arm", (55.0, 15.0, 0.95), 0.34, 0.52),
    Move("near_arm", (30.0, 110.0, 0.95), 0.34, 0.52),
    Move("near_leg", (0, 0, 0), 0.58, 0.85, (claim_lower("near foot"),)),
    Move("torso", (0, 0, 0), 0.58, 0.85),
    *move_both_arms(HANGING, 0.58, 0.85),
)
_JUMP = (
    Move(
        "pelvis",
        _CROUCHED,
        0.08,
        0.32,
        (claim_lower("body"), *claim_bend(*name_both_sides("knee"))),
    ),
    Move("torso", (34.0, 0, 0), 0.08, 0.32),
    *move_both_arms((38.0, 165.0, 0.97), 0.08, 0.32),
    Move("pelvis", (0, 0.42, 0), 0.34, 0.52, (claim_raise("body"),)),
    Move("torso", (0, 0, 0), 0.34, 0.46),
    Move("near_leg", (0, 0.42, 0), 0.4, 0.52, (claim_raise("near foot"),)),
    Move("far_leg", (0, 0.42, 0), 0.4, 0.52, (claim_raise("far foot"),)),
    *move_both_arms((150.0, 20.0, 0.98), 0.34, 0.52, claim_raise("near hand", "overhead")),
    Move("pelvis", (0, -0.15, -0.04), 0.54, 0.72, (claim_lower("body"),)),
    Move("near_leg", (0, 0, 0), 0.54, 0.66, (claim_lower("near foot"),)),
    Move("far_leg", (0, 0, 0), 0.54, 0.66, (claim_lower("far foot"),)),
    *move_both_arms(HANGING, 0.54, 0.8, claim_lower("near hand")),
    Move("pelvis", (0, 0, 0), 0.74, 0.92),
)
_BOW = (
    Move("torso", (78.0, 0, 0), 0.12, 0.45, claim_bend("torso")),
    Move("pelvis", (0, -0.02, -0.14), 0.12, 0.45),
    Move("head", (15.0,), 0.12, 0.45),
    Move("torso", (0, 0, 0), 0.58, 0.9, claim_extend("torso")),
    Move("pelvis", (0, 0, 0), 0.58, 0.9),
    Move("head", (0.0,), 0.58, 0.9),
)
_SQUAT = (
    Move(
        "pelvis",
        (0, -0.62, -0.2),
        0.1,
        0.42,
        (claim_lower("body"), *claim_bend(*name_both_sides("knee"))),
    ),
    Move("torso", (34.0, 0, 0), 0.1, 0.42),
    *move_both_arms(AHEAD, 0.1, 0.4),
    Move(
        "pelvis",
        (0, 0, 0),
        0.58,
        0.9,
        (claim_raise("body"), *claim_extend(*name_both_sides("knee"))),
    ),
    Move("torso", (0, 0, 0), 0.58, 0.9),
    *move_both_arms(HANGING, 0.6, 0.92),
)
_RUN = (
    *move_both_arms(aim_arm(0.03, -0.13, 0.09), 0.0, 0.1),
    Move("torso", (6.0, 0, 0), 0.0, 0.1),
    *alternate_legs((0, 0.4, 0.2), 3),
    *alternate_arms((26.0, 0, 0), 3),
)
_BUTT_KICKS = (
    *move_both_arms(HIP, 0.0, 0.12),
    *alternate_legs((0, 0.46, -0.44), 2.5),
)
_SIDE_KICK = (
    Move(
        "near_leg",
        (0.05, 0.3, 0.12),
        0.12,
        0.32,
        (claim_raise("near foot"), *claim_bend("near knee")),
    ),
    Move(
        "near_leg",
        (0.82, 0.5, 0.0),
        0.34,
        0.52,
        (claim_raise("near foot"), *claim_extend("near knee")),
    ),
    Move("torso", (0, -28.0, 0), 0.2, 0.5),
    *move_both_arms(aim_arm(0.02, 0.0, 0.12), 0.1, 0.35, claim_raise("near hand", "chest")),
    Move("near_leg", (0, 0, 0), 0.58, 0.85, (claim_lower("near foot"),)),
    Move("torso", (0, 0, 0), 0.58, 0.85),
    *move_both_arms(HANGING, 0.6, 0.88, claim_lower("near hand")),
)
_HOP: tuple[Element, ...] = (
    Move(
        "far_leg", (0, 0.3, -0.25), 0.04, 0.16, (claim_raise("far foot"), *claim_bend("far knee"))
    ),
    *(
        Swing(c, (0, 0.18, 0), 4, 0.14, 0.88, one_way=True)
        for c in ("pelvis", "near_leg", "far_leg")
    ),
    *move_both_arms((35.0, 70.0, 0.85), 0.04, 0.16),
    Move("far_leg", (0, 0, 0), 0.88, 0.98, (claim_lower("far foot"),)),
)
_WALK = (Gait(1.9, 5, 0.04, 0.96, swing_arms=24.0),)
_CARRY: tuple[Element, ...] = (
    *(start_at(f"{a}_arm", aim_arm(-0.01, -0.1, 0.2)) for a in ("near", "far")),
    Gait(1.6, 5, 0.04, 0.96),
)
_SIDEWAYS = (Place(across=0.65, near=-0.3, heading=-65.0),)

WHOLE_BODY: tuple[ActionSpec, ...] = (
    ActionSpec(
        "pick up",
        _PICK_UP,
        (
            "a person bends down and picks something up with the {near} hand.",
            "someone stoops, takes an object from the floor with the {near} hand and stands up.",
        ),
        ntu_id=6,
        nw_ucla_id=1,
    ),
    ActionSpec(
        "sit down",
        _SIT,
        ("a person sits down on a chair.", "someone lowers the body until seated."),
        ntu_id=8,
        nw_ucla_id=5,
    ),
    ActionSpec(
        "stand up",
        _STAND,
        ("a seated person stands up.", "someone leans forward and rises from a chair."),
        ntu_id=9,
        nw_ucla_id=6,
    ),
    ActionSpec(
        "kicking the air/something",
        _KICK,
        ("a person kicks forward with the {near} leg.", "someone kicks with the {near} foot."),
        ntu_id=24,
    ),
    ActionSpec(
        "hopping",
        _HOP,
        (
            "a person hops on the {near} foot.",
            "someone lifts the {far} foot and hops on the other.",
        ),
        ntu_id=26,
    ),
    ActionSpec(
        "jump up",
        _JUMP,
        ("a person crouches and jumps up with both arms.", "someone jumps straight up."),
        ntu_id=27,
    ),
    ActionSpec(
        "bow (bend forward)",
        _BOW,
        ("a person bows deeply.", "someone bends the upper body forward and straightens again."),
        ntu_id=35,
    ),
    ActionSpec(
        "squat down",
        _SQUAT,
        ("a person squats down with both arms ahead.", "someone does a squat."),
        ntu_id=80,
    ),
    ActionSpec(
        "run on the spot",
        _RUN,
        ("a person runs on the spot.", "someone jogs in place, knees high."),
        ntu_id=99,
    ),
    ActionSpec(
        "butt kicks",
        _BUTT_KICKS,
        ("a person kicks the heels up behind.", "someone does butt kicks with hands on the hips."),
        ntu_id=100,
    ),
    ActionSpec(
        "side kick",
        _SIDE_KICK,
        ("a person kicks out sideways with the {near} leg.", "a side kick to the {near}."),
        ntu_id=102,
    ),
    ActionSpec(
        "pick up with two hands",
        _PICK_UP_BOTH,
        ("a person picks something up with both hands.", "someone lifts a thing off the floor."),
        nw_ucla_id=2,
    ),
    ActionSpec(
        "walk around",
        _WALK,
        ("a person walks forward, {near} foot first.", "someone walks a few steps."),
        seconds=2.8,
        nw_ucla_id=4,
        places=_SIDEWAYS,
    ),
    ActionSpec(
        "carry",
        _CARRY,
        ("a person walks and carries a thing with both hands.", "someone carries a box."),
        seconds=2.8,
        nw_ucla_id=12,
        places=_SIDEWAYS,
    ),
)
