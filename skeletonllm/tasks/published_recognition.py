"""Recognition as published: its own words, and the classes in the order of their numbers.

For runs that must compare with the published ones. A position tells the class there, which is why
:mod:`skeletonllm.tasks.recognition` draws the order.
"""

from __future__ import annotations

from skeletonllm.prompts.published import PROMPT_VERSION, build_published_recognition_prompt
from skeletonllm.tasks.recognition import Recognition
from skeletonllm.tasks.task import Example


class PublishedRecognition(Recognition):
    """The published multiple choice over the classes of the clip's label namespace."""

    name = "published_recognition"
    version = PROMPT_VERSION

    def prompt(self, example: Example, *, num_frames: int, key: str) -> str:  # noqa: ARG002
        """See :func:`skeletonllm.prompts.published.build_published_recognition_prompt`.

        Args:
            example: The clip in question, its candidates in the order of their numbers.
            num_frames: Frames that are shown.
            key: Not used: every clip of a namespace is asked the same.
        """
        return build_published_recognition_prompt(
            example.candidates, num_frames=num_frames, namespace=example.namespace
        )
