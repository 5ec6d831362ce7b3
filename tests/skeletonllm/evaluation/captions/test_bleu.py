"""BLEU against sacrebleu's own score of a corpus, and against its formula."""

from __future__ import annotations

import math
from itertools import zip_longest

import pytest
from hypothesis import given
from sacrebleu.metrics import BLEU

from skeletonllm.evaluation.captions.bleu import measure_bleu
from skeletonllm.testing.strategies import FEW_EXAMPLES
from tests.skeletonllm.evaluation.captions.conftest import corpora


@FEW_EXAMPLES
@given(corpus=corpora(least=1))
def test_all_orders_are_those_of_a_corpus_score(
    corpus: tuple[list[list[str]], list[list[list[str]]]],
) -> None:
    told, references = corpus
    streams = list(zip_longest(*([" ".join(words) for words in each] for each in references)))
    for n, metric in enumerate(measure_bleu(told, references), 1):
        oracle = BLEU(tokenize="none", force=True, max_ngram_order=n)
        expected = oracle.corpus_score([" ".join(words) for words in told], streams).score
        assert metric.name == f"bleu_{n}"
        assert metric.value == pytest.approx(expected / 100)


def test_one_clip_by_hand() -> None:
    told, references = ["a man walks fast".split()], [["a man walks on a road".split()]]
    one, two, three, four = measure_bleu(told, references)
    brevity = math.exp(1 - 6 / 4)
    assert one.value == pytest.approx(brevity * 3 / 4)
    assert two.value == pytest.approx(brevity * math.sqrt(3 / 4 * 2 / 3))
    assert three.value == pytest.approx(brevity * (3 / 4 * 2 / 3 * 1 / 2) ** (1 / 3))
    # No right 4-gram of one: sacrebleu's "exp" takes half of one.
    assert four.value == pytest.approx(brevity * (3 / 4 * 2 / 3 * 1 / 2 * 1 / 2) ** (1 / 4))


def test_the_nearest_length_of_several_references_counts() -> None:
    told = ["a man walks on".split()]
    for references in (["a man walks on".split()], ["a man walks on and on".split(), ["a"] * 4]):
        assert measure_bleu(told, [references])[0].value == 1.0


def test_a_text_without_words_lowers_the_score_by_the_length_it_lacks() -> None:
    said = "a man walks on".split()
    one, *_, four = measure_bleu([said, []], [[said], [said]])
    assert one.value == pytest.approx(math.exp(1 - 8 / 4))
    assert four.value == one.value
    assert [metric.value for metric in measure_bleu([[]], [[said]])] == [0.0] * 4


def test_the_signature_says_how() -> None:
    pair = [["he", "waves"]], [[["he", "waves"]]]
    assert measure_bleu(*pair)[0].how.startswith("sacrebleu nrefs:1|case:lc|eff:no|tok:none|")
    several = [["he"], ["he"]], [[["he"]], [["he"], ["she"]]]
    assert "nrefs:var" in measure_bleu(*several)[3].how
    assert "13a" in measure_bleu(*several)[3].how
