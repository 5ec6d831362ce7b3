"""BLEU-1 to BLEU-4 (Papineni et al., ACL 2002), by sacrebleu."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import zip_longest
from typing import Any

import numpy as np

from skeletonllm.evaluation.captions.metric import Array, Metric
from skeletonllm.evaluation.captions.packages import load_package
from skeletonllm.evaluation.captions.words import TOKENS, Words

MOST = 4
"""Length of the longest n-grams."""


def measure_bleu(told: Sequence[Words], references: Sequence[Sequence[Words]]) -> list[Metric]:
    """BLEU-1 to BLEU-4 of a corpus, 0..1; BLEU-n is over n-grams of 1 to n words.

    Of several references a clip, an n-gram may be in any, and the nearest length counts. A text
    without words has no n-grams, and the length that it lacks counts.

    Args:
        told: Words of each clip's caption.
        references: Words of each clip's references, at least one a clip.

    Raises:
        UsageError: sacrebleu is not installed.
    """
    bleu = load_package("sacrebleu.metrics", "evaluation").BLEU
    # The words are in lower case already: said here for the signature.
    options = {"tokenize": "none", "lowercase": True, "force": True, "max_ngram_order": MOST}
    # effective_order changes no count; without it sacrebleu warns of scores that nobody asks for.
    counter = bleu(**options, effective_order=True)
    texts = [" ".join(words) for words in told]
    others = [[" ".join(words) for words in each] for each in references]
    counted = [_count(counter, *pair) for pair in zip(texts, others, strict=True)]
    scorer = bleu(**options)
    # Only the score of a corpus knows how many references there are, for its signature.
    scorer.corpus_score(texts, list(zip_longest(*others)))
    how = f"sacrebleu {scorer.get_signature()}; tokens: {TOKENS}"
    rows = np.array(counted, np.float64)
    return [
        Metric(f"bleu_{n}", how, rows, partial(_combine, bleu=bleu, order=n))
        for n in range(1, MOST + 1)
    ]


def _count(counter: Any, text: str, references: Sequence[str]) -> list[float]:
    """Lengths of text and nearest reference, right n-grams and all n-grams, n from 1."""
    found = counter.sentence_score(text, references)
    return [found.sys_len, found.ref_len, *found.counts, *found.totals]


def _combine(sums: Array, count: int, *, bleu: Any, order: int) -> float:  # noqa: ARG001
    right, of_all = sums[2 : 2 + MOST], sums[2 + MOST :]
    found = bleu.compute_bleu(
        correct=right[:order].tolist(),
        total=of_all[:order].tolist(),
        sys_len=int(sums[0]),
        ref_len=int(sums[1]),
        smooth_method="exp",
        max_ngram_order=order,
    )
    return min(float(found.score) / 100, 1.0)  # the logarithms of sacrebleu round up
