"""Phrases of joints and of the trunk: bending, leaning, twisting; of loops, rhythms and rest."""

from __future__ import annotations

from skeletonllm.rationales.language.phrases.family import Family

_HINGES = "elbow knee hip"
_SWAYING = "hand elbow foot knee head torso"

HINGES = (
    Family(
        "bend",
        _HINGES,
        (
            "{part} [bend]{pace}{times}",
            "{part} [fold]{pace}{times}",
            "{part} [flex]{pace}{times}",
            "{part} [bend] and [close]{pace}{times}",
            "{who} [bend] {own}{pace}{times}",
            "{who} [fold] {own}{pace}{times}",
            "{who} [flex] {own}{pace}{times}",
            "the angle at {part} [shrink] with a bend{pace}{times}",
        ),
    ),
    Family(
        "extend",
        _HINGES,
        (
            "{part} [straighten]{pace}{times}",
            "{part} [extend]{pace}{times}",
            "{part} [unfold]{pace}{times}",
            "{part} [open] and [straighten]{pace}{times}",
            "{part} [stretch] out straight{pace}{times}",
            "{who} [straighten] {own}{pace}{times}",
            "{who} [extend] {own}{pace}{times}",
            "{who} [stretch] {own} straight{pace}{times}",
            "the angle at {part} [widen] until straight{pace}{times}",
        ),
    ),
)

TRUNK = (
    Family(
        "lean",
        "torso",
        (
            "{part} [lean]{way}{pace}{times}",
            "{part} [tilt]{way}{pace}{times}",
            "{part} [incline]{way}{pace}{times}",
            "{part} [tip]{way}{pace}{times}",
            "{who} [lean]{way} with {own}{pace}{times}",
            "{who} [lean] {own}{way}{pace}{times}",
            "{who} [tilt] {own}{way}{pace}{times}",
            "{part} [leave] the vertical and [lean]{way}{pace}{times}",
        ),
    ),
    Family(
        "straighten",
        "torso",
        (
            "{part} [straighten] up{pace}{times}",
            "{part} [come] upright{pace}{times}",
            "{part} [return] to the vertical{pace}{times}",
            "{part} [become] upright again{pace}{times}",
            "{who} [straighten] {own}{pace}{times}",
            "{who} [bring] {own} upright{pace}{times}",
            "{who} [return] {own} to the vertical{pace}{times}",
        ),
    ),
    Family(
        "twist",
        "torso",
        (
            "{part} [twist]{way}{pace}{times}",
            "{part} [rotate]{way}{pace}{times}",
            "{part} [swivel]{way}{pace}{times}",
            "{part} [twist] against the hips{way}{pace}{times}",
            "{who} [twist] {own}{way}{pace}{times}",
            "{who} [rotate] {own}{way}{pace}{times}",
            "{who} [wind] {own}{way} in a twist{pace}{times}",
        ),
    ),
)

PATHS = (
    Family(
        "cross",
        "hand",
        (
            "{part} [cross] in front of the body{pace}{times}",
            "{part} [cross] over each other{pace}{times}",
            "{part} [pass] each other and [cross]{pace}{times}",
            "{part} [form] a cross{pace}{times}",
            "{who} [cross] {own}{pace}{times}",
            "{who} [move] {own} into a cross{pace}{times}",
            "{who} [fold] {own} across each other{pace}{times}",
        ),
        sides=("both",),
    ),
    Family(
        "cross",
        "hand",
        (
            "{part} [cross] the middle of the body{pace}{times}",
            "{part} [cross] over to the opposite side{pace}{times}",
            "{part} [reach] across the body{pace}{times}",
            "{part} [go] across the middle of the body{pace}{times}",
            "{part} [pass] across the body{pace}{times}",
            "{who} [take] {own} across the body{pace}{times}",
            "{who} [move] {own} across the middle of the body{pace}{times}",
        ),
        sides=("left", "right"),
    ),
    Family(
        "circle",
        "hand foot",
        (
            "{part} [circle]{way}{pace}{at}{rounds}",
            "{part} [move] in a circle{way}{pace}{at}{rounds}",
            "{part} [draw] a circle{way}{pace}{at}{rounds}",
            "{part} [trace] a circle{way}{pace}{at}{rounds}",
            "{part} [go] round in a circle{way}{pace}{at}{rounds}",
            "{part} [describe] a round loop{way}{pace}{at}{rounds}",
            "{who} [circle] {own}{way}{pace}{at}{rounds}",
            "{who} [move] {own} round in a circle{way}{pace}{at}{rounds}",
            "{who} [lead] {own} round in a loop{way}{pace}{at}{rounds}",
        ),
    ),
)


def _list_rhythms(way: str) -> tuple[str, ...]:
    """Phrases of a movement to and fro, with the words that tell its axis."""
    return (
        f"{{part}} [move] {way}{{pace}}{{at}}{{times}}",
        f"{{part}} [go] {way}{{pace}}{{at}}{{times}}",
        f"{{part}} [shake] {way}{{pace}}{{at}}{{times}}",
        f"{{part}} [wave] {way}{{pace}}{{at}}{{times}}",
        f"{{part}} [oscillate] {way}{{pace}}{{at}}{{times}}",
        f"{{part}} [travel] {way}{{pace}}{{at}}{{times}}",
        f"{{who}} [move] {{own}} {way}{{pace}}{{at}}{{times}}",
        f"{{who}} [shake] {{own}} {way}{{pace}}{{at}}{{times}}",
        f"{{who}} [wave] {{own}} {way}{{pace}}{{at}}{{times}}",
        f"{{part}} [repeat] a movement {way}{{pace}}{{at}}{{times}}",
    )


RHYTHMS = (
    Family("oscillate", _SWAYING, _list_rhythms("to and fro"), direction=""),
    Family("oscillate", _SWAYING, _list_rhythms("up and down"), direction="up"),
    Family("oscillate", _SWAYING, _list_rhythms("from side to side"), direction="left"),
    Family("oscillate", _SWAYING, _list_rhythms("forward and backward"), direction="forward"),
)

REST = (
    Family(
        "hold",
        "hand elbow shoulder hip knee foot head torso",
        (
            "{part} [stay] still{at}",
            "{part} [remain] still{at}",
            "{part} [keep] still{at}",
            "{part} [rest] and [be] still{at}",
            "{part} [be] held still{at}",
            "{part} [pause] and [stay] still{at}",
            "{who} [hold] {own} still{at}",
            "{who} [keep] {own} still{at}",
        ),
    ),
    Family(
        "hold",
        "body",
        (
            "{who} [stay] still",
            "{who} [remain] still",
            "{who} [keep] still",
            "{part} [stay] still",
            "{part} [remain] still and motionless",
            "{who} [pause] and [be] still",
        ),
    ),
    Family(
        "other",
        "hand elbow shoulder hip knee foot head torso body",
        (
            "{part} [move]",
            "{part} [act]",
            "{part} [take] part",
            "{part} [be] active",
            "{part} [be] in motion",
            "{part} [do] something",
        ),
    ),
)

JOINTS = (*HINGES, *TRUNK, *PATHS, *RHYTHMS, *REST)
