"""Captions scored: BLEU, ROUGE-L, CIDEr and, where weights are at hand, BERTScore.

Needs the extra ``evaluation``; importing this room needs nothing. What is measured how, and what a
captioner must beat, is in docs/EVALUATION.md.
"""

from skeletonllm.evaluation.captions.baselines import (
    BASELINES,
    find_typical_caption,
    hold_out_references,
    score_baselines,
)
from skeletonllm.evaluation.captions.bertscore import BertModel
from skeletonllm.evaluation.captions.scores import CaptionScores, MetricScore, score_captions

__all__ = [
    "BASELINES",
    "BertModel",
    "CaptionScores",
    "MetricScore",
    "find_typical_caption",
    "hold_out_references",
    "score_baselines",
    "score_captions",
]
