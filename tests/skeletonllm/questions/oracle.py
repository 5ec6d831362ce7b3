"""What is true of synthesized clips by construction, looked up for what a question says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from skeletonllm.clip import Clip
from skeletonllm.motion import Motion
from skeletonllm.questions import make_questions
from skeletonllm.rationales.language import parse_claims
from skeletonllm.synthesis import ACTIONS, ActionSpec, TruthEvent, synthesize_with_truth
from skeletonllm.synthesis.moves import HANGING, Element, Move
from skeletonllm.testing.clips import make_clip

Row = dict[str, Any]
UP = (138.0, 60.0, 0.9)
FPS = 15.0


def ask(motion: Motion, clip_id: str = "toy/1", label: str | None = None) -> list[Row]:
    """The questions about a motion."""
    return list(make_questions(name_clip(motion, clip_id, label)).rows)


def name_clip(motion: Motion, clip_id: str = "toy/1", label: str | None = None) -> Clip:
    """A clip of a motion."""
    return make_clip(motion, label=label, clip_id=clip_id)


def perform(
    patch: pytest.MonkeyPatch, elements: Sequence[Element], **options: Any
) -> tuple[Motion, tuple[TruthEvent, ...]]:
    """A performance of an action that is made up here, and what is true of it."""
    seconds = options.pop("seconds", 3.0)
    patch.setitem(ACTIONS, "made up", ActionSpec("made up", tuple(elements), (), seconds))
    return synthesize_with_truth("made up", fps=FPS, **options)


def raise_arm(arm: str, start: float, end: float) -> Iterator[Element]:
    """A hand goes up, and down again."""
    middle = (start + end) / 2
    yield Move(f"{arm}_arm", UP, start, middle)
    yield Move(f"{arm}_arm", HANGING, middle, end)


def read(clause: str) -> tuple[str, str, str]:
    """Motion, part and side that a clause of a question tells."""
    (claim,) = parse_claims(f"{clause[:1].upper()}{clause[1:]}.")
    # Who lowers the body is told as one who gets lower.
    return claim.motion, claim.part, claim.side


def when(clause: str, truths: Sequence[TruthEvent]) -> list[float]:
    """When what a clause tells begins, by construction; nothing where nothing is known of it."""
    motion, part, side = read(clause)
    motion, part = {
        ("lean", "torso"): ("bend", "torso"),
        ("straighten", "torso"): ("extend", "torso"),
    }.get((motion, part), (motion, part))
    sides = ("left", "right") if side == "both" else (side,)
    return [t.start_s for t in truths if (t.motion, t.part) == (motion, part) and t.side in sides]
