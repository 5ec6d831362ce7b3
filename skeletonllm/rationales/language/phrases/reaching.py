"""Phrases of parts that go somewhere: up, down, ahead, aside, to a target and away from it."""

from __future__ import annotations

from skeletonllm.rationales.language.phrases.family import Family

_LIMBS = "hand elbow foot knee head"

HEIGHT = (
    Family(
        "raise",
        _LIMBS,
        (
            "{part} [rise]{pace}{to}{times}",
            "{part} [go] up{pace}{to}{times}",
            "{part} [move] upward{pace}{to}{times}",
            "{part} [come] up{pace}{to}{times}",
            "{part} [climb]{pace}{to}{times}",
            "{part} [ascend]{pace}{to}{times}",
            "{who} [raise] {own}{pace}{to}{times}",
            "{who} [lift] {own}{pace}{to}{times}",
            "{who} [bring] {own} up{pace}{to}{times}",
            "{who} [move] {own} upward{pace}{to}{times}",
        ),
    ),
    Family(
        "raise",
        "shoulder",
        (
            "{part} [rise] in a shrug{pace}{times}",
            "{part} [go] up in a shrug{pace}{times}",
            "{part} [move] upward toward the ears{pace}{times}",
            "{part} [come] up toward the ears{pace}{times}",
            "{who} [shrug] {own} upward{pace}{times}",
            "{who} [raise] {own} in a shrug{pace}{times}",
            "{who} [lift] {own} toward the ears{pace}{times}",
            "{part} [shrug] upward{pace}{times}",
        ),
    ),
    Family(
        "raise",
        "body",
        (
            "{part} [rise]{pace}{times}",
            "{part} [go] up{pace}{times}",
            "{part} [move] upward{pace}{times}",
            "{part} [come] up{pace}{times}",
            "{who} [gain] height{pace}{times}",
            "{who} [get] higher{pace}{times}",
            "{part} [ascend]{pace}{times}",
        ),
    ),
    Family(
        "lower",
        _LIMBS,
        (
            "{part} [sink]{pace}{to}{times}",
            "{part} [go] down{pace}{to}{times}",
            "{part} [move] downward{pace}{to}{times}",
            "{part} [come] down{pace}{to}{times}",
            "{part} [descend]{pace}{to}{times}",
            "{part} [drop]{pace}{to}{times}",
            "{who} [lower] {own}{pace}{to}{times}",
            "{who} [let] {own} sink{pace}{to}{times}",
            "{who} [bring] {own} down{pace}{to}{times}",
            "{who} [move] {own} downward{pace}{to}{times}",
        ),
    ),
    Family(
        "lower",
        "shoulder",
        (
            "{part} [sink]{pace}{times}",
            "{part} [go] down{pace}{times}",
            "{part} [move] downward{pace}{times}",
            "{part} [come] down{pace}{times}",
            "{part} [drop]{pace}{times}",
            "{who} [lower] {own}{pace}{times}",
            "{who} [let] {own} sink{pace}{times}",
        ),
    ),
    Family(
        "lower",
        "body",
        (
            "{part} [sink]{pace}{times}",
            "{part} [go] down{pace}{times}",
            "{part} [move] downward{pace}{times}",
            "{part} [come] down{pace}{times}",
            "{who} [lose] height{pace}{times}",
            "{who} [get] lower{pace}{times}",
            "{part} [descend]{pace}{times}",
        ),
    ),
)

LEVEL_PATHS = (
    Family(
        "forward",
        _LIMBS,
        (
            "{part} [go] forward{pace}{to}{times}",
            "{part} [move] forward{pace}{to}{times}",
            "{part} [come] forward{pace}{to}{times}",
            "{part} [travel] forward{pace}{to}{times}",
            "{part} [advance] forward{pace}{to}{times}",
            "{part} [slide] forward{pace}{to}{times}",
            "{who} [bring] {own} forward{pace}{to}{times}",
            "{who} [move] {own} forward{pace}{to}{times}",
            "{who} [send] {own} forward{pace}{to}{times}",
        ),
    ),
    Family(
        "backward",
        _LIMBS,
        (
            "{part} [go] backward{pace}{to}{times}",
            "{part} [move] backward{pace}{to}{times}",
            "{part} [come] backward{pace}{to}{times}",
            "{part} [travel] backward{pace}{to}{times}",
            "{part} [slide] backward{pace}{to}{times}",
            "{who} [draw] {own} backward{pace}{to}{times}",
            "{who} [bring] {own} backward{pace}{to}{times}",
            "{who} [move] {own} backward{pace}{to}{times}",
        ),
    ),
    Family(
        "sideways",
        _LIMBS,
        (
            "{part} [go] sideways{way}{pace}{at}{times}",
            "{part} [move] sideways{way}{pace}{at}{times}",
            "{part} [travel] sideways{way}{pace}{at}{times}",
            "{part} [slide] sideways{way}{pace}{at}{times}",
            "{part} [shift] sideways{way}{pace}{at}{times}",
            "{who} [move] {own} sideways{way}{pace}{at}{times}",
            "{who} [bring] {own} sideways{way}{pace}{at}{times}",
            "{who} [carry] {own} sideways{way}{pace}{at}{times}",
        ),
    ),
    Family(
        "swing",
        "hand",
        (
            "{part} [swing]{way}{pace}{times}",
            "{part} [sweep]{way}{pace}{times}",
            "{part} [make] a wide sweep{way}{pace}{times}",
            "{part} [follow] a wide arc{way}{pace}{times}",
            "{part} [sail] through a wide arc{way}{pace}{times}",
            "{who} [swing] {own}{way}{pace}{times}",
            "{who} [sweep] {own}{way}{pace}{times}",
            "{who} [lead] {own} through a wide swing{way}{pace}{times}",
        ),
    ),
)

AIMED = (
    Family(
        "approach",
        "hand foot",
        (
            "{part} [come] closer to {target}{pace}{times}",
            "{part} [approach] {target}{pace}{times}",
            "{part} [draw] nearer to {target}{pace}{times}",
            "{part} [move] toward {target}{pace}{times}",
            "{part} [go] toward {target}{pace}{times}",
            "{part} [get] closer to {target}{pace}{times}",
            "{who} [bring] {own} closer to {target}{pace}{times}",
            "{who} [move] {own} toward {target}{pace}{times}",
            "{who} [guide] {own} toward {target}{pace}{times}",
        ),
    ),
    Family(
        "approach",
        "body",
        (
            "{who} [come] closer to {target}{pace}{times}",
            "{who} [approach] {target}{pace}{times}",
            "{who} [draw] nearer to {target}{pace}{times}",
            "{who} [move] toward {target}{pace}{times}",
            "{who} [close] in on {target}{pace}{times}",
            "{who} [get] closer to {target}{pace}{times}",
            "{who} [reduce] the distance to {target}{pace}{times}",
        ),
    ),
    Family(
        "retreat",
        "hand foot",
        (
            "{part} [move] away from {target}{pace}{times}",
            "{part} [go] away from {target}{pace}{times}",
            "{part} [retreat] from {target}{pace}{times}",
            "{part} [withdraw] from {target}{pace}{times}",
            "{part} [draw] away from {target}{pace}{times}",
            "{part} [depart] from {target}{pace}{times}",
            "{who} [move] {own} away from {target}{pace}{times}",
            "{who} [take] {own} away from {target}{pace}{times}",
        ),
    ),
    Family(
        "retreat",
        "body",
        (
            "{who} [move] away from {target}{pace}{times}",
            "{who} [retreat] from {target}{pace}{times}",
            "{who} [back] away from {target}{pace}{times}",
            "{who} [withdraw] from {target}{pace}{times}",
            "{who} [get] farther from {target}{pace}{times}",
            "{who} [increase] the distance to {target}{pace}{times}",
        ),
    ),
    Family(
        "touch",
        "hand",
        (
            "{part} [touch] {target}{pace}{times}",
            "{part} [meet] {target} with a touch{pace}{times}",
            "{part} [make] contact with {target}{pace}{times}",
            "{part} [reach] and [touch] {target}{pace}{times}",
            "{part} [be] in contact with {target}{times}",
            "{part} [come] into contact with {target}{pace}{times}",
            "{who} [touch] {target} with {own}{pace}{times}",
            "{who} [lay] {own} on {target}{pace}{times}",
            "{who} [put] {own} on {target}{pace}{times}",
            "{who} [place] {own} on {target}{pace}{times}",
        ),
    ),
)

REACHING = (*HEIGHT, *LEVEL_PATHS, *AIMED)
