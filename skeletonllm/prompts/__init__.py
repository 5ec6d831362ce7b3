"""The text of each task, with its version."""

from skeletonllm.prompts.caption import build_caption_prompt
from skeletonllm.prompts.discrimination import build_discrimination_prompt
from skeletonllm.prompts.published import build_published_recognition_prompt
from skeletonllm.prompts.question import build_question_prompt
from skeletonllm.prompts.ranking import build_ranking_prompt, hash_ranking_prompt
from skeletonllm.prompts.rationale import (
    ShownClip,
    TeacherMode,
    build_student_prompt,
    build_teacher_prompt,
    hash_teacher_prompt,
)
from skeletonllm.prompts.recognition import build_recognition_prompt

__all__ = [
    "ShownClip",
    "TeacherMode",
    "build_caption_prompt",
    "build_discrimination_prompt",
    "build_published_recognition_prompt",
    "build_question_prompt",
    "build_ranking_prompt",
    "build_recognition_prompt",
    "build_student_prompt",
    "build_teacher_prompt",
    "hash_ranking_prompt",
    "hash_teacher_prompt",
]
