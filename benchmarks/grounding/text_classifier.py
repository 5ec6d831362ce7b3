"""From a text to the class it was written about: a ridge on n-grams of words.

How well a class can be told from the words alone, by a model that knows no language: a yardstick of
what the words say, not of a language model.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]

NGRAMS = (1, 2, 3)
"""Words in a row that make a term."""
LEAST_TEXTS = 3
"""A term that fewer training texts hold says nothing of a class."""
PENALTIES = (0.03, 0.1, 0.3, 1.0, 3.0)


def cut_label(text: str) -> str:
    """The text without its ``Label:`` line."""
    return "\n".join(line for line in text.splitlines() if not line.startswith("Label:"))


def count_terms(text: str) -> Counter[str]:
    """N-grams of words, within a line and a sentence."""
    found: Counter[str] = Counter()
    for sentence in re.split(r"[.\n;:]", text.casefold()):
        words = re.findall(r"[a-z']+", sentence)
        for n in NGRAMS:
            found.update(" ".join(words[i : i + n]) for i in range(len(words) - n + 1))
    return found


def score_texts(
    texts: Sequence[str], labels: Index, train: Index, test: Index, groups: Sequence[str]
) -> float:
    """Accuracy on the test texts of a ridge that was fitted on the training texts.

    Args:
        texts: N texts.
        labels: Class of each, [N].
        train: Indices of the training texts.
        test: Indices of the test texts.
        groups: Subject of each text; the penalty is chosen on training texts of held-out ones.
    """
    terms = [count_terms(cut_label(text)) for text in texts]
    folds = np.array([hash_group(groups[i]) for i in train])
    scores = []
    for penalty in PENALTIES:
        right = 0
        for fold in sorted(set(folds)):
            inner, outer = train[folds != fold], train[folds == fold]
            right += int(_count_right(terms, labels, inner, outer, penalty))
        scores.append(right / len(train))
    best = PENALTIES[int(np.argmax(scores))]
    return _count_right(terms, labels, train, test, best) / len(test)


def hash_group(group: str) -> int:
    """Number of the fold of a group: groups are few, so each is a fold of its own."""
    return sum(ord(letter) * 31**place for place, letter in enumerate(group))


def _count_right(
    terms: Sequence[Counter[str]], labels: Index, train: Index, test: Index, penalty: float
) -> int:
    known = Counter(term for i in train for term in terms[i])
    names = {t: k for k, t in enumerate(sorted(t for t, n in known.items() if n >= LEAST_TEXTS))}
    rarity = np.array([np.log((1 + len(train)) / (1 + known[t])) + 1 for t in names])
    rows, asked = (_vectors(terms, names, rarity, part) for part in (train, test))
    targets = np.eye(int(labels.max()) + 1)[labels[train]]
    centre = targets.mean(axis=0)
    kernel = rows @ rows.T
    weights = np.linalg.solve(kernel + penalty * np.eye(len(train)), targets - centre)
    found = (asked @ rows.T @ weights + centre).argmax(axis=1)
    return int((found == labels[test]).sum())


def _vectors(
    terms: Sequence[Counter[str]], names: dict[str, int], rarity: Array, part: Index
) -> Array:
    out = np.zeros((len(part), len(names)))
    for row, i in enumerate(part):
        for term, count in terms[i].items():
            if term in names:
                out[row, names[term]] = 1 + np.log(count)
    out *= rarity
    length = np.linalg.norm(out, axis=1, keepdims=True)
    return np.asarray(out / np.maximum(length, 1e-12))
