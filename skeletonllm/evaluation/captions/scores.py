"""Scores of captions: each metric with its interval, and what could not be scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from skeletonllm.errors import UsageError
from skeletonllm.evaluation.captions.bertscore import BertModel, measure_bertscore
from skeletonllm.evaluation.captions.bleu import measure_bleu
from skeletonllm.evaluation.captions.cider import measure_cider
from skeletonllm.evaluation.captions.metric import Metric, bootstrap_metrics
from skeletonllm.evaluation.captions.rouge import measure_rouge
from skeletonllm.evaluation.captions.words import make_splitter

DRAWS = 1000
"""Of all clips. With 20,000 the ends of an interval moved by less than a twentieth of its width
(360 clips of KIT-ML)."""


@dataclass(frozen=True)
class MetricScore:
    """A metric over all clips.

    Args:
        value: BLEU, ROUGE-L and BERTScore 0..1 (BERTScore may be below 0 where it is rescaled),
            CIDEr 0..10.
        interval: 95 % bootstrap interval over clips; None of a single clip.
        how: How it was measured.
    """

    value: float
    interval: tuple[float, float] | None
    how: str


@dataclass(frozen=True)
class CaptionScores:
    """How near a set of captions comes to what people said of the same clips.

    Args:
        count: Clips with a caption, be it empty.
        empty: Of these, captions without a word; they score 0.
        unanswered: Clips with references and no caption; they are not scored.
        references: References of the scored clips.
        blank_references: References of the scored clips without a word; not among the others.
        metrics: ``bleu_1`` to ``bleu_4``, ``rouge_l``, ``cider`` (of two clips or more) and, if it
            was asked for, ``bertscore``.
    """

    count: int
    empty: int
    unanswered: int
    references: int
    blank_references: int
    metrics: Mapping[str, MetricScore]

    def summarize(self) -> str:
        """BLEU-4, ROUGE-L and CIDEr with their intervals, and what is missing."""
        shown = [
            _summarize(title, self.metrics[name], form)
            for name, title, form in _TITLES
            if name in self.metrics
        ]
        return "; ".join([*shown, *self.remarks])

    @property
    def remarks(self) -> list[str]:
        """What a reader of the scores must know, as phrases."""
        told = [f"{self.empty} of {self.count} captions empty"] if self.empty else []
        told += [f"{self.unanswered} clips without a caption, not scored"] * bool(self.unanswered)
        told += [f"{self.blank_references} blank references"] * bool(self.blank_references)
        if self.count == 1:
            told.append("one clip only: no interval, no CIDEr")
        return told

    def to_json(self) -> dict[str, Any]:
        """Plain data, as stored in ``evaluation.json``."""
        return {
            "clips": self.count,
            "empty": self.empty,
            "unanswered": self.unanswered,
            "references": self.references,
            "blank_references": self.blank_references,
            "metrics": {
                name: {
                    "value": score.value,
                    "interval95": score.interval and list(score.interval),
                    "how": score.how,
                }
                for name, score in self.metrics.items()
            },
            "remarks": self.remarks,
        }


_TITLES = (
    ("bleu_4", "BLEU-4", ".1%"),
    ("rouge_l", "ROUGE-L", ".1%"),
    ("cider", "CIDEr", ".3f"),
    ("bertscore", "BERTScore", ".3f"),
)


def score_captions(
    told: Mapping[str, str],
    references: Mapping[str, Sequence[str]],
    *,
    bert: BertModel | None = None,
    draws: int = DRAWS,
) -> CaptionScores:
    """Scores of captions against all that people said of the same clips.

    Args:
        told: Clip -> the caption to score. An empty one scores 0, and is counted.
        references: Clip -> its captions. A clip that ``told`` lacks is not scored, and is counted.
        bert: What BERTScore asks; without it, there is no BERTScore.
        draws: Of the bootstrap.

    Raises:
        UsageError: There are no captions, or clips without a reference, or a package is missing.

    Example:
        >>> told = {"a": "A man waves.", "b": "someone sits"}
        >>> said = {"a": ["a man waves", "he waves"], "b": ["a person sits down"]}
        >>> round(score_captions(told, said).metrics["bleu_1"].value, 3)
        0.536
    """
    if not told:
        raise UsageError("nothing to score", expected="at least one caption")
    split = make_splitter()
    clips = sorted(told)
    kept = [[text for text in references.get(clip, ()) if split(text)] for clip in clips]
    _check_references(clips, kept)
    said = [split(told[clip]) for clip in clips]
    others = [[split(text) for text in each] for each in kept]
    metrics = [*measure_bleu(said, others), measure_rouge(said, others)]
    if len(clips) > 1:
        metrics.append(measure_cider(said, others))
    if bert is not None:
        texts = [
            told[clip].strip() if words else "" for clip, words in zip(clips, said, strict=True)
        ]
        metrics.append(measure_bertscore(texts, kept, bert))
    count = sum(map(len, kept))
    return CaptionScores(
        count=len(clips),
        empty=sum(not words for words in said),
        unanswered=len(set(references) - set(told)),
        references=count,
        blank_references=sum(len(references[clip]) for clip in clips) - count,
        metrics=_bootstrap(metrics, draws),
    )


def _check_references(clips: Sequence[str], kept: Sequence[Sequence[str]]) -> None:
    without = [clip for clip, texts in zip(clips, kept, strict=True) if not texts]
    if without:
        shown = ", ".join(without[:3])
        raise UsageError(
            f"{len(without)} of {len(clips)} clips have no reference with a word, such as {shown}",
            expected="at least one of each clip",
            hint="Score only clips with captions: a view with having=captions gives them.",
        )


def _bootstrap(metrics: Sequence[Metric], draws: int) -> dict[str, MetricScore]:
    several = len(metrics[0].counted) > 1
    intervals = bootstrap_metrics(metrics, draws) if several else [None] * len(metrics)
    return {
        metric.name: MetricScore(metric.value, interval, metric.how)
        for metric, interval in zip(metrics, intervals, strict=True)
    }


def _summarize(title: str, score: MetricScore, form: str) -> str:
    text = f"{title} {score.value:{form}}"
    if score.interval is None:
        return text
    low, high = score.interval
    return f"{text} (95 %: {low:{form}} to {high:{form}})"
