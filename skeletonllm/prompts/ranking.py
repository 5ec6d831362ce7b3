"""The prompt of class rankings: which other actions look most like this one, as skeletons.

The paper mines hard negatives by a prompt that ranks all other classes. Asked once a class, not
once a clip, it needs no picture.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from skeletonllm.errors import UsageError
from skeletonllm.prompts.recognition import SYSTEM

PROMPT_VERSION = "ranking/1"
"""Goes up with any change of wording; cached answers name it."""

_RANKING = (
    "A person is seen as a moving skeleton only: joints and bones, no face, no clothes, no "
    "objects.\n"
    "The action is: {label}\n"
    "Rank all {count} other actions below by how easily their skeleton motion is taken for this "
    "one: the easiest first. Think of which body parts move, in which direction, how fast and how "
    "often; not of how alike the words are.\n"
    "Other actions:\n{candidates}\n"
    "Answer with one JSON object only, without any other text, that holds each of these names "
    "exactly once and as written here:\n"
    '{{"ranking": ["<easiest>", ..., "<hardest>"]}}'
)
_INCOMPLETE = "Your answer was not valid: {faults}. Answer again with the JSON object only."


def build_ranking_prompt(label: str, candidates: Sequence[str]) -> str:
    """The text that asks for a ranking of all other classes.

    Args:
        label: The class that is asked about.
        candidates: All others; their order here does not matter, the text has them sorted.

    Raises:
        UsageError: No candidate, one of them twice, or the class itself among them.

    Example:
        >>> build_ranking_prompt("wave", ["sit", "clap"]).splitlines()[4:6]
        ['clap', 'sit']
    """
    if not candidates or len({label, *candidates}) != len(candidates) + 1:
        raise UsageError(
            f"candidates {list(candidates)} of {label!r}", expected="one or more others, each once"
        )
    given = "\n".join(sorted(candidates))
    return _RANKING.format(label=label, count=len(candidates), candidates=given)


def build_ranking_follow_up(faults: str) -> str:
    """What is asked after an answer that is not the ranking asked for."""
    return _INCOMPLETE.format(faults=faults.rstrip("."))


def hash_ranking_prompt(*, again: bool = False) -> str:
    """SHA-256, in hex, of the version and of exactly the texts that are sent.

    Args:
        again: Whether the question was asked a second time.
    """
    texts = (PROMPT_VERSION, SYSTEM, _RANKING, *[_INCOMPLETE] * again)
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()
