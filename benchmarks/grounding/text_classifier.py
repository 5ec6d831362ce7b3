"""From a text to the class it was written about: a ridge on n-grams of words.

How well a class can be told from the words alone, by a model that knows no language: a yardstick of
what the words say, not of a language model. It reads several tellings of each training clip, as a
student does, and one of each test clip.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
Terms = Counter[str]

NGRAMS = (1, 2)
"""Words in a row that make a term."""
LEAST_TEXTS = 3
"""A term that fewer training texts hold says nothing of a class."""
PENALTIES = (0.1, 0.3, 1.0, 3.0)


def cut_label(text: str) -> str:
    """The text without its ``Label:`` line."""
    return "\n".join(line for line in text.splitlines() if not line.startswith("Label:"))


def count_terms(text: str) -> Terms:
    """N-grams of words, within a line and a sentence."""
    found: Terms = Counter()
    for sentence in re.split(r"[.\n;:]", cut_label(text).casefold()):
        words = re.findall(r"[a-z']+", sentence)
        for n in NGRAMS:
            found.update(" ".join(words[i : i + n]) for i in range(len(words) - n + 1))
    return found


def score_texts(
    tellings: Sequence[Sequence[str]],
    labels: Index,
    train: Index,
    test: Index,
    groups: Sequence[str],
) -> float:
    """Accuracy on the test clips of a ridge that was fitted on the training clips.

    Args:
        tellings: For each of N clips, its texts; a test clip is judged by the first.
        labels: Class of each clip, [N].
        train: Indices of the training clips.
        test: Indices of the test clips.
        groups: Subject of each clip; the penalty is chosen on training clips of held-out ones.
    """
    terms = [[count_terms(text) for text in texts] for texts in tellings]
    names = np.array(groups)
    right = np.zeros(len(PENALTIES))
    for group in sorted(set(names[train])):
        inner, outer = train[names[train] != group], train[names[train] == group]
        right += _count_right(terms, labels, inner, outer, PENALTIES)
    best = PENALTIES[int(np.argmax(right))]
    return float(_count_right(terms, labels, train, test, (best,))[0] / len(test))


def _count_right(
    terms: Sequence[Sequence[Terms]],
    labels: Index,
    train: Index,
    test: Index,
    penalties: Sequence[float],
) -> Array:
    """Right answers on the test clips, one number a penalty."""
    fitted = [(i, t) for i in train for t in terms[i]]
    known = Counter(term for _, t in fitted for term in t)
    names = {t: k for k, t in enumerate(sorted(t for t, n in known.items() if n >= LEAST_TEXTS))}
    rows, asked = (
        _vectors([t for _, t in fitted], names),
        _vectors([terms[i][0] for i in test], names),
    )
    targets = np.eye(int(labels.max()) + 1)[labels[[i for i, _ in fitted]]]
    centre = targets.mean(axis=0)
    kernel, seen, one = rows @ rows.T, asked @ rows.T, np.eye(len(rows))
    weights = [np.linalg.solve(kernel + p * one, targets - centre) for p in penalties]
    found = [seen @ w + centre for w in weights]
    return np.array([(f.argmax(axis=1) == labels[test]).sum() for f in found], float)


def _vectors(texts: Sequence[Terms], names: dict[str, int]) -> Array:
    """Unit vectors of log counts; a rare term is not worth more: it is a rare wording."""
    out = np.zeros((len(texts), len(names)))
    for row, terms in enumerate(texts):
        for term, count in terms.items():
            if term in names:
                out[row, names[term]] = np.log1p(count)
    length = np.linalg.norm(out, axis=1, keepdims=True)
    return np.asarray(out / np.maximum(length, 1e-12))
