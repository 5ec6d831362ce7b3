"""The prompt of captions: what does the person do, in a sentence or two?"""

from __future__ import annotations

from skeletonllm.prompts.frames import WHOLE, name_stretch, number_frames
from skeletonllm.prompts.rationale import PICTURES

PROMPT_VERSION = "caption/1"
"""Goes up with any change of wording, or of how captions are drawn."""


def build_caption_prompt(*, num_frames: int, stretch: tuple[float, float] = WHOLE) -> str:
    """The text that asks for a description of a clip, or of a stretch of it.

    Args:
        num_frames: Frames that are shown, all of them of the whole clip.
        stretch: Start and end of what is to be described, as fractions of the clip.

    Example:
        >>> print(build_caption_prompt(num_frames=4, stretch=(0.5, 1)).splitlines()[-1])
        Describe in a sentence or two what happens from Frame3 to Frame4.
    """
    where = name_stretch(stretch, num_frames) or " in this clip"
    asked = f"Describe in a sentence or two what happens{where}."
    return f"{number_frames(num_frames)}{PICTURES}\n{asked}"
