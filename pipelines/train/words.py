"""What a tiny model's tokenizer knows as whole words: those of the run, and of stages after it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from skeletonllm.defaults import TINY
from skeletonllm.errors import UsageError
from skeletonllm.prompts.discrimination import build_discrimination_prompt
from skeletonllm.prompts.rationale import build_student_prompt
from skeletonllm.shards.codec import Sample
from skeletonllm.stream.stream import Stream

READ = 256
"""Clips whose rationales are read: enough for nearly all words of a teacher."""


def list_texts(model: str, stream: Stream) -> tuple[str, ...]:
    """All class names of the view; for the tiny model, what later stages say, too.

    Its tokenizer is made with the model, in the first stage, and cannot grow. A word that it does
    not know is spelled in letters: a rationale would be five times as long.

    Args:
        model: A name or a checkpoint. One with a tokenizer of its own needs no words.
        stream: Clips, evenly spaced over it, are read; its place does not change.
    """
    names = sorted({name for classes in stream.candidates.values() for name in classes})
    if model != TINY:
        return tuple(names)
    yes_or_no = build_discrimination_prompt("it", num_frames=1)
    words = {word for text in _read_rationales(stream) for word in text.split()}
    return (*names, yes_or_no, build_student_prompt(num_frames=1), " ".join(sorted(words)))


def _read_rationales(stream: Stream) -> Iterator[str]:
    for reader in stream.readers:
        count = min(len(reader), max(1, READ // len(stream.readers)))
        for row in np.unique(np.linspace(0, len(reader) - 1, count).astype(int)).tolist():
            yield from _tell(reader.read_slot(row).sample)


def _tell(sample: Sample) -> Iterator[str]:
    """The rationales of a sample; none where they are of another view, and refused."""
    if not sample.weight:
        return
    try:
        rows = list(sample.rationales)
    except UsageError:
        return
    yield from (str(row["text"]) for row in rows)
