"""How alike the names of classes are: TF-IDF over words and character n-grams.

Words bring together names that share a thing ("put on a shoe", "take off a shoe"); n-grams bring
together names that share a stem ("nod head", "nodding"). No model, no download: deterministic.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]

NGRAMS = (3, 4)
"""Lengths of the character n-grams, counted inside a word padded by one space on each side."""


def compute_name_similarity(names: Sequence[str]) -> Matrix:
    """Cosine similarity of the names, [C, C] in 0..1, symmetric, 1 on the diagonal.

    Terms are weighted by ``tf * (log((1 + C) / (1 + df)) + 1)``, as scikit-learn's default. Words
    and n-grams each make a unit vector first, so that long words do not outvote short ones.

    Example:
        >>> names = ["put on a shoe", "take off a shoe", "wear hat"]
        >>> bool(compute_name_similarity(names)[0, 1] > compute_name_similarity(names)[0, 2])
        True
    """
    cosine = (_cosine([_words(n) for n in names]) + _cosine([_ngrams(n) for n in names])) / 2
    np.fill_diagonal(cosine, 1.0)
    return np.clip(cosine, 0.0, 1.0)


def _cosine(documents: Sequence[Counter[str]]) -> Matrix:
    weights = _tfidf(documents)  # [C, V]
    norms = np.linalg.norm(weights, axis=1, keepdims=True)
    unit = weights / np.where(norms > 0, norms, 1.0)
    return np.asarray(unit @ unit.T, dtype=np.float64)


def _tfidf(documents: Sequence[Counter[str]]) -> Matrix:
    terms = {term: i for i, term in enumerate(sorted(set().union(*documents)))}
    counts = np.zeros((len(documents), len(terms)))
    for row, document in enumerate(documents):
        for term, count in document.items():
            counts[row, terms[term]] = count
    frequency = (counts > 0).sum(axis=0)
    return np.asarray(counts * (np.log((1 + len(documents)) / (1 + frequency)) + 1))


def _words(name: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", name.casefold()))


def _ngrams(name: str) -> Counter[str]:
    padded = [f" {word} " for word in _words(name).elements()]
    return Counter(w[i : i + n] for w in padded for n in NGRAMS for i in range(len(w) - n + 1))
