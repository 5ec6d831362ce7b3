"""CIDEr (Vedantam et al., CVPR 2015): n-grams in common, a rare one worth more than a common one.

The variant of the COCO evaluation, which papers on motion report as CIDEr: CIDEr-D, of n-grams as
they stand, where repeating one does not help and another length than the reference's costs.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from statistics import fmean

from skeletonllm.evaluation.captions.metric import Metric
from skeletonllm.evaluation.captions.words import TOKENS, Words

MOST = 4
"""Length of the longest n-grams; all lengths count alike."""
SIGMA = 6.0
"""Words more or fewer than the reference has for which a score falls to 61 %."""
SCALE = 10.0
"""So that 10 is a caption that is its only reference. Papers print it times 100 once more."""

HOW = (
    "CIDEr-D as in pycocoevalcap 1.2 (sigma 6, 1 to 4 words, times 10), mean over the references; "
    f"word weights of the references of these clips; tokens: {TOKENS}"
)

Vector = dict[tuple[str, ...], float]


class WordWeights:
    """What an n-gram is worth: the log of how rare it is among the clips.

    Args:
        texts: All words that were said of each clip, a list of texts a clip.
    """

    def __init__(self, texts: Sequence[Sequence[Words]]) -> None:
        self._clips = Counter(
            chain.from_iterable(
                {gram for words in each for gram in _grams(words)} for each in texts
            )
        )
        self._all = math.log(len(texts))

    def weigh(self, words: Words) -> list[Vector]:
        """n-gram -> count times weight, a mapping for each length from 1.

        What nobody said counts as if one clip had it.
        """
        vectors: list[Vector] = [{} for _ in range(MOST)]
        for gram, times in Counter(_grams(words)).items():
            weight = self._all - math.log(max(1, self._clips[gram]))
            vectors[len(gram) - 1][gram] = times * weight
        return vectors


def measure_cider(told: Sequence[Words], references: Sequence[Sequence[Words]]) -> Metric:
    """Mean CIDEr-D, 0..10.

    Weights come from the references of the scored clips, as in every published figure. So scores
    over other clips, or over a few of them, are not comparable; of one clip all weights are 0.

    Args:
        told: Words of each clip's caption.
        references: Words of each clip's references, at least one a clip.
    """
    weights = WordWeights(references)
    scores = [
        fmean(_compare(said, other, weights) for other in each)
        for said, each in zip(told, references, strict=True)
    ]
    return Metric.of_scores("cider", HOW, scores)


def norm(vector: Mapping[tuple[str, ...], float]) -> float:
    """Length of a vector of n-grams."""
    return math.sqrt(sum(value * value for value in vector.values()))


def _compare(said: Words, other: Words, weights: WordWeights) -> float:
    shift = max(len(said) - 1, 0) - max(len(other) - 1, 0)  # published: lengths in pairs of words
    penalty = math.exp(-(shift**2) / (2 * SIGMA**2))
    pairs = zip(weights.weigh(said), weights.weigh(other), strict=True)
    return SCALE * penalty * fmean(_clipped_cosine(a, b) for a, b in pairs)


def _clipped_cosine(said: Vector, other: Vector) -> float:
    """Cosine, where no n-gram counts for more than the reference has of it."""
    length = norm(said) * norm(other)
    shared = sum(
        min(value, other[gram]) * other[gram] for gram, value in said.items() if gram in other
    )
    return shared / length if length else 0.0


def _grams(words: Words) -> Iterable[tuple[str, ...]]:
    for n in range(1, MOST + 1):
        for start in range(len(words) - n + 1):
            yield tuple(words[start : start + n])
