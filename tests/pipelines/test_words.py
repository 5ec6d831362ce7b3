from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pipelines.train.words import READ, list_texts
from skeletonllm.errors import UsageError
from skeletonllm.mllm import tiny_internvl
from skeletonllm.shards import Sample
from skeletonllm.stream.reader import Read
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.clips import make_clip
from skeletonllm.views.asked_views import Refused
from skeletonllm.views.left_out import NOTHING

TOLD = "1. Both forearms whirl.\nLabel: wave"
CLIP = make_clip(synthesize("hand waving", seed=0, fps=10), clip_id="lab/0")
SAMPLE = Sample(CLIP, ({"text": TOLD},), (), ())


class Reader:
    """Gives one sample again and again, and counts how often it was read."""

    def __init__(self, sample: Sample, count: int = 3) -> None:
        self.sample, self.count, self.read = sample, count, 0

    def __len__(self) -> int:
        return self.count

    def read_slot(self, _row: int) -> Read:
        self.read += 1
        return Read(self.sample, NOTHING)


class Clips:
    """A stream of them."""

    def __init__(self, *readers: Reader) -> None:
        self.candidates = {"lab": ("wave", "sit down")}
        self.readers = readers


def texts(*readers: Reader, model: str = "tiny") -> tuple[str, ...]:
    stream: Any = Clips(*readers)
    return list_texts(model, stream)


def test_a_model_with_a_tokenizer_of_its_own_reads_no_clip() -> None:
    reader = Reader(SAMPLE)
    assert texts(reader, model="/models/8b") == ("sit down", "wave")
    assert reader.read == 0


def test_a_tiny_model_knows_the_words_of_all_stages() -> None:
    known = texts(Reader(SAMPLE))
    own, other = tiny_internvl(known), tiny_internvl(("sit down", "wave"))
    (short,), (long,) = own.answer_ids([TOLD]), other.answer_ids([TOLD])
    assert len(short) < 15 < len(long)  # 12 words, signs and line ends, and the end of turn
    for word in ("forearms", "whirl", "infer", "skeleton"):
        assert len(own.answer_ids([f" {word}"])[0]) == 2


def test_of_many_clips_some_are_read_and_none_that_says_nothing() -> None:
    many = Reader(SAMPLE, count=10 * READ)
    texts(many, Reader(SAMPLE))
    assert many.read == READ // 2
    refused: Any = Refused(UsageError("rationales of another view"))
    silent = texts(Reader(replace(SAMPLE, rationales=refused)), Reader(replace(SAMPLE, weight=0)))
    assert silent == texts()
    with pytest.raises(UsageError):
        list(refused)
