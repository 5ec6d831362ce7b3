"""Naming: recognition without a list of actions in the question.

A small language model follows the words of a list, and not the clip: with the right name's own
words in place of the visual tokens SmolLM2-135M answers 1 to 4 of 10 right behind a list, and 9 to
10 of 10 without one. The answer is still the likeliest of the classes.
"""

from __future__ import annotations

from skeletonllm.prompts.naming import PROMPT_VERSION, build_naming_prompt
from skeletonllm.tasks.recognition import Recognition
from skeletonllm.tasks.task import Example


class Naming(Recognition):
    """Recognition whose question names no class."""

    name = "naming"
    version = PROMPT_VERSION

    def prompt(self, example: Example, *, num_frames: int, key: str) -> str:  # noqa: ARG002
        """See :func:`skeletonllm.prompts.naming.build_naming_prompt`.

        Args:
            example: Not used: every clip is asked the same.
            num_frames: Frames that are shown.
            key: Not used.
        """
        return build_naming_prompt(num_frames)
