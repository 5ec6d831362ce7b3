"""The text of each task."""

from skeletonllm.prompts.recognition import recognition_prompt

__all__ = ["recognition_prompt"]
