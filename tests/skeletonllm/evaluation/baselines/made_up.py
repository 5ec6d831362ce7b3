"""Vectors of names without a sentence model, and measured clips without a release."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from schemas import SAMPLE
from skeletonllm.evaluation.baselines.baseline import Measured
from skeletonllm.evaluation.baselines.meanings import Array
from skeletonllm.views.view import COLUMNS

WORDS = 12
"""Length of the vectors."""


def embed_by_letters(names: Sequence[str], embedder: str | None = None) -> Array:
    """A random unit vector a word, summed: names that share a word are alike."""
    assert embedder is None
    rows = [
        sum(np.random.default_rng(zlib.crc32(word.encode())).normal(size=WORDS) for word in words)
        for words in (name.split() for name in names)
    ]
    return np.array([row / np.linalg.norm(row) for row in rows])


def measure_rows(labels: Sequence[str], values: Array, subjects: Sequence[str]) -> Measured:
    """Clips of one corpus with what was measured of them."""
    schema = pa.schema([SAMPLE.arrow.field(name) for name in COLUMNS])
    facts = {"corpus": "lab", "label_namespace": "lab", "topology": "kinect_v1", "camera": "1"}
    listed = [
        {**facts, "label": label, "subject": who}
        for label, who in zip(labels, subjects, strict=True)
    ]
    return Measured(pa.Table.from_pylist(listed, schema), values)
