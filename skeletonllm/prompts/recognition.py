"""The prompt of recognition: a multiple choice of action names (MQA, stages 1 and 4 of the paper).

The order of the candidates is drawn for each sample, so that a position says nothing about the
answer. With a fixed order a model could learn "the third line" instead of the picture.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from skeletonllm.errors import UsageError
from skeletonllm.prompts.frames import IMAGE as IMAGE  # noqa: PLC0414 - adapters take it from here
from skeletonllm.prompts.frames import number_frames

PROMPT_VERSION = "recognition/1"
"""Goes up with any change of wording or order; a checkpoint names the version it was trained on."""

SYSTEM = "You are an expert in video categorization and human action recognition."
"""System message of the published code (its data/prompts.py)."""


def build_recognition_prompt(candidates: Sequence[str], *, num_frames: int, key: str) -> str:
    """The text of the question about one clip, with an ``<image>`` for each frame.

    Args:
        candidates: Action names; their order here does not matter.
        num_frames: Frames that are shown.
        key: What the order of the candidates is drawn from, such as the clip's id.

    Raises:
        UsageError: Fewer than two candidates, or one of them twice.

    Example:
        >>> print(build_recognition_prompt(["sit down", "wave"], num_frames=1, key="a"))
        Frame1: <image>
        Choose the action of this clip and answer with its label only:
        sit down
        wave
    """
    if len(candidates) < 2 or len(set(candidates)) != len(candidates):
        raise UsageError(f"candidates {list(candidates)}", expected="two or more, all different")
    question = "Choose the action of this clip and answer with its label only:\n"
    return number_frames(num_frames) + question + "\n".join(shuffle_candidates(candidates, key))


def shuffle_candidates(candidates: Sequence[str], key: str) -> list[str]:
    """The candidates in an order that depends on ``key`` alone, not on the order given.

    Args:
        candidates: Action names, all different.
        key: What the order is drawn from.
    """
    return sorted(candidates, key=lambda name: _hash_name(key, name))


def _hash_name(key: str, name: str) -> bytes:
    return hashlib.sha256(f"{PROMPT_VERSION}\0{key}\0{name}".encode()).digest()
