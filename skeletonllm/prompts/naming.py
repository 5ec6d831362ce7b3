"""The prompt of naming: which action it is, without a list to choose from."""

from __future__ import annotations

from skeletonllm.prompts.frames import IMAGE

PROMPT_VERSION = "naming/1"
"""Goes up with any change of wording; a checkpoint names the version it was trained on."""


def build_naming_prompt(num_frames: int) -> str:
    """The text of the question about one clip, with an ``<image>`` for each frame at its end.

    All clips are asked alike and nothing stands between frames, so that a small model reads few
    tokens, and most of them once a batch.

    Args:
        num_frames: Frames that are shown.

    Example:
        >>> print(build_naming_prompt(2))
        Name the action of this clip and answer with its label only:
        <image><image>
    """
    return f"Name the action of this clip and answer with its label only:\n{IMAGE * num_frames}"
