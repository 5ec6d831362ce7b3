"""Which of the true claims are told: those that set a clip apart first, then what leads to them.

That a hand goes up is true of most clips and explains few. What is made of several movements (a
clap, a stroke, a loop, a seat) is rare: it comes first, and single movements inside it come last.
Of single movements, those come first that belong to a pattern: an arm that does what the other arm
does, too, and a hand that is drawn away before a stroke.
"""

from __future__ import annotations

from collections.abc import Sequence

from skeletonllm.kinematics import Event
from skeletonllm.rationales.compose.candidates import OTHER_SIDE, Candidate
from skeletonllm.rationales.compose.merging import measure_overlap, share_a_side

MOST = 14
"""A chain longer than this is a protocol, not an explanation, unless much happens:"""
MOST_OF_MUCH, SHARE = 20, 0.4
"""... of 35 true claims and more this share is told, and never more than so many."""

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
_RAISED = {"head": 1.3, "overhead": 1.8}
"""The same of a hand that is raised so high: most rises end at the chest or the shoulder."""
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
_ANSWERED = 2.0
"""What one arm does and the other one, too, counts for so much more, if both do as much of it: arms
that go out into their sleeves, or punch in turn. A single arm's clip has little of it."""
_ANSWERS = ("sideways", "swing", "push", "extend")
"""Kinds of movements of an arm that the other arm answers. That both rise or sink says little."""
_DRAWN = 2.0
"""Weight of the way by which a hand is drawn away before a stroke: it tells what the stroke is."""
_DRAWS = ("backward", "sideways", "swing")
_STROKES = ("throw", "swing", "push", "sideways")
_TURNS_S = (-0.2, 0.25)
"""A stroke begins so long after the hand was drawn away: at the turn both overlap, where it goes
round a corner; a longer rest parts them."""
_WHOLES = 4.0
"""From this weight on, a claim is of a whole that single movements are pieces of."""
_LIMBS = {"hand": "arm", "elbow": "arm", "shoulder": "arm", "foot": "leg", "knee": "leg"}


def choose_told(candidates: Sequence[Candidate], most: int | None = None) -> list[Candidate]:
    """The candidates that are told, those that set the clip apart most first.

    Args:
        candidates: All that may be told.
        most: How many are told at most; none: as many as an explanation of so many may have.
    """
    longest = min(MOST_OF_MUCH, max(MOST, round(SHARE * len(candidates))))
    most = longest if most is None else most
    scored = [(score_candidate(c) * _find_pattern(c, candidates), c) for c in candidates]
    rest = sorted(scored, key=lambda s: (-s[0], s[1].step.start_s, s[1].step.side))
    chosen: list[Candidate] = []
    while rest and len(chosen) < most:
        best = max(rest, key=lambda s: s[0] * _weigh_beside(s[1], chosen))
        rest.remove(best)
        if not any(_tells_the_same(best[1], other) for other in chosen):
            chosen.append(best[1])
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
    if (event.motion, event.part) == ("raise", "hand"):
        return weight * _RAISED.get(event.target, 1.0)
    return 0.3 * weight if event.target in _HANGING else weight


def _find_pattern(candidate: Candidate, candidates: Sequence[Candidate]) -> float:
    """How much more a movement counts for what the same or the other arm does in the clip."""
    event, others = candidate.event, [c.event for c in candidates]
    drawn = any(_is_drawn_for(event, other) for other in others)
    answers = [e.prominence for e in others if _answers(event, e)]
    alike = min(1.0, max(answers, default=0.0) / max(event.prominence, 1e-9))
    return (_DRAWN if drawn else 1.0) * (1.0 + _ANSWERED * alike)


def _is_drawn_for(event: Event, stroke: Event) -> bool:
    """Whether a hand is drawn away by an event, and strikes another way right after it."""
    kinds = event.motion in _DRAWS and stroke.motion in _STROKES
    hand = event.part == stroke.part == "hand" and share_a_side(event, stroke)
    after = _TURNS_S[0] <= stroke.start_s - event.end_s <= _TURNS_S[1]
    turns = event.direction != stroke.direction and event.start_s < stroke.start_s
    return kinds and hand and after and turns


def _answers(a: Event, b: Event) -> bool:
    """Whether two events are the same movement of an arm, one of the left, one of the right."""
    one = (a.person, a.motion, a.part, a.side, a.direction)
    side, direction = OTHER_SIDE.get(b.side), OTHER_SIDE.get(b.direction, b.direction)
    arm = a.motion in _ANSWERS and a.part in ("hand", "elbow")
    return arm and one == (b.person, b.motion, b.part, side, direction)


def _weigh_beside(candidate: Candidate, chosen: Sequence[Candidate]) -> float:
    """The share of a score that is left beside what is told already."""
    event = candidate.event
    again = sum(_limb(c) == _limb(candidate) for c in chosen)
    piece = any(_is_whole(c) and _limb(c) == _limb(candidate) for c in chosen if
                share_a_side(c.event, event) and measure_overlap(c.event, event) > 0.5)  # fmt: skip
    return _AGAIN ** (again / 2) * (_INSIDE if piece and not _is_whole(candidate) else 1.0)


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
