"""The prompts of rationales (CR-Distill, stage 3): to the teacher, and to the student.

Wording of the paper's appendix ("Prompt templates for MQA, Disc-FT, and CR-Distill"), as in the
published code's data/prompts.py. The teacher is told the label, the student is not.
"""

from __future__ import annotations

import hashlib

from skeletonllm.errors import UsageError
from skeletonllm.prompts.recognition import IMAGE, SYSTEM

PROMPT_VERSION = "rationale/1"
"""Goes up with any change of wording; rationales and cached answers name it."""

PICTURES = (
    "The clip you see is rendered from 3D skeleton data into abstract pseudo-images. "
    "Each frame encodes joint positions, bone connections, depth, and motion cues, "
    "and may look different from natural RGB videos. Treat these frames as a faithful "
    "visualization of human body kinematics."
)
"""What a model must know about the pictures DrAction draws."""

_TEACHER = (
    "This clip is from the {corpus} dataset for human action recognition. "
    "It is rendered from 3D skeleton data into abstract motion-aware images.\n"
    "Ground-truth action label: {label}\n"
    "Please:\n"
    "1) Briefly summarize what the person is doing in this skeleton video.\n"
    "2) Provide a step-by-step causal chain that explains the action over time, "
    "explicitly referring to body parts and their motion (e.g., which joints move "
    "first, how limbs follow, how the pose evolves).\n"
    "3) Conclude with the final classification label.\n"
    "End your response with exactly one line:\n"
    "Label: {label}"
)
_STUDENT = (
    PICTURES + "\nPlease describe what the person does in the skeleton video, infer the likely "
    "activity, and end with exactly one classification label on a separate line "
    "formatted as 'Label: <action>'."
)


def build_teacher_prompt(label: str, *, corpus: str, num_frames: int) -> str:
    """The text that asks for a summary, a causal chain and a final label, given the label.

    Args:
        label: The clip's class.
        corpus: Name of the corpus, as its paper writes it.
        num_frames: Frames that are shown.

    Raises:
        UsageError: The label is empty or more than one line, so that a final line cannot hold it.

    Example:
        >>> build_teacher_prompt("sit down", corpus="NTU RGB+D", num_frames=1).splitlines()[-1]
        'Label: sit down'
    """
    if not label.strip() or "\n" in label:
        raise UsageError(f"label {label!r}", expected="one line that is not empty")
    return _frames(num_frames) + _TEACHER.format(corpus=corpus, label=label)


def build_student_prompt(*, num_frames: int) -> str:
    """The text that asks for a description and a final label; it tells nothing of the answer."""
    return _frames(num_frames) + _STUDENT


def hash_prompts() -> str:
    """SHA-256 of the version and of all texts here, in hex, as stored in ``rationales/``."""
    texts = (PROMPT_VERSION, SYSTEM, _TEACHER, _STUDENT)
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def _frames(num_frames: int) -> str:
    return "".join(f"Frame{i + 1}: {IMAGE}\n" for i in range(num_frames))
