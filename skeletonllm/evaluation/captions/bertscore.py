"""BERTScore (Zhang et al., ICLR 2020), by bert-score: how near captions are to a language model.

Needs the extra ``bertscore`` and the weights of a model in a folder; nothing is downloaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from skeletonllm.errors import UsageError
from skeletonllm.evaluation.captions.metric import Metric
from skeletonllm.evaluation.captions.packages import load_package

EXTRA = "bertscore"
USUAL = "FacebookAI/roberta-large"


@dataclass(frozen=True)
class BertModel:
    """A model that BERTScore asks, in a folder of this machine.

    Args:
        folder: With its configuration, tokenizer and weights, as transformers saves them. Figures
            of papers are of a folder named ``roberta-large``.
        layer: Whose vectors are compared, from 1; None for the one that bert-score found best for a
            model of the folder's name.
        device: As torch names it.
    """

    folder: str
    layer: int | None = None
    device: str = "cpu"


def measure_bertscore(
    told: Sequence[str], references: Sequence[Sequence[str]], model: BertModel
) -> Metric:
    """Mean F1 of BERTScore; of several references, the best. A text of no words scores 0.

    Words are weighted by how rare they are among the references, and scores rescaled where
    bert-score has a baseline for the model, both as papers on motion do.

    Args:
        told: Each clip's caption; empty if it has no word.
        references: Each clip's references, at least one a clip, none of them empty.
        model: What is asked.

    Raises:
        UsageError: bert-score is not installed, or there is no such model in the folder.
    """
    library = load_package("bert_score", EXTRA)
    layer = _choose_layer(model, library)
    name = Path(model.folder).name
    baseline = Path(library.__file__).parent / "rescale_baseline" / "en" / f"{name}.tsv"
    scorer = library.BERTScorer(
        model_type=model.folder,
        num_layers=layer,
        idf=True,
        idf_sents=[text for each in references for text in each],
        device=model.device,
        lang="en",
        rescale_with_baseline=baseline.is_file(),
        baseline_path=str(baseline),
    )
    spoken = [place for place, text in enumerate(told) if text]
    scores = [0.0] * len(told)
    if spoken:
        found = scorer.score([told[at] for at in spoken], [list(references[at]) for at in spoken])
        for place, score in zip(spoken, found[2].tolist(), strict=True):
            scores[place] = score
    how = (
        f"bert-score {version('bert-score')}, F1, best of the references, {name}, layer {layer}, "
        f"idf, {'rescaled' if baseline.is_file() else 'not rescaled'}"
    )
    return Metric.of_scores("bertscore", how, scores)


def _choose_layer(model: BertModel, library: Any) -> int:
    """The layer to compare, once the folder is known to hold a model."""
    folder = Path(model.folder)
    if not (folder / "config.json").is_file():
        raise UsageError(
            "no model",
            expected="a folder with config.json, a tokenizer and weights",
            where=model.folder,
            hint=f"Fetch one, as by `hf download {USUAL} --local-dir roberta-large`.",
        )
    layer = model.layer or library.utils.model2layers.get(folder.name)
    if layer is None:
        raise UsageError(
            f"bert-score knows no best layer of {folder.name!r}",
            expected="the number of a layer, or a folder of the model's usual name",
            where=model.folder,
        )
    return int(layer)
