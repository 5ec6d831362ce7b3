"""The recognition question: a multiple choice over action names (MQA, stages 1 and 4 of the paper).

The candidates stand in the prompt in an order drawn per sample, so that a position says nothing
about the answer: a fixed order would let a model learn "the third line" instead of the picture.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from skeletonllm.errors import UsageError

VERSION = "recognition/1"
"""Goes up with any change of wording or order; a checkpoint names the version it was trained on."""

IMAGE = "<image>"
"""Stands for one rendered frame; the adapter of each model puts its own tokens there."""

SYSTEM = "You are an expert in video categorization and human action recognition."
"""System message of the published code (its data/prompts.py)."""


def recognition_prompt(candidates: Sequence[str], *, num_frames: int, key: str) -> str:
    """The question for one clip.

    Args:
        candidates: Action names; their order here does not matter.
        num_frames: How many frames are shown.
        key: What the order of the candidates is drawn from, such as the clip's id.

    Raises:
        UsageError: Fewer than two candidates, or one of them twice.

    Example:
        >>> print(recognition_prompt(["sit down", "wave"], num_frames=1, key="a"))
        Frame1: <image>
        Choose the action of this clip and answer with its label only:
        wave
        sit down
    """
    if len(candidates) < 2 or len(set(candidates)) != len(candidates):
        raise UsageError(f"candidates {list(candidates)}", expected="two or more, all different")
    frames = "".join(f"Frame{i + 1}: {IMAGE}\n" for i in range(num_frames))
    question = "Choose the action of this clip and answer with its label only:\n"
    return frames + question + "\n".join(shuffled(candidates, key))


def shuffled(candidates: Sequence[str], key: str) -> list[str]:
    """The candidates in an order that depends on ``key`` alone, not on the order given."""
    return sorted(candidates, key=lambda name: _draw(key, name))


def _draw(key: str, name: str) -> bytes:
    return hashlib.sha256(f"{VERSION}\0{key}\0{name}".encode()).digest()
