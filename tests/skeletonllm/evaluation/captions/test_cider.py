"""CIDEr against pycocoevalcap's numbers, and against a plain oracle of its formula."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from skeletonllm.evaluation.captions.cider import measure_cider
from skeletonllm.testing.strategies import FEW_EXAMPLES
from tests.skeletonllm.evaluation.captions.conftest import corpora

TOLD = [
    "a person walks forward and waves",
    "a person sits down sits down sits down",
    "",
    "someone jumps",
    "a man raises the left hand",
]
REFERENCES = [
    ["a person walks forward", "a man walks forward while waving the right hand"],
    ["a person sits down on a chair"],
    ["a person turns around"],
    ["someone jumps", "a person jumps up twice"],
    [
        "a man raises the left hand above the head",
        "the left hand goes up",
        "a man raises the left hand",
    ],
]
PYCOCOEVALCAP = [3.848659108908202, 2.341777754255521, 0.0, 3.009553075343956, 6.639256521865119]
"""Of these captions, by pycocoevalcap 1.2 (its Cider, texts given as they stand here)."""


def split_all(texts: list[str]) -> list[list[str]]:
    return [text.split() for text in texts]


def test_scores_are_those_of_pycocoevalcap() -> None:
    metric = measure_cider(split_all(TOLD), [split_all(each) for each in REFERENCES])
    assert metric.counted[:, 0].tolist() == pytest.approx(PYCOCOEVALCAP, rel=1e-12)
    assert metric.value == pytest.approx(np.mean(PYCOCOEVALCAP))


def compute_oracle(told: list[list[str]], references: list[list[list[str]]]) -> list[float]:
    """CIDEr-D with whole vectors over the vocabulary of each length of n-gram."""

    def grams(words: list[str], n: int) -> list[str]:
        return [" ".join(words[i : i + n]) for i in range(len(words) - n + 1)]

    scores = np.zeros(len(told))
    for n in (1, 2, 3, 4):
        texts = [*told, *(r for each in references for r in each)]
        places = {g: i for i, g in enumerate(sorted({g for t in texts for g in grams(t, n)}))}
        clips = np.zeros(len(places))
        for each in references:
            for gram in {g for r in each for g in grams(r, n)}:
                clips[places[gram]] += 1
        idf = np.log(len(told)) - np.log(np.maximum(clips, 1))

        def vector(words: list[str], n: int = n, idf: np.ndarray = idf, places=places):
            at = [places[g] for g in grams(words, n)]
            return np.bincount(at, minlength=len(places)) * idf if at else 0 * idf

        for clip, (said, each) in enumerate(zip(told, references, strict=True)):
            for other in each:
                a, b = vector(said), vector(other)
                size = np.linalg.norm(a) * np.linalg.norm(b)
                cosine = (np.minimum(a, b) * b).sum() / size if size else 0.0
                shift = len(grams(said, 2)) - len(grams(other, 2))
                scores[clip] += 10 * cosine * np.exp(-(shift**2) / 72) / 4 / len(each)
    return scores.tolist()


@FEW_EXAMPLES
@given(corpus=corpora())
def test_scores_are_those_of_the_formula(
    corpus: tuple[list[list[str]], list[list[list[str]]]],
) -> None:
    told, references = corpus
    metric = measure_cider(told, references)
    assert metric.counted[:, 0].tolist() == pytest.approx(compute_oracle(told, references))


def test_a_caption_that_is_its_only_reference_scores_ten() -> None:
    words = [["a", "man", "walks", "away"], ["he", "sits", "down", "slowly"]]
    assert measure_cider(words, [[each] for each in words]).value == pytest.approx(10.0)


def test_repeating_a_right_word_does_not_help() -> None:
    references = [[["he", "waves"]], [["she", "sits"]]]
    once = measure_cider([["waves"], []], references).value
    assert measure_cider([["waves"] * 5, []], references).value < once


def test_what_is_said_of_every_clip_is_worth_nothing() -> None:
    assert measure_cider([["he"], ["he"]], [[["he"]], [["he", "sits"]]]).value == 0.0
