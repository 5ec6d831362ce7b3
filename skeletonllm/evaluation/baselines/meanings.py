"""What the names of classes mean, as vectors: of the names themselves or of their descriptions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from skeletonllm.errors import UsageError
from skeletonllm.evaluation.class_texts import HASHES, load_class_texts
from skeletonllm.negatives.embeddings import embed_names

Array = npt.NDArray[Any]
"""Of floats: float64, but for what torch has learned."""

TEXTS = ("names", "descriptions")
"""What a class is known by. Names only is the primary way: descriptions are words of ours."""


@dataclass(frozen=True, eq=False)
class Meanings:
    """Vectors of the classes of a namespace.

    Args:
        namespace: Of the labels.
        texts: One of :data:`TEXTS`.
        embedder: Which model, see :func:`skeletonllm.negatives.embeddings.find_embedder`.

    Example:
        >>> Meanings("nw_ucla").embed(["throw"]).shape  # doctest: +SKIP
        (1, 384)
    """

    namespace: str
    texts: str = TEXTS[0]
    embedder: str | None = None
    _known: dict[str, Array] = field(init=False, default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if self.texts not in TEXTS:
            raise UsageError(f"texts {self.texts!r}", expected=f"one of {', '.join(TEXTS)}")

    @property
    def sha256(self) -> str | None:
        """Hash of the descriptions, where they are read."""
        return None if self.texts == TEXTS[0] else HASHES.get(self.namespace)

    def word(self, classes: Sequence[str]) -> list[str]:
        """The text that stands for each class.

        Raises:
            UsageError: Classes without a description, where descriptions are read.
        """
        if self.texts == TEXTS[0]:
            return list(classes)
        told = load_class_texts(self.namespace)
        missing = [name for name in classes if name not in told]
        if missing:
            raise UsageError(
                f"{len(missing)} classes have no description, such as {missing[0]!r}",
                where=f"class texts of {self.namespace}",
                hint="Take --texts names.",
            )
        return [told[name] for name in classes]

    def embed(self, classes: Sequence[str]) -> Array:
        """Unit vectors [C, E] of the classes.

        Raises:
            UsageError: No sentence model is installed, or a class has no description.
        """
        new = [name for name in dict.fromkeys(classes) if name not in self._known]
        if new:
            self._known.update(zip(new, embed_names(self.word(new), self.embedder), strict=True))
        return np.array([self._known[name] for name in classes])


def compare_directions(values: Array, vectors: Array) -> Array:
    """Cosine [N, C] of values [N, E] and vectors [C, E]; 0 for a value of no length.

    Args:
        values: Of clips.
        vectors: Of classes.
    """
    left, right = (rows / _lengths(rows) for rows in (values, vectors))
    return np.asarray(left @ right.T, np.float64)


def _lengths(rows: Array) -> Array:
    return np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
