"""Actions of the arms."""

from __future__ import annotations

from skeletonllm.synthesis.moves import (
    HANGING,
    Claim,
    Element,
    Move,
    Swing,
    Target,
    aim_arm,
    start_at,
)
from skeletonllm.synthesis.phrases import (
    CHEST,
    OVERHEAD,
    claim_bend,
    claim_extend,
    claim_lower,
    claim_raise,
    move_both_arms,
)
from skeletonllm.synthesis.spec import ActionSpec

MOUTH = aim_arm(-0.075, 0.05, 0.13)
EAR = aim_arm(-0.035, 0.10, 0.05)
BROW = aim_arm(-0.01, 0.12, 0.09)
_BEHIND: Target = (48.0, 140.0, 0.95)


def move_hand_to_head(place: Target) -> tuple[Element, ...]:
    """Moves of the near hand to a place at the head, and back."""
    claims = (
        claim_raise("near hand", "head"),
        *claim_bend("near elbow"),
        Claim("approach", "near hand", "head"),
    )
    return (
        Move("near_arm", place, 0.12, 0.38, claims),
        Move(
            "near_arm", HANGING, 0.7, 0.93, (claim_lower("near hand"), *claim_extend("near elbow"))
        ),
    )


_DRINK = (
    *move_hand_to_head(MOUTH),
    Move("head", (-24.0,), 0.4, 0.5),
    Move("head", (0.0,), 0.6, 0.7),
)
_THROW = (
    Move("torso", (-6.0, 0, 28.0), 0.1, 0.38),
    Move("near_arm", (128.0, 125.0, 0.8), 0.1, 0.38, (claim_raise("near hand"),)),
    Move("far_arm", (60.0, 20.0, 0.9), 0.1, 0.4),
    Move("far_leg", (0, 0, 0.3), 0.2, 0.4),
    Move("torso", (18.0, 0, -30.0), 0.42, 0.62),
    Move("near_arm", (92.0, -8.0, 1.0), 0.42, 0.58, claim_extend("near elbow")),
    Move("near_arm", (35.0, -25.0, 0.97), 0.58, 0.72, (claim_lower("near hand"),)),
    Move("torso", (0, 0, 0), 0.7, 0.95),
    Move("far_arm", HANGING, 0.5, 0.8),
    Move("near_arm", HANGING, 0.75, 0.96),
)
_CLAP = (
    *move_both_arms(
        aim_arm(-0.02, -0.08, 0.2),
        0.06,
        0.22,
        claim_raise("near hand", "chest"),
        *claim_bend("near elbow"),
    ),
    *(
        Swing(
            f"{arm}_arm",
            (0.0, 24.0, 0.0),
            4,
            0.22,
            0.85,
            down=(Claim("approach", "near hand", "other hand"),) if arm == "near" else (),
        )
        for arm in ("near", "far")
    ),
    *move_both_arms(HANGING, 0.87, 0.99, claim_lower("near hand")),
)
_CHEER = (
    *move_both_arms(OVERHEAD, 0.1, 0.36, claim_raise("near hand", "overhead")),
    *(Swing(f"{a}_arm", (-14.0, 0, -0.12), 3, 0.36, 0.78) for a in ("near", "far")),
    *move_both_arms(HANGING, 0.8, 0.97, claim_lower("near hand")),
)
_WAVE = (
    Move(
        "near_arm",
        (138.0, 78.0, 0.74),
        0.08,
        0.28,
        (claim_raise("near hand", "overhead"), *claim_bend("near elbow")),
    ),
    Swing("near_arm", (24.0, 0, 0), 3.5, 0.28, 0.8),
    Move("near_arm", HANGING, 0.82, 0.98, (claim_lower("near hand"), *claim_extend("near elbow"))),
)
_POINT = (
    Move("near_arm", (92.0, 28.0, 1.0), 0.12, 0.36, (claim_raise("near hand", "shoulder"),)),
    Move("near_arm", HANGING, 0.72, 0.94, (claim_lower("near hand"),)),
)
_CROSS = (
    *move_both_arms(
        aim_arm(-0.15, 0.02, 0.16),
        0.12,
        0.36,
        claim_raise("near hand", "chest"),
        *claim_bend("near elbow"),
    ),
    *move_both_arms(HANGING, 0.7, 0.93, claim_lower("near hand"), *claim_extend("near elbow")),
)
_ARM_CIRCLES = (
    *move_both_arms((92.0, 88.0, 0.99), 0.05, 0.2, claim_raise("near hand", "shoulder")),
    *(Swing(f"{a}_arm", (52.0, 0, 0), 3, 0.2, 0.82) for a in ("near", "far")),
    *(Swing(f"{a}_arm", (0, 46.0, 0), 3, 0.2, 0.82, 0.25) for a in ("near", "far")),
    *move_both_arms(HANGING, 0.84, 0.98, claim_lower("near hand")),
)
_ARM_SWINGS = (
    *move_both_arms((88.0, 50.0, 0.99), 0.05, 0.2, claim_raise("near hand", "shoulder")),
    *(Swing(f"{a}_arm", (0, 52.0, 0), 3, 0.2, 0.82) for a in ("near", "far")),
    *move_both_arms(HANGING, 0.84, 0.98, claim_lower("near hand")),
)
_DROP = (
    start_at("near_arm", CHEST),
    Move("near_arm", (72.0, 40.0, 0.97), 0.15, 0.4, claim_extend("near elbow")),
    Move("torso", (16.0, 0, 0), 0.15, 0.4),
    Move("near_arm", HANGING, 0.55, 0.8, (claim_lower("near hand"),)),
    Move("torso", (0, 0, 0), 0.55, 0.8),
)
_DON = (
    Move("near_arm", aim_arm(-0.04, 0.03, 0.2), 0.08, 0.24, (claim_raise("near hand", "chest"),)),
    Move("near_arm", _BEHIND, 0.26, 0.46),
    Move("far_arm", _BEHIND, 0.3, 0.52, (claim_raise("far hand"),)),
    Move("torso", (0, 14.0, 16.0), 0.26, 0.46),
    Move("torso", (0, 0, 0), 0.52, 0.72),
    *move_both_arms(aim_arm(-0.08, -0.1, 0.13), 0.56, 0.8, *claim_bend("near elbow")),
)
_DOFF = (
    *(start_at(f"{a}_arm", aim_arm(-0.08, -0.1, 0.13)) for a in ("near", "far")),
    *move_both_arms((50.0, 110.0, 0.95), 0.1, 0.34, *claim_extend("near elbow")),
    *move_both_arms((42.0, 160.0, 0.9), 0.36, 0.56),
    Move("torso", (18.0, 0, 0), 0.3, 0.56),
    Move("torso", (0, 0, 0), 0.6, 0.85),
    *move_both_arms(HANGING, 0.62, 0.92, claim_lower("near hand")),
)

GESTURES: tuple[ActionSpec, ...] = (
    ActionSpec(
        "drink water",
        _DRINK,
        (
            "a person raises the {near} hand to the mouth and drinks.",
            "someone drinks with the {near} hand, then lowers it.",
        ),
        ntu_id=1,
    ),
    ActionSpec(
        "throw",
        _THROW,
        (
            "a person throws something overhand with the {near} arm.",
            "someone steps forward with the {far} foot and throws with the {near} hand.",
        ),
        ntu_id=7,
        nw_ucla_id=11,
    ),
    ActionSpec(
        "clapping",
        _CLAP,
        ("a person claps both hands in front of the chest.", "someone is clapping."),
        ntu_id=10,
    ),
    ActionSpec(
        "cheer (raise arms)",
        _CHEER,
        ("a person raises both arms above the head and cheers.", "someone throws both arms up."),
        ntu_id=22,
    ),
    ActionSpec(
        "hand waving",
        _WAVE,
        ("a person waves with the {near} hand.", "someone lifts the {near} hand and waves it."),
        ntu_id=23,
    ),
    ActionSpec(
        "phone call",
        move_hand_to_head(EAR),
        (
            "a person holds a phone to the {near} ear.",
            "someone makes a call, {near} hand at the ear.",
        ),
        ntu_id=28,
    ),
    ActionSpec(
        "point at something/directions",
        _POINT,
        ("a person points ahead with the {near} arm.", "someone points with the {near} hand."),
        ntu_id=31,
    ),
    ActionSpec(
        "salute",
        move_hand_to_head(BROW),
        ("a person salutes with the {near} hand.", "someone brings the {near} hand to the brow."),
        ntu_id=38,
    ),
    ActionSpec(
        "cross hands in front",
        _CROSS,
        (
            "a person crosses both hands in front of the chest.",
            "someone makes a cross of the arms.",
        ),
        ntu_id=40,
    ),
    ActionSpec(
        "spin arms in circles",
        _ARM_CIRCLES,
        ("a person spins both arms in circles.", "someone circles the stretched arms."),
        ntu_id=97,
    ),
    ActionSpec(
        "arm swings",
        _ARM_SWINGS,
        (
            "a person swings both arms open and closed.",
            "someone swings the arms at shoulder height.",
        ),
        ntu_id=98,
    ),
    ActionSpec(
        "drop trash",
        _DROP,
        ("a person drops something from the {near} hand.", "someone throws trash into a bin."),
        nw_ucla_id=3,
    ),
    ActionSpec(
        "donning",
        _DON,
        ("a person puts on a jacket.", "someone slips into a coat, {near} arm first."),
        seconds=3.0,
        nw_ucla_id=8,
    ),
    ActionSpec(
        "doffing",
        _DOFF,
        ("a person takes off a jacket.", "someone pulls a coat off backwards."),
        seconds=3.0,
        nw_ucla_id=9,
    ),
)
