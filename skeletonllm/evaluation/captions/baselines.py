"""Captions that no model is needed for: what a captioner must beat, and what people reach.

A caption in the words of the corpus scores well of any clip. So each figure is read between these:
below or near them, a captioner says nothing of its clips.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from operator import itemgetter

from skeletonllm.errors import UsageError
from skeletonllm.evaluation.captions.bertscore import BertModel
from skeletonllm.evaluation.captions.cider import Vector, WordWeights, norm
from skeletonllm.evaluation.captions.scores import CaptionScores, score_captions
from skeletonllm.evaluation.captions.words import make_splitter
from skeletonllm.tasks.draws import draw_number, draw_place

BASELINES: Mapping[str, str] = {
    "typical": "the most typical training caption, of every clip",
    "random": "a random training caption of each clip",
    "exchanged": "a caption of another tested clip of each clip",
}
_VERSION = "caption_baselines/1"


def score_baselines(
    references: Mapping[str, Sequence[str]],
    training: Sequence[str],
    *,
    bert: BertModel | None = None,
) -> dict[str, CaptionScores]:
    """The scores of each of :data:`BASELINES`, by the function that scores a model.

    Args:
        references: Tested clip -> its captions.
        training: Captions of the training clips; one that was written twice stands there twice.
        bert: What BERTScore asks, if it is wanted.

    Raises:
        UsageError: There is no training caption, no reference, or one tested clip only.
    """
    typical = find_typical_caption(training)
    clips = sorted(references)
    told = {
        "typical": dict.fromkeys(clips, typical),
        "random": tell_random(clips, training),
        "exchanged": tell_exchanged(references),
    }
    return {name: score_captions(told[name], references, bert=bert) for name in BASELINES}


def find_typical_caption(training: Sequence[str]) -> str:
    """The training caption that is nearest to all others on average, in the terms of CIDEr.

    Nearness is the cosine of n-grams weighted by how rare they are, without what CIDEr-D takes off
    for repetition and length: then the mean over all others is one product with their sum. Of
    equally near ones, the first in the alphabet.

    Args:
        training: Captions; one that was written twice counts twice.

    Raises:
        UsageError: None of them has a word.
    """
    split = make_splitter()
    words = {text: split(text) for text in set(training)}
    said = [text for text in training if words[text]]
    if not said:
        raise UsageError("no training caption", expected="at least one with a word")
    weights = WordWeights([[words[text]] for text in said])
    vectors = {text: _unit_vector(weights.weigh(words[text])) for text in set(said)}
    total: defaultdict[tuple[str, ...], float] = defaultdict(float)
    for text in said:
        for gram, value in vectors[text].items():
            total[gram] += value
    near = {
        text: sum(value * total[gram] for gram, value in vector.items())
        for text, vector in vectors.items()
    }
    return max(sorted(near.items()), key=itemgetter(1))[0]


def tell_random(clips: Collection[str], training: Sequence[str]) -> dict[str, str]:
    """A training caption for each clip, drawn from the clip's name.

    Args:
        clips: Tested clips.
        training: Captions to draw from.

    Raises:
        UsageError: There are none.
    """
    if not training:
        raise UsageError("no training caption", expected="at least one")
    return {clip: training[draw_place(len(training), _VERSION, clip)] for clip in clips}


def tell_exchanged(references: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """A caption of another clip for each clip; each clip gives one.

    Args:
        references: Clip -> its captions.

    Raises:
        UsageError: There is no other clip, or a clip without a caption.
    """
    if len(references) < 2:
        raise UsageError("no clip to exchange with", expected="at least two clips")
    order = sorted(references, key=lambda clip: (draw_number(_VERSION, clip), clip))
    givers = [*order[1:], order[0]]
    return {
        clip: _draw_caption(giver, references[giver])
        for clip, giver in zip(order, givers, strict=True)
    }


def hold_out_references(
    references: Mapping[str, Sequence[str]],
) -> tuple[dict[str, str], dict[str, list[str]]]:
    """One caption of each clip as if a model had told it, and the clip's others to score it by.

    What people reach. A model must be scored by the same others to be compared: with more
    references each score rises. Clips with one caption are in neither.

    Args:
        references: Clip -> its captions.
    """
    several = {clip: list(texts) for clip, texts in references.items() if len(texts) > 1}
    places = {clip: draw_place(len(texts), _VERSION, clip) for clip, texts in several.items()}
    told = {clip: texts[places[clip]] for clip, texts in several.items()}
    rest = {
        clip: texts[: places[clip]] + texts[places[clip] + 1 :] for clip, texts in several.items()
    }
    return told, rest


def _draw_caption(clip: str, texts: Sequence[str]) -> str:
    if not texts:
        raise UsageError(f"clip {clip} has no caption", expected="at least one")
    return texts[draw_place(len(texts), _VERSION, clip)]


def _unit_vector(vectors: Sequence[Vector]) -> Vector:
    """n-grams of all lengths in one vector; each length counts alike."""
    joined: Vector = {}
    for vector in vectors:
        length = norm(vector)
        if length:
            joined |= {gram: value / length for gram, value in vector.items()}
    return joined
