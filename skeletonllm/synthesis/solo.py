"""Actions of one person."""

from __future__ import annotations

from skeletonllm.synthesis.moves import (
    HANGING,
    Claim,
    Element,
    Gait,
    Move,
    Swing,
    Target,
    aim,
    already,
)
from skeletonllm.synthesis.spec import ActionSpec, Place

OVERHEAD: Target = (165.0, 60.0, 0.98)
AHEAD: Target = (88.0, 4.0, 0.98)
MOUTH = aim(-0.075, 0.05, 0.13)
EAR = aim(-0.035, 0.10, 0.05)
BROW = aim(-0.01, 0.12, 0.09)
LAP = aim(-0.02, -0.22, 0.16)
CHEST = aim(-0.04, -0.07, 0.2)
HIP = aim(0.045, -0.215, 0.02)
FLOOR: Target = (12.0, -10.0, 0.98)

_SEATED: Target = (0.0, -0.5, -0.46)
_CROUCHED: Target = (0.0, -0.34, -0.12)


def raises(part: str, target: str = "") -> Claim:
    """The part goes up."""
    return Claim("raise", part, target)


def lowers(part: str, target: str = "") -> Claim:
    """The part goes down."""
    return Claim("lower", part, target)


def bends(*parts: str) -> tuple[Claim, ...]:
    """The joints close."""
    return tuple(Claim("bend", part) for part in parts)


def extends(*parts: str) -> tuple[Claim, ...]:
    """The joints open."""
    return tuple(Claim("extend", part) for part in parts)


def both(part: str) -> tuple[str, str]:
    """The part on both sides."""
    return f"near {part}", f"far {part}"


def both_arms(
    to: Target, start: float, end: float, *claims: Claim, person: int = 0
) -> tuple[Element, ...]:
    """Both arms do the same; claims that name the near hand hold for the far one, too."""
    return tuple(
        Move(
            f"{arm}_arm",
            to,
            start,
            end,
            tuple(Claim(c.motion, c.part.replace("near", arm), c.target) for c in claims),
            person,
        )
        for arm in ("near", "far")
    )


def hand_to(place: Target, name: str) -> tuple[Element, ...]:
    """The near hand goes to the head and comes back."""
    claims = (
        raises("near hand", name),
        *bends("near elbow"),
        Claim("approach", "near hand", "head"),
    )
    return (
        Move("near_arm", place, 0.12, 0.38, claims),
        Move("near_arm", HANGING, 0.7, 0.93, (lowers("near hand"), *extends("near elbow"))),
    )


def legs_in_turn(amplitude: Target, cycles: float, *, up: str | None = None) -> tuple[Element, ...]:
    """Near and far leg leave the floor alternately."""
    return tuple(
        Swing(
            f"{leg}_leg",
            amplitude,
            cycles,
            0.08,
            0.92,
            phase,
            one_way=True,
            up=(raises(f"{leg} foot"), *bends(f"{leg} knee")) if up is None else (),
            down=(lowers(f"{leg} foot"), *extends(f"{leg} knee")) if up is None else (),
        )
        for leg, phase in (("near", 0.0), ("far", 0.5))
    )


def pump(amplitude: Target, cycles: float) -> tuple[Element, ...]:
    """Arms go against each other."""
    return tuple(
        Swing(f"{arm}_arm", amplitude, cycles, 0.08, 0.92, phase)
        for arm, phase in (("near", 0.5), ("far", 0.0))
    )


_SIT = (
    Move("torso", (32.0, 0, 0), 0.12, 0.42),
    Move("pelvis", _SEATED, 0.15, 0.65, (lowers("pelvis", "seat"), *bends(*both("knee")))),
    Move("torso", (3.0, 0, 0), 0.45, 0.8),
    *both_arms(LAP, 0.3, 0.75),
)
_STAND = (
    already("pelvis", _SEATED),
    already("torso", (3.0, 0, 0)),
    already("near_arm", LAP),
    already("far_arm", LAP),
    Move("torso", (36.0, 0, 0), 0.12, 0.42),
    Move("pelvis", (0, 0, 0), 0.32, 0.8, (raises("pelvis", "standing"), *extends(*both("knee")))),
    Move("torso", (0, 0, 0), 0.5, 0.85),
    *both_arms(HANGING, 0.4, 0.85),
)
_STOOP = (
    Move("torso", (62.0, 0, 0), 0.1, 0.42, bends("torso")),
    Move("pelvis", (0, -0.3, -0.16), 0.1, 0.42, (lowers("pelvis"), *bends(*both("knee")))),
    Move("head", (-15.0,), 0.1, 0.42),
)
_RISE = (
    Move("torso", (0, 0, 0), 0.52, 0.88, extends("torso")),
    Move("pelvis", (0, 0, 0), 0.52, 0.88, (raises("pelvis"), *extends(*both("knee")))),
    Move("head", (0.0,), 0.52, 0.88),
)
_PICK_UP = (
    *_STOOP,
    Move("near_arm", FLOOR, 0.1, 0.42, (lowers("near hand", "floor"),)),
    *_RISE,
    Move("near_arm", CHEST, 0.55, 0.9, (raises("near hand", "chest"), *bends("near elbow"))),
)
_PICK_UP_BOTH = (
    *_STOOP,
    *both_arms(FLOOR, 0.1, 0.42, lowers("near hand", "floor")),
    *_RISE,
    *both_arms(CHEST, 0.55, 0.9, raises("near hand", "chest"), *bends("near elbow")),
)
_THROW = (
    Move("torso", (-6.0, 0, 28.0), 0.1, 0.38),
    Move("near_arm", (128.0, 125.0, 0.8), 0.1, 0.38, (raises("near hand", "above the shoulder"),)),
    Move("far_arm", (60.0, 20.0, 0.9), 0.1, 0.4),
    Move("far_leg", (0, 0, 0.3), 0.2, 0.4),
    Move("torso", (18.0, 0, -30.0), 0.42, 0.62),
    Move("near_arm", (92.0, -8.0, 1.0), 0.42, 0.58, extends("near elbow")),
    Move("near_arm", (35.0, -25.0, 0.97), 0.58, 0.72, (lowers("near hand"),)),
    Move("torso", (0, 0, 0), 0.7, 0.95),
    Move("far_arm", HANGING, 0.5, 0.8),
    Move("near_arm", HANGING, 0.75, 0.96),
)
_CLAP = (
    *both_arms(
        aim(-0.02, -0.08, 0.2), 0.06, 0.22, raises("near hand", "chest"), *bends("near elbow")
    ),
    *(
        Swing(
            f"{arm}_arm",
            (0.0, 24.0, 0.0),
            4,
            0.22,
            0.85,
            down=(Claim("approach", "near hand", "far hand"),) if arm == "near" else (),
        )
        for arm in ("near", "far")
    ),
    *both_arms(HANGING, 0.87, 0.99, lowers("near hand")),
)
_CHEER = (
    *both_arms(OVERHEAD, 0.1, 0.36, raises("near hand", "above the head")),
    *(Swing(f"{a}_arm", (-14.0, 0, -0.12), 3, 0.36, 0.78) for a in ("near", "far")),
    *both_arms(HANGING, 0.8, 0.97, lowers("near hand")),
)
_WAVE = (
    Move(
        "near_arm",
        (138.0, 78.0, 0.74),
        0.08,
        0.28,
        (raises("near hand", "above the head"), *bends("near elbow")),
    ),
    Swing("near_arm", (24.0, 0, 0), 3.5, 0.28, 0.8),
    Move("near_arm", HANGING, 0.82, 0.98, (lowers("near hand"), *extends("near elbow"))),
)
_KICK = (
    Move("near_leg", (0, 0.16, -0.3), 0.12, 0.32, bends("near knee")),
    Move("near_leg", (-0.04, 0.52, 0.84), 0.34, 0.52, (raises("near foot"), *extends("near knee"))),
    Move("torso", (-14.0, 0, 0), 0.34, 0.52),
    Move("far_arm", (55.0, 15.0, 0.95), 0.34, 0.52),
    Move("near_arm", (30.0, 110.0, 0.95), 0.34, 0.52),
    Move("near_leg", (0, 0, 0), 0.58, 0.85, (lowers("near foot", "floor"),)),
    Move("torso", (0, 0, 0), 0.58, 0.85),
    *both_arms(HANGING, 0.58, 0.85),
)
_JUMP = (
    Move("pelvis", _CROUCHED, 0.08, 0.32, (lowers("pelvis"), *bends(*both("knee")))),
    Move("torso", (34.0, 0, 0), 0.08, 0.32),
    *both_arms((38.0, 165.0, 0.97), 0.08, 0.32),
    Move("pelvis", (0, 0.42, 0), 0.34, 0.52, (raises("pelvis"),)),
    Move("torso", (0, 0, 0), 0.34, 0.46),
    Move("near_leg", (0, 0.42, 0), 0.4, 0.52, (raises("near foot"),)),
    Move("far_leg", (0, 0.42, 0), 0.4, 0.52, (raises("far foot"),)),
    *both_arms((150.0, 20.0, 0.98), 0.34, 0.52, raises("near hand", "above the head")),
    Move("pelvis", (0, -0.15, -0.04), 0.54, 0.72, (lowers("pelvis"),)),
    Move("near_leg", (0, 0, 0), 0.54, 0.66, (lowers("near foot", "floor"),)),
    Move("far_leg", (0, 0, 0), 0.54, 0.66, (lowers("far foot", "floor"),)),
    *both_arms(HANGING, 0.54, 0.8, lowers("near hand")),
    Move("pelvis", (0, 0, 0), 0.74, 0.92),
)
_BOW = (
    Move("torso", (78.0, 0, 0), 0.12, 0.45, bends("torso")),
    Move("pelvis", (0, -0.02, -0.14), 0.12, 0.45),
    Move("head", (15.0,), 0.12, 0.45),
    Move("torso", (0, 0, 0), 0.58, 0.9, extends("torso")),
    Move("pelvis", (0, 0, 0), 0.58, 0.9),
    Move("head", (0.0,), 0.58, 0.9),
)
_SQUAT = (
    Move("pelvis", (0, -0.62, -0.2), 0.1, 0.42, (lowers("pelvis"), *bends(*both("knee")))),
    Move("torso", (34.0, 0, 0), 0.1, 0.42),
    *both_arms(AHEAD, 0.1, 0.4, raises("near hand", "shoulder")),
    Move("pelvis", (0, 0, 0), 0.58, 0.9, (raises("pelvis"), *extends(*both("knee")))),
    Move("torso", (0, 0, 0), 0.58, 0.9),
    *both_arms(HANGING, 0.6, 0.92, lowers("near hand")),
)
_ARM_SWINGS = (
    *both_arms((88.0, 50.0, 0.99), 0.05, 0.2, raises("near hand", "shoulder")),
    *(Swing(f"{a}_arm", (0, 52.0, 0), 3, 0.2, 0.82) for a in ("near", "far")),
    *both_arms(HANGING, 0.84, 0.98, lowers("near hand")),
)
_ARM_CIRCLES = (
    *both_arms((92.0, 88.0, 0.99), 0.05, 0.2, raises("near hand", "shoulder")),
    *(Swing(f"{a}_arm", (52.0, 0, 0), 3, 0.2, 0.82) for a in ("near", "far")),
    *(Swing(f"{a}_arm", (0, 46.0, 0), 3, 0.2, 0.82, 0.25) for a in ("near", "far")),
    *both_arms(HANGING, 0.84, 0.98, lowers("near hand")),
)
_RUN = (
    *both_arms(aim(0.03, -0.13, 0.09), 0.0, 0.1),
    Move("torso", (6.0, 0, 0), 0.0, 0.1),
    *legs_in_turn((0, 0.4, 0.2), 3),
    *pump((26.0, 0, 0), 3),
)
_BUTT_KICKS = (
    *both_arms(HIP, 0.0, 0.12),
    *legs_in_turn((0, 0.46, -0.44), 2.5),
)
_SIDE_KICK = (
    Move("near_leg", (0.05, 0.3, 0.12), 0.12, 0.32, (raises("near foot"), *bends("near knee"))),
    Move("near_leg", (0.82, 0.5, 0.0), 0.34, 0.52, (raises("near foot"), *extends("near knee"))),
    Move("torso", (0, -28.0, 0), 0.2, 0.5),
    *both_arms(aim(0.02, 0.0, 0.12), 0.1, 0.35, raises("near hand", "chest")),
    Move("near_leg", (0, 0, 0), 0.58, 0.85, (lowers("near foot", "floor"),)),
    Move("torso", (0, 0, 0), 0.58, 0.85),
    *both_arms(HANGING, 0.6, 0.88, lowers("near hand")),
)
_DRINK = (
    *hand_to(MOUTH, "mouth"),
    Move("head", (-24.0,), 0.4, 0.5),
    Move("head", (0.0,), 0.6, 0.7),
)
_POINT = (
    Move("near_arm", (92.0, 28.0, 1.0), 0.12, 0.36, (raises("near hand", "shoulder"),)),
    Move("near_arm", HANGING, 0.72, 0.94, (lowers("near hand"),)),
)
_CROSS = (
    *both_arms(
        aim(-0.15, 0.02, 0.16), 0.12, 0.36, raises("near hand", "chest"), *bends("near elbow")
    ),
    *both_arms(HANGING, 0.7, 0.93, lowers("near hand"), *extends("near elbow")),
)
_HOP: tuple[Element, ...] = (
    Move("far_leg", (0, 0.3, -0.25), 0.04, 0.16, (raises("far foot"), *bends("far knee"))),
    *(
        Swing(c, (0, 0.18, 0), 4, 0.14, 0.88, one_way=True)
        for c in ("pelvis", "near_leg", "far_leg")
    ),
    *both_arms((35.0, 70.0, 0.85), 0.04, 0.16),
    Move("far_leg", (0, 0, 0), 0.88, 0.98, (lowers("far foot", "floor"),)),
)
_WALK = (Gait(1.9, 5, 0.04, 0.96, swing_arms=24.0),)
_CARRY: tuple[Element, ...] = (
    *(already(f"{a}_arm", aim(-0.01, -0.1, 0.2)) for a in ("near", "far")),
    Gait(1.6, 5, 0.04, 0.96),
)
_DROP = (
    already("near_arm", CHEST),
    Move("near_arm", (72.0, 40.0, 0.97), 0.15, 0.4, extends("near elbow")),
    Move("torso", (16.0, 0, 0), 0.15, 0.4),
    Move("near_arm", HANGING, 0.55, 0.8, (lowers("near hand"),)),
    Move("torso", (0, 0, 0), 0.55, 0.8),
)
_BEHIND: Target = (48.0, 140.0, 0.95)
_DON = (
    Move("near_arm", aim(-0.04, 0.03, 0.2), 0.08, 0.24, (raises("near hand", "chest"),)),
    Move("near_arm", _BEHIND, 0.26, 0.46),
    Move("far_arm", _BEHIND, 0.3, 0.52, (raises("far hand"),)),
    Move("torso", (0, 14.0, 16.0), 0.26, 0.46),
    Move("torso", (0, 0, 0), 0.52, 0.72),
    *both_arms(aim(-0.08, -0.1, 0.13), 0.56, 0.8, *bends("near elbow")),
)
_DOFF = (
    *(already(f"{a}_arm", aim(-0.08, -0.1, 0.13)) for a in ("near", "far")),
    *both_arms((50.0, 110.0, 0.95), 0.1, 0.34, *extends("near elbow")),
    *both_arms((42.0, 160.0, 0.9), 0.36, 0.56),
    Move("torso", (18.0, 0, 0), 0.3, 0.56),
    Move("torso", (0, 0, 0), 0.6, 0.85),
    *both_arms(HANGING, 0.62, 0.92, lowers("near hand")),
)
_SIDEWAYS = (Place(across=0.65, near=-0.3, heading=-65.0),)

SOLO: tuple[ActionSpec, ...] = (
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
        "phone call",
        hand_to(EAR, "ear"),
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
        "bow (bend forward)",
        _BOW,
        ("a person bows deeply.", "someone bends the upper body forward and straightens again."),
        ntu_id=35,
    ),
    ActionSpec(
        "salute",
        hand_to(BROW, "forehead"),
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
        "squat down",
        _SQUAT,
        ("a person squats down with both arms ahead.", "someone does a squat."),
        ntu_id=80,
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
        "drop trash",
        _DROP,
        ("a person drops something from the {near} hand.", "someone throws trash into a bin."),
        nw_ucla_id=3,
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
    ActionSpec(
        "carry",
        _CARRY,
        ("a person walks and carries a thing with both hands.", "someone carries a box."),
        seconds=2.8,
        nw_ucla_id=12,
        places=_SIDEWAYS,
    ),
)
