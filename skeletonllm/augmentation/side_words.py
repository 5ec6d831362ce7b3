"""Which words around ``left`` and ``right`` show that a side is meant: lists, looked up by stem.

What stands in none of them is not exchanged, and its example not mirrored; so a word that is
missing here costs some mirrored clips, and a word too many a false text.
"""

from __future__ import annotations

from functools import cache

from skeletonllm.views.stems import load_vocabulary, stem_word

_NO_SIDED_PARTS = "back belly body bottom face hair head lip mouth neck nose spine throat"
"""Parts that are no left or right one: "comes right back"."""
_SIDED = (
    "bicep boot circle corner curve cross direction edge footed glove glute half handed hook jab "
    "kick lane limb lunge pec pocket punch quad shoe side sided sleeve sock step swing swipe "
    "tricep turn uppercut wall wave"
)
_MOVES = (
    "angle bend bow cartwheel circle crawl curve dance dash dodge drag drift face float fly gaze "
    "glance go head hop hook jab jog jump kick lean leap look lunge march move pivot point pull "
    "punch push raise reach roll rotate run scroll shift shuffle sidestep skip slide spin stagger "
    "step strafe stretch stumble sway sweep swerve swing swipe throw tilt travel turn twist veer "
    "walk wave"
)
DESCRIBING = frozenset("bottom forward front hind index lower middle outer inner top upper".split())
"""Between a side and its part: "the left upper arm"."""
OWNERS = frozenset("the their his her its my your our one's".split())
TOWARDS = frozenset("to toward towards from on far slightly".split())
WAYS = frozenset(
    "sharply diagonally forward forwards backward backwards back front sideways straight degrees "
    "further farther hard".split()
)
"""Adverbs of a movement before a side: "walks forward right"."""
LINKS = frozenset("and or to then , /".split())
"""Between two sides: "left and right"."""
ENDS = frozenset(".,;:!?()/\n\"'")
AFTER = ENDS | frozenset(
    "and or then to while with of once twice again slowly quickly as until but for".split()
)
"""After a side that was moved to: "turns left and ...". Not "up", "at", "in": "right up to the
wall" names no side."""
AFTER_OWNED = AFTER | frozenset(
    "is are was were in on at by from into during when where which that who before after until "
    "using without level high close near just almost against all reaching two three four "
    "five".split()
)
"""After a side that an owner or a direction stands before: "to the left in a circle"."""
NO_SIDE = frozenset("away now here there angle angles angled".split())
"""After a ``right`` that is no side; none of them is in :data:`AFTER`, or a text that was exchanged
twice would not be itself again."""
NO_SIDE_BEFORE = frozenset("all be that's".split())
CONTRACTED = frozenset("that's what's it's he's she's there's here's who's let's where's".split())
"""Words with ``'s`` that own nothing."""


def may_follow(word: str, ends: frozenset[str]) -> bool:
    """Whether a word may stand after a side: one of a list, or an adverb (``gently``).

    Args:
        word: In lower case.
        ends: :data:`AFTER` or :data:`AFTER_OWNED`.
    """
    return word in ends or (word.endswith("ly") and len(word) > len("only"))


@cache
def sided_nouns() -> frozenset[str]:
    """Stems of what has a side: parts of the body, what is worn there, what is done with it."""
    parts = load_vocabulary()["parts"] - set(_NO_SIDED_PARTS.split())
    return frozenset(map(stem_word, {*parts, *_SIDED.split()}))


@cache
def moving_verbs() -> frozenset[str]:
    """Stems of verbs that a side may follow."""
    return frozenset(map(stem_word, _MOVES.split()))
