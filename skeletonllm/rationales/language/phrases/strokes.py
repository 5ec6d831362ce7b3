"""Phrases of strokes, which have a purpose in everyday words: push, throw, kick, clap."""

from __future__ import annotations

from skeletonllm.rationales.language.phrases.family import Family

HANDS = (
    Family(
        "clap",
        "hand",
        (
            "{part} [clap]{pace}{times}",
            "{part} [clap] together{pace}{times}",
            "{part} [meet] and [part] in a clap{pace}{times}",
            "{part} [come] together in a clap{pace}{times}",
            "{part} [strike] each other in a clap{pace}{times}",
            "{who} [clap] {own} together{pace}{times}",
            "{who} [bring] {own} together in a clap{pace}{times}",
        ),
        sides=("both",),
    ),
    Family(
        "push",
        "hand",
        (
            "{part} [push]{way}{pace}{push}{times}",
            "{part} [press]{way}{pace}{push}{times}",
            "{part} [thrust] out{way}{pace}{push}{times}",
            "{part} [shove]{way}{pace}{push}{times}",
            "{part} [make] a push{way}{pace}{push}{times}",
            "{part} [go] out in a push{way}{pace}{push}{times}",
            "{who} [push]{way} with {own}{pace}{push}{times}",
            "{who} [push] {own} out{way}{pace}{push}{times}",
        ),
    ),
    Family(
        "pull",
        "hand",
        (
            "{part} [pull] inward{pace}{times}",
            "{part} [pull] in toward the body{pace}{times}",
            "{part} [tug] inward{pace}{times}",
            "{part} [make] a pull toward the body{pace}{times}",
            "{part} [come] in with a pull{pace}{times}",
            "{who} [pull] {own} in{pace}{times}",
            "{who} [pull] {own} toward the body{pace}{times}",
            "{who} [haul] {own} inward in a pull{pace}{times}",
        ),
    ),
    Family(
        "throw",
        "hand",
        (
            "{part} [throw]{way}{pace}{times}",
            "{part} [make] a throw{way}{pace}{times}",
            "{part} [whip] out in a throw{way}{pace}{times}",
            "{part} [hurl]{way}{pace}{times}",
            "{part} [fling]{way}{pace}{times}",
            "{who} [throw]{way} with {own}{pace}{times}",
            "{who} [fling] {own}{way} in a throw{pace}{times}",
            "{who} [hurl] {own}{way} in a throw{pace}{times}",
        ),
    ),
    Family(
        "pick_up",
        "hand",
        (
            "{part} [reach] down and [pick] something up{pace}",
            "{part} [pick] something up from below{pace}",
            "{part} [dip] down to pick up something{pace}",
            "{part} [go] down low and [pick] something up{pace}",
            "{part} [scoop] up something from below{pace}",
            "{part} [collect] something from below{pace}",
            "{who} [pick] something up with {own}{pace}",
            "{who} [reach] down with {own} to pick something up{pace}",
            "{who} [gather] something up from below with {own}{pace}",
        ),
    ),
)

FEET = (
    Family(
        "kick",
        "foot",
        (
            "{part} [kick]{way}{pace}{times}",
            "{part} [fly] out in a kick{way}{pace}{times}",
            "{part} [shoot] out in a kick{way}{pace}{times}",
            "{part} [deliver] a kick{way}{pace}{times}",
            "{part} [make] a kick{way}{pace}{times}",
            "{part} [lash] out in a kick{way}{pace}{times}",
            "{who} [kick]{way} with {own}{pace}{times}",
            "{who} [kick] {own} out{way}{pace}{times}",
        ),
    ),
    Family(
        "lunge",
        "foot",
        (
            "{part} [lunge]{way}{pace}{times}",
            "{part} [go] far out in a lunge{way}{pace}{times}",
            "{part} [be] set far out in a lunge{way}{times}",
            "{part} [take] a long lunge{way}{pace}{times}",
            "{part} [land] in a deep lunge{way}{pace}{times}",
            "{who} [lunge]{way} with {own}{pace}{times}",
            "{who} [set] {own} far out in a lunge{way}{pace}{times}",
            "{who} [plant] {own} far out in a lunge{way}{pace}{times}",
        ),
    ),
    Family(
        "step",
        "foot",
        (
            "{part} [step]{way}{pace}{times}",
            "{part} [take] a step{way}{pace}{times}",
            "{part} [make] a step{way}{pace}{times}",
            "{part} [be] set down one step away{way}{times}",
            "{part} [move] by a step{way}{pace}{times}",
            "{who} [step]{way} with {own}{pace}{times}",
            "{who} [take] a step{way} with {own}{pace}{times}",
            "{who} [set] {own} down a step away{way}{pace}{times}",
        ),
    ),
)

STROKES = (*HANDS, *FEET)
