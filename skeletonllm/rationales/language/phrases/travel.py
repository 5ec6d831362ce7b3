"""Phrases of the whole body: turning, walking, running, jumping, crouching, sitting, standing."""

from __future__ import annotations

from skeletonllm.rationales.language.phrases.family import Family

TRAVEL = (
    Family(
        "turn",
        "body",
        (
            "{who} [turn]{way}{pace}",
            "{part} [turn]{way}{pace}",
            "{who} [turn] round{way}{pace}",
            "{part} [rotate]{way}{pace}",
            "{who} [pivot]{way} in a turn{pace}",
            "{who} [make] a turn{way}{pace}",
            "{who} [turn] about{way}{pace}",
        ),
    ),
    Family(
        "walk",
        "body",
        (
            "{who} [walk]{way}{pace}{steps}",
            "{who} [walk] along{way}{pace}{steps}",
            "{who} [go] for a walk{way}{pace}{steps}",
            "{who} [stride]{way} at a walk{pace}{steps}",
            "{who} [travel]{way} on foot{pace}{steps}",
            "{who} [proceed]{way} on foot{pace}{steps}",
            "{who} [move]{way} at a walk{pace}{steps}",
        ),
    ),
    Family(
        "run",
        "body",
        (
            "{who} [run]{steps}",
            "{who} [jog]{steps}",
            "{who} [trot]{steps}",
            "{who} [run] with lifted feet{steps}",
            "{who} [move] at a run{steps}",
            "{who} [go] at a running pace{steps}",
            "{who} [run] on light feet{steps}",
        ),
    ),
    Family(
        "jump",
        "body",
        (
            "{who} [jump]{pace}{times}",
            "{who} [jump] off the floor{pace}{times}",
            "{who} [leap] into the air{pace}{times}",
            "{who} [spring] into the air in a jump{pace}{times}",
            "{who} [jump] and [land] again{pace}{times}",
            "{who} [leave] the floor with both feet in a jump{pace}{times}",
            "{who} [make] a jump{pace}{times}",
        ),
    ),
    Family(
        "crouch",
        "body",
        (
            "{who} [crouch]{pace}{times}",
            "{who} [squat]{pace}{times}",
            "{who} [crouch] down{pace}{times}",
            "{who} [squat] down on bent knees{pace}{times}",
            "{who} [sink] into a crouch{pace}{times}",
            "{who} [go] down into a squat{pace}{times}",
            "{who} [duck] into a crouch{pace}{times}",
            "{who} [drop] into a squat{pace}{times}",
        ),
    ),
    Family(
        "sit",
        "body",
        (
            "{who} [sit] down{pace}",
            "{who} [take] a seat{pace}",
            "{who} [settle] onto a seat{pace}",
            "{who} [sink] into a sitting position{pace}",
            "{who} [go] down to sit{pace}",
            "{who} [come] to sit{pace}",
            "{who} [ease] into a seat{pace}",
        ),
    ),
    Family(
        "stand",
        "body",
        (
            "{who} [stand] up{pace}{times}",
            "{who} [get] up to stand{pace}{times}",
            "{who} [rise] to stand{pace}{times}",
            "{who} [come] to a standing position{pace}{times}",
            "{who} [stand] up on straightening legs{pace}{times}",
            "{who} [straighten] into a standing position{pace}{times}",
            "{who} [get] back to a standing position{pace}{times}",
        ),
    ),
)
