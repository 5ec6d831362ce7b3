"""What the words of a claim mean, as a teacher is told.

The words are those that ``verify`` can measure: a claim in other words is no fault, but nobody can
say whether it is true. Texts are fixed, not made from the tables of ``verify``, so that a prompt
changes only with its version; a test holds both together.
"""

from __future__ import annotations

MOTION_MEANINGS: dict[str, str] = {
    "raise": "the part goes up",
    "lower": "the part goes down",
    "bend": "the joint closes (elbow, knee, hip), or the torso leans",
    "extend": "the joint straightens (elbow, knee, hip), or the torso rises again",
    "approach": "the part comes closer to the target",
    "retreat": "the part moves away from the target",
    "step": "the foot is set down in another place; count says how many steps",
    "turn": "the whole body turns about its vertical axis; direction is left or right",
    "swing": "the hand moves sideways, forward or back, seen from the chest",
    "hold": "the part does not move, or nothing does (part body)",
    "other": "anything else; it cannot be checked, so use it rarely",
}
MEASURED_PARTS = ("hand", "elbow", "shoulder", "foot", "knee", "hip", "torso", "head", "body")
OWN_TARGETS = ("head", "chest", "stomach", "hip", "knee", "foot", "other hand")
LEVEL_TARGETS = ("floor", "knee", "waist", "chest", "shoulder", "head", "overhead")
SOMEBODY = "other person"

ANSWER_FORM = (
    '{"summary": "<one or two sentences>", "steps": [{"id": 1, "start_s": <seconds>, '
    '"end_s": <seconds>, "person": 0, "side": "<side>", "part": "<part>", "motion": "<motion>", '
    '"target": "<target or empty>", "direction": "<direction or empty>", "count": 1, '
    '"causes": [], "text": "<one sentence>"}, ...], "label": "<label>"}'
)

CLAIM_WORDS = (
    "Answer with one JSON object only, without any other text, in this form:\n"
    "{form}\n"
    "The label is: {answer_label}\n"
    "Each step claims one movement of one part, with these words:\n"
    "- start_s, end_s: when it happens, in seconds since the start of the clip.\n"
    "- person: 0 for the first person, 1 for the second.\n"
    "- side: left or right is the person's own, not the picture's; both; centre for a part that "
    "has no side.\n"
    "- part: hand, elbow, shoulder, foot, knee, hip, torso, head, or body for the whole of it.\n"
    "- motion, one of:\n"
    + "".join(f"  {word}: {meaning}.\n" for word, meaning in MOTION_MEANINGS.items())
    + "- target: what is reached or left, or empty. To raise or lower a hand: floor, knee, waist, "
    "chest, shoulder, head or overhead. To approach or retreat: the own head, chest, stomach, hip, "
    "knee, foot or other hand; or other person, other person's hand, other person's head, other "
    "person's torso.\n"
    "- direction: up, down, forward, back, left or right, relative to the person's own body; or "
    "empty.\n"
    "- count: how often it happens in that time; 1 if once.\n"
    "- causes: the ids of the earlier steps that lead to this one; [] if none.\n"
    "- text: the claim as one sentence.\n"
    "Number the steps from 1 in order of time. Claim only what you see.\n"
)
