"""The prompt of discrimination: is it this action, yes or no (Disc-FT, stage 2 of the paper)?

Wording of the published code (``build_discft_question`` of its data/prompts.py).
"""

from __future__ import annotations

from skeletonllm.errors import UsageError
from skeletonllm.prompts.frames import number_frames
from skeletonllm.prompts.rationale import PICTURES

PROMPT_VERSION = "discrimination/2"
"""Goes up with any change of wording, or of how answers are drawn."""

YES, NO = "YES", "NO"
"""The two answers, as published: one word each."""


def build_discrimination_prompt(action: str, *, num_frames: int) -> str:
    """The question whether a clip shows an action, with an ``<image>`` for each frame.

    Args:
        action: Name of the class that is asked about; true of the clip or not.
        num_frames: Frames that are shown.

    Raises:
        UsageError: The name is empty.

    Example:
        >>> print(build_discrimination_prompt("wave", num_frames=1).splitlines()[-1])
        Is the action in this video clip 'wave'? Answer with ONLY the word "YES" or "NO".
    """
    if not action.strip():
        raise UsageError(f"action {action!r}", expected="the name of a class")
    question = f"Is the action in this video clip '{action}'? "
    shown = f"{number_frames(num_frames)}{PICTURES}\n"
    return f'{shown}{question}Answer with ONLY the word "{YES}" or "{NO}".'
