"""The prompt of questions: what a data set asks about a clip, with its choices if it has some."""

from __future__ import annotations

from collections.abc import Sequence

from skeletonllm.errors import UsageError
from skeletonllm.prompts.frames import WHOLE, name_stretch, number_frames
from skeletonllm.prompts.rationale import PICTURES

PROMPT_VERSION = "question/1"
"""Goes up with any change of wording, or of how questions are drawn."""

_OPEN = "Answer with a word or a short sentence."
_CHOICE = "Answer with one of these only:"


def build_question_prompt(
    question: str,
    choices: Sequence[str] = (),
    *,
    num_frames: int,
    stretch: tuple[float, float] = WHOLE,
) -> str:
    """The text of a question about a clip, or about a stretch of it.

    Args:
        question: As the data set asks it.
        choices: Answers to choose from, in the order in which they are shown.
        num_frames: Frames that are shown, all of them of the whole clip.
        stretch: Start and end of what is asked about, as fractions of the clip.

    Raises:
        UsageError: The question is empty.

    Example:
        >>> text = build_question_prompt("Which hand?", ("left", "right"), num_frames=1)
        >>> text.splitlines()[-4:]
        ['Which hand?', 'Answer with one of these only:', 'left', 'right']
    """
    if not question.strip():
        raise UsageError(f"question {question!r}", expected="a text that is not empty")
    where = name_stretch(stretch, num_frames)
    looked_at = f"Look at what happens{where}. " if where else ""
    how = "\n".join([_CHOICE, *choices]) if choices else _OPEN
    return f"{number_frames(num_frames)}{PICTURES}\n{looked_at}{question.strip()}\n{how}"
