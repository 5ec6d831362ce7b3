from __future__ import annotations

import pytest

from skeletonllm.errors import UsageError
from skeletonllm.prompts.discrimination import build_discrimination_prompt


def test_the_question_is_the_published_one() -> None:
    assert build_discrimination_prompt("wave", num_frames=2) == (
        "Frame1: <image>\nFrame2: <image>\n"
        "The clip you see is rendered from 3D skeleton data into abstract pseudo-images. "
        "Each frame encodes joint positions, bone connections, depth, and motion cues, and may "
        "look different from natural RGB videos. Treat these frames as a faithful visualization "
        "of human body kinematics.\nIs the action in this video clip 'wave'? "
        'Answer with ONLY the word "YES" or "NO".'
    )


def test_a_question_about_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="expected the name of a class"):
        build_discrimination_prompt(" ", num_frames=1)
