"""Questions about motions, made of what was measured, each with an answer that was checked."""

from skeletonllm.questions.draft import SOURCE, Made
from skeletonllm.questions.maker import make_questions

__all__ = ["SOURCE", "Made", "make_questions"]
