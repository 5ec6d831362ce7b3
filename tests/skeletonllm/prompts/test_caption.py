from __future__ import annotations

from skeletonllm.prompts.caption import PROMPT_VERSION, build_caption_prompt
from skeletonllm.prompts.rationale import PICTURES


def test_the_wording_belongs_to_its_version() -> None:
    assert PROMPT_VERSION == "caption/1"
    assert build_caption_prompt(num_frames=2) == (
        f"Frame1: <image>\nFrame2: <image>\n{PICTURES}\n"
        "Describe in a sentence or two what happens in this clip."
    )


def test_a_stretch_is_told_in_frames() -> None:
    text = build_caption_prompt(num_frames=4, stretch=(0.3, 0.4))
    assert text.endswith("what happens in Frame2.")
