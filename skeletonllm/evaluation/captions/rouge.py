"""ROUGE-L (Lin, 2004), by rouge-score: how long a row of words a caption has of a reference."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

from skeletonllm.evaluation.captions.metric import Metric
from skeletonllm.evaluation.captions.packages import load_package
from skeletonllm.evaluation.captions.words import TOKENS, Words


class _SplitAtSpaces:
    """What rouge-score asks to tokenize; its own tokenizer knows no letter beyond a to z."""

    def tokenize(self, text: str) -> list[str]:
        return text.split()


def measure_rouge(told: Sequence[Words], references: Sequence[Sequence[Words]]) -> Metric:
    """Mean F1 of the longest common subsequence, 0..1; of several references, the best.

    Args:
        told: Words of each clip's caption.
        references: Words of each clip's references, at least one a clip.

    Raises:
        UsageError: rouge-score is not installed.
    """
    library = load_package("rouge_score.rouge_scorer", "evaluation")
    scorer = library.RougeScorer(["rougeL"], tokenizer=_SplitAtSpaces())
    scores = [
        scorer.score_multi([" ".join(words) for words in each], " ".join(said))["rougeL"].fmeasure
        for said, each in zip(told, references, strict=True)
    ]
    how = (
        f"rouge-score {version('rouge-score')}, F1 of rougeL, best of the references, no stemmer; "
        f"tokens: {TOKENS}"
    )
    return Metric.of_scores("rouge_l", how, scores)
