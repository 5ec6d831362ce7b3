"""ROUGE-L against its definition."""

from __future__ import annotations

from functools import cache
from statistics import fmean

import pytest
from hypothesis import given

from skeletonllm.evaluation.captions.rouge import measure_rouge
from skeletonllm.testing.strategies import FEW_EXAMPLES
from tests.skeletonllm.evaluation.captions.conftest import corpora


def common_length(a: tuple[str, ...], b: tuple[str, ...]) -> int:
    """Length of the longest common subsequence, by its recursive definition."""

    @cache
    def length(i: int, j: int) -> int:
        if not (i and j):
            return 0
        if a[i - 1] == b[j - 1]:
            return length(i - 1, j - 1) + 1
        return max(length(i - 1, j), length(i, j - 1))

    return length(len(a), len(b))


@FEW_EXAMPLES
@given(corpus=corpora(least=1))
def test_the_mean_of_the_best_f1(corpus: tuple[list[list[str]], list[list[list[str]]]]) -> None:
    told, references = corpus
    expected = fmean(
        max(2 * common_length(tuple(said), tuple(r)) / (len(said) + len(r)) for r in each)
        for said, each in zip(told, references, strict=True)
    )
    assert measure_rouge(told, references).value == pytest.approx(expected)


def test_letters_beyond_a_to_z_are_letters() -> None:
    assert measure_rouge([["人", "歩く"]], [[["人", "座る"]]]).value == 0.5


def test_it_says_how() -> None:
    how = measure_rouge([["he"]], [[["he"]]]).how
    assert "rougeL" in how
    assert "best of the references" in how
