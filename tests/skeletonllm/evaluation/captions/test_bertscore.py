"""BERTScore: what it asks of the package; where that is installed, scores of a tiny model."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from skeletonllm.errors import UsageError
from skeletonllm.evaluation.captions import bertscore, score_captions
from skeletonllm.evaluation.captions.bertscore import BertModel, measure_bertscore

TOLD = ["a man waves", "", "he sits"]
REFERENCES = [["a person waves", "someone waves"], ["he walks"], ["he sits"]]


class FakeScorer:
    """Scores a text by whether it is among its references, and keeps what it was given."""

    made: dict[str, Any]

    def __init__(self, **given: Any) -> None:
        type(self).made = given

    def score(self, told: list[str], references: list[list[str]]) -> tuple[torch.Tensor, ...]:
        assert all(told)
        right = [float(text in each) for text, each in zip(told, references, strict=True)]
        return torch.zeros(len(told)), torch.zeros(len(told)), torch.tensor(right)


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A package of bert-score's shape, with a baseline for roberta-large."""
    fake = ModuleType("bert_score")
    fake.__file__ = str(tmp_path / "bert_score" / "__init__.py")
    fake.BERTScorer = FakeScorer  # type: ignore[attr-defined]
    fake.utils = ModuleType("utils")  # type: ignore[attr-defined]
    fake.utils.model2layers = {"roberta-large": 17}  # type: ignore[attr-defined]
    baseline = tmp_path / "bert_score" / "rescale_baseline" / "en" / "roberta-large.tsv"
    baseline.parent.mkdir(parents=True)
    baseline.touch()
    monkeypatch.setitem(sys.modules, "bert_score", fake)
    monkeypatch.setattr(bertscore, "version", lambda _: "0.3.13")
    return tmp_path


def make_folder(path: Path, name: str) -> str:
    folder = path / name
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    return str(folder)


def test_empty_captions_score_zero_and_are_not_asked_about(package: Path) -> None:
    folder = make_folder(package, "roberta-large")
    metric = measure_bertscore(TOLD, REFERENCES, BertModel(folder))
    assert metric.counted[:, 0].tolist() == [0.0, 0.0, 1.0]
    assert metric.how == (
        "bert-score 0.3.13, F1, best of the references, roberta-large, layer 17, idf, rescaled"
    )


def test_idf_is_of_all_references_and_the_model_of_the_folder(package: Path) -> None:
    folder = make_folder(package, "roberta-large")
    measure_bertscore(TOLD, REFERENCES, BertModel(folder))
    made = FakeScorer.made
    assert made["idf_sents"] == ["a person waves", "someone waves", "he walks", "he sits"]
    assert (made["model_type"], made["num_layers"], made["idf"]) == (folder, 17, True)
    assert made["rescale_with_baseline"] is True


def test_a_model_without_a_baseline_is_not_rescaled(package: Path) -> None:
    folder = make_folder(package, "mine")
    metric = measure_bertscore(TOLD, REFERENCES, BertModel(folder, layer=3))
    assert FakeScorer.made["rescale_with_baseline"] is False
    assert "layer 3, idf, not rescaled" in metric.how


def test_an_unknown_model_needs_a_layer(package: Path) -> None:
    with pytest.raises(UsageError, match="no best layer of 'mine'"):
        measure_bertscore(TOLD, REFERENCES, BertModel(make_folder(package, "mine")))


def test_without_weights_it_says_where_they_come_from(package: Path) -> None:
    with pytest.raises(UsageError, match=r"no model.*hf download FacebookAI/roberta-large"):
        measure_bertscore(TOLD, REFERENCES, BertModel(str(package / "roberta-large")))


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bert_score", None)
    with pytest.raises(UsageError, match=r"pip install 'skeletonllm\[bertscore\]'"):
        measure_bertscore(TOLD, REFERENCES, BertModel("roberta-large"))


def test_it_stands_beside_the_other_metrics(package: Path) -> None:
    told = {"a": "he sits", "b": "..."}
    folder = make_folder(package, "roberta-large")
    scores = score_captions(told, {"a": ["he sits"], "b": ["she walks"]}, bert=BertModel(folder))
    assert scores.metrics["bertscore"].value == 0.5
    assert "BERTScore 0.500" in scores.summarize()


def test_the_real_package_finds_a_caption_nearer_to_itself(tmp_path: Path) -> None:
    pytest.importorskip("bert_score", reason="bert-score is not installed (extra bertscore)")
    folder = save_tiny_bert(tmp_path / "tiny")
    model = BertModel(folder, layer=2)
    same = measure_bertscore(["he sits", "", "a man waves"], REFERENCES, model)
    assert same.counted[1, 0] == 0.0
    right = measure_bertscore(["someone waves", "he walks", "he sits"], REFERENCES, model)
    assert right.counted[:, 0].tolist() == pytest.approx([1.0, 1.0, 1.0], abs=1e-5)
    assert same.value < right.value


def save_tiny_bert(folder: Path) -> str:
    """Random weights of BERT's architecture with the words of the test."""
    from transformers import BertConfig, BertModel, BertTokenizerFast  # noqa: PLC0415

    words = sorted({word for each in REFERENCES for text in each for word in text.split()})
    folder.mkdir()
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "man", *words]
    (folder / "vocab.txt").write_text("\n".join(dict.fromkeys(vocabulary)))
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = BertConfig(vocab_size=40, intermediate_size=64, max_position_embeddings=64, **sizes)
    BertModel(config).save_pretrained(folder)
    BertTokenizerFast(str(folder / "vocab.txt"), model_max_length=64).save_pretrained(folder)
    return str(folder)
