"""Which of the true claims are told: those that set a clip apart first, then what leads to them.

That a hand goes up is true of most clips and explains few. What is made of several movements (a
clap, a stroke, a loop, a seat) is rare: it comes first, and single movements inside it come last.
"""

from __future__ import annotations

from collections.abc import Sequence

from skeletonllm.kinematics import Event
from skeletonllm.rationales.compose.candidates import Candidate
from skeletonllm.rationales.compose.merging import measure_overlap, share_a_side

MOST = 14
"""A chain longer than this is a protocol, not an explanation."""

_WEIGHT = {
    **dict.fromkeys(("sit", "run", "crouch", "pick_up", "lunge", "circle", "clap", "jump"), 5.0),
    **dict.fromkeys(("stand", "kick", "walk", "throw", "cross"), 4.5),
    **dict.fromkeys(("oscillate", "push"), 4.0),
    **dict.fromkeys(("pull", "twist"), 2.5),
    **dict.fromkeys(("lean", "swing", "touch"), 2.0),
    **dict.fromkeys(("straighten", "turn", "sideways", "approach"), 1.5),
    **dict.fromkeys(("hold", "retreat"), 0.8),
}
"""How much a kind of claim sets a clip apart. It follows what such a claim tells of the class, in
bits, over utd_mhad, nw_ucla and msr_action3d: 4 to 6 for a seat or a run, 2 to 3 for a push or a
twist, 1 for a touch, a third of a bit for a hand that goes up. Kinds of one sort are alike."""
_WEIGHT_OF_PART = {
    **{("oscillate", part): 1.2 for part in ("elbow", "head", "knee", "foot")},
    **{(motion, "body"): 1.3 for motion in ("raise", "lower")},
    **{(motion, "foot"): 0.7 for motion in ("raise", "lower", "oscillate")},
    **{(motion, "elbow"): 0.7 for motion in ("bend", "extend")},
    **{(motion, "hand"): 0.8 for motion in ("forward", "backward")},
    ("oscillate", "torso"): 2.5,
    ("hold", "hand"): 2.5,
    ("step", "foot"): 1.2,
}
"""The same, where it depends on the part."""
_HANGING = ("hip", "stomach")
"""Targets that a hand is near to whenever it hangs: a touch of them tells little."""
_MOST_PROMINENT = 5.0
"""What is larger still says no more."""
_SETTLED_S = 0.22
"""Events shorter than this count for less: half of them are jumps of a joint."""
_INSIDE = 0.6
"""Weight of a movement that is a piece of a whole that is told."""
_AGAIN = 0.85
"""Weight of a further claim of the same part."""
_WHOLES = 4.0
"""From this weight on, a claim is of a whole that single movements are pieces of."""
_LIMBS = {"hand": "arm", "elbow": "arm", "shoulder": "arm", "foot": "leg", "knee": "leg"}


def choose_told(candidates: Sequence[Candidate], most: int = MOST) -> list[Candidate]:
    """The candidates that are told, those that set the clip apart most first.

    Args:
        candidates: All that may be told.
        most: How many are told at most.
    """
    rest = sorted(candidates, key=lambda c: (-score_candidate(c), c.step.start_s, c.step.side))
    chosen: list[Candidate] = []
    while rest and len(chosen) < most:
        best = max(rest, key=lambda c: _score_beside(c, chosen))
        rest.remove(best)
        if not any(_tells_the_same(best, other) for other in chosen):
            chosen.append(best)
    return chosen


def score_candidate(candidate: Candidate) -> float:
    """How much a claim sets a clip apart: by its kind, its size, and how long it lasts."""
    event = candidate.event
    size = min(event.prominence, _MOST_PROMINENT) ** 0.5
    lasting = min(1.0, (event.end_s - event.start_s) / _SETTLED_S)
    other = 1.4 if event.target.startswith("other person") else 1.0
    return _weigh(event) * size * lasting * other


def _weigh(event: Event) -> float:
    usual = _WEIGHT.get(event.motion, 1.0)
    weight = _WEIGHT_OF_PART.get((event.motion, event.part), usual)
    return 0.3 * weight if event.target in _HANGING else weight


def _score_beside(candidate: Candidate, chosen: Sequence[Candidate]) -> float:
    """The score, less for what is told already."""
    event = candidate.event
    again = sum(_limb(c) == _limb(candidate) for c in chosen)
    piece = any(_is_whole(c) and _limb(c) == _limb(candidate) for c in chosen if
                share_a_side(c.event, event) and measure_overlap(c.event, event) > 0.5)  # fmt: skip
    weight = _AGAIN ** (again / 2) * (_INSIDE if piece and not _is_whole(candidate) else 1.0)
    return score_candidate(candidate) * weight


def _is_whole(candidate: Candidate) -> bool:
    return _weigh(candidate.event) >= _WHOLES


def _limb(candidate: Candidate) -> tuple[int, str]:
    event = candidate.event
    return event.person, _LIMBS.get(event.part, event.part)


def _tells_the_same(a: Candidate, b: Candidate) -> bool:
    one, two = a.step, b.step
    words = (one.motion, one.part, one.side, one.person) == (
        two.motion, two.part, two.side, two.person)  # fmt: skip
    return words and measure_overlap(a.event, b.event) > 0.5
