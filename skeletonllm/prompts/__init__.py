"""The text of each task, with its version."""

from skeletonllm.prompts.rationale import build_student_prompt, build_teacher_prompt, hash_prompts
from skeletonllm.prompts.recognition import build_recognition_prompt

__all__ = [
    "build_recognition_prompt",
    "build_student_prompt",
    "build_teacher_prompt",
    "hash_prompts",
]
