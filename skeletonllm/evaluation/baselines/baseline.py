"""The contract of a baseline, and its nouns: measured clips, and what was learned of them."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from skeletonllm.evaluation.baselines.meanings import Array, Meanings
from skeletonllm.motion import Motion
from skeletonllm.views.view import View

Setting = float | int | str
"""What is chosen on folds of the training part, such as a penalty or a number of epochs."""


@dataclass(frozen=True, eq=False)
class Measured:
    """Clips, and what a baseline looks at in each.

    Args:
        rows: Of :data:`schemas.SAMPLE`, N of them.
        values: [N, ...], what :meth:`Baseline.measure` gave of each.
    """

    rows: pa.Table
    values: Array

    @property
    def labels(self) -> list[str]:
        """Class of each clip."""
        names: list[str] = self.rows["label"].to_pylist()
        return names

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of the clips, sorted."""
        return tuple(sorted(set(self.labels)))

    @property
    def codes(self) -> npt.NDArray[np.int64]:
        """Place of each clip's class among :attr:`classes`, [N]."""
        place = {name: at for at, name in enumerate(self.classes)}
        return np.array([place[name] for name in self.labels], np.int64)

    def take(self, view: View) -> Measured:
        """The clips that a view sees, in the same order; possibly none."""
        mask = view.mask(self.rows)
        return Measured(self.rows.filter(mask), self.values[np.array(mask.to_pylist(), bool)])


class Fitted(ABC):
    """What a baseline has learned."""

    @abstractmethod
    def score(self, values: Array, candidates: Sequence[str]) -> Array:
        """How well each candidate fits each clip, float64 [N, C]; higher is better.

        Args:
            values: [N, ...], as measured.
            candidates: C classes, seen in training or not.
        """

    @abstractmethod
    def arrays(self) -> Mapping[str, Array]:
        """All that was learned, by name: what does not stand here decides no answer."""

    @property
    def sha256(self) -> str:
        """SHA-256, in hex, of all that was learned, to the last bit."""
        digest = hashlib.sha256()
        for name, array in sorted(self.arrays().items()):
            digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()


class Baseline(ABC):
    """A way to answer about clips that needs neither pictures nor a language model.

    Args:
        meanings: Vectors of class names; asked only for classes that are learned or chosen from.
        unseen: Whether the classes to answer with are not those that are learned.
    """

    name: ClassVar[str]
    version: ClassVar[str]
    """Goes up whenever the same clips would get other answers."""
    settings: ClassVar[tuple[Setting, ...]]
    """To choose from, the most cautious first: of equally good ones it is taken."""
    seeds: ClassVar[tuple[int, ...]] = (0,)
    """Of fits that are reported; the answers are those of the first."""

    def __init__(self, meanings: Meanings, *, unseen: bool) -> None:
        self.meanings, self.unseen = meanings, unseen

    @property
    def reads_names(self) -> bool:
        """Whether answers depend on what the names of the classes mean."""
        return True

    @abstractmethod
    def measure(self, motion: Motion) -> Array:
        """What is looked at in a clip, of the same shape for all. It is given no label."""

    @abstractmethod
    def fit(self, trained: Measured, settings: Sequence[Setting], seed: int) -> list[Fitted]:
        """What is learned from clips under each setting, in the order of the settings.

        Args:
            trained: The clips, and nothing else.
            settings: Some of :attr:`settings`.
            seed: Of whatever is drawn.
        """
