"""What the words of a claim mean, as a teacher is told.

The words are those that ``verify`` can measure (docs/CLAIMS.md): a claim in other words is no
fault, but nobody can say whether it is true. Texts are fixed, not made from the tables of
``verify``, so that a prompt changes only with its version; a test holds both together.
"""

from __future__ import annotations

MOTION_MEANINGS: dict[str, str] = {
    "raise": "the part goes up",
    "lower": "the part goes down",
    "bend": "the joint closes (elbow, knee, hip)",
    "extend": "the joint straightens (elbow, knee, hip)",
    "lean": "the torso tilts away from upright",
    "straighten": "the torso comes back to upright",
    "twist": "the shoulders turn against the hips or the feet; direction is left or right",
    "forward": "the part goes ahead of the body",
    "backward": "the part goes back, or behind the body",
    "sideways": "the part goes to one side; direction is left or right",
    "swing": "the hand sweeps a long level way",
    "approach": "the part comes closer to the target",
    "retreat": "the part moves away from the target",
    "touch": "the hand is at the target",
    "clap": "the hands meet and part; side both",
    "cross": "side both: each hand is on the other one's side; one side: that hand goes across "
    "the middle of the body",
    "circle": "the part goes round in a loop; direction is clockwise or counterclockwise as the "
    "person sees it, count says how many turns",
    "oscillate": "the part goes to and fro; direction is up (up and down), left (side to side) or "
    "forward (ahead and back), count says how often, 2 at least",
    "hold": "the part does not move, or nothing does (part body)",
    "turn": "the whole body turns about its vertical axis; direction is left or right",
    "step": "the foot is set down in another place; count says how many steps",
    "walk": "the body goes somewhere on alternate feet; count says how many steps",
    "run": "quick steps with lifted feet, on the spot or not; count says how many",
    "jump": "both feet leave the floor and land",
    "crouch": "the body comes down because the knees bend, over the feet",
    "sit": "the body comes down behind the feet, to a seat, and stays",
    "stand": "the body comes up because knees and hips straighten",
    "lunge": "the foot is set far out and its knee bends, the other foot stays",
    "kick": "the foot flies out, off the floor and fast",
    "push": "the hand goes out from the body as the elbow straightens",
    "pull": "the hand comes in to the body as the elbow bends",
    "throw": "the hand makes one fast stroke after it was drawn back or raised",
    "pick_up": "the hand goes down to the knee or below, and comes up again",
    "other": "anything else; it cannot be checked, so use it rarely",
}
MEASURED_PARTS = ("hand", "elbow", "shoulder", "foot", "knee", "hip", "torso", "head", "body")
OWN_TARGETS = (
    *("head", "chest", "stomach", "hip", "knee", "foot"),
    *("other hand", "other elbow", "other shoulder"),
)
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
    "- start_s, end_s: when it happens, in seconds since the start of the clip: from where the "
    "movement begins to where it ends.\n"
    "- person: 0 for the first person, 1 for the second.\n"
    "- side: left or right is the person's own, not the picture's; both; centre for a part that "
    "has no side.\n"
    "- part: hand, elbow, shoulder, foot, knee, hip, torso, head, or body for the whole of it.\n"
    "- motion, one of:\n"
    + "".join(f"  {word}: {meaning}.\n" for word, meaning in MOTION_MEANINGS.items())
    + "- target: what is reached or left, or empty. Where a hand goes, goes to and fro or stays: "
    "floor, knee, waist, chest, shoulder, head or overhead. To approach, retreat or touch: the own "
    "head, chest, stomach, hip, knee, foot, other hand, other elbow or other shoulder; or other "
    "person, other person's hand, other person's head, other person's torso.\n"
    "- direction: up, down, forward, back, left or right, relative to the person's own body; "
    "clockwise or counterclockwise for a circle; or empty.\n"
    "- count: how often it happens in that time; 1 if once.\n"
    "- causes: the ids of the steps without which less than half of this one would happen; [] if "
    "it merely comes after them.\n"
    "- text: the claim as one sentence, with no other side, part, count or number than the "
    "claim's.\n"
    "Number the steps from 1 in order of time. Claim only what you see.\n"
)
