"""The text of each task."""

from skeletonllm.prompts.rationale import prompt_sha256, student_prompt, teacher_prompt
from skeletonllm.prompts.recognition import recognition_prompt

__all__ = ["prompt_sha256", "recognition_prompt", "student_prompt", "teacher_prompt"]
