"""Who is trained on and who is scored: folds of the training part, or the test part at last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from benchmarks.learning.eye.corpus import Corpus, Index
from skeletonllm.clip import Clip
from skeletonllm.quality import find_duplicates, measure_clip

_READ = "clip_id motion_sha256 label label_namespace subject camera setup repetition".split()
"""Columns that the detector of duplicates reads."""
_measure = cache(measure_clip)  # each fold asks again


@dataclass(frozen=True, eq=False)
class Split:
    """Clips to train on and clips to score, as indices into a corpus.

    Args:
        name: ``test``, or ``without <group>`` of a fold.
        train: Clips that a head (or a renderer) may learn from.
        scored: Clips that it is scored on.
    """

    name: str
    train: Index
    scored: Index


def make_folds(groups: Sequence[str], train: Index) -> list[Split]:
    """A fold for each group of the training part: it is scored, and all others are trained on.

    With the two training cameras of NW-UCLA: train on one, score the other, and the reverse.

    Args:
        groups: Camera or subject of each clip of the corpus.
        train: Indices of the training part; no other clip is in any fold.
    """
    of = np.array(groups)[train]
    return [
        Split(f"without {group}", train[of != group], train[of == group])
        for group in sorted(set(of.tolist()), key=lambda name: (len(name), name))
    ]


def list_splits(corpus: Corpus, *, open_test: bool) -> list[Split]:
    """The folds of the training part, or the one split of the protocol.

    Args:
        corpus: The corpus.
        open_test: Whether the test part may be looked at.
    """
    if open_test:
        return [Split("test", corpus.train, corpus.test)]
    return make_folds(corpus.groups, corpus.train)


def find_copies(clips: Sequence[Clip], split: Split) -> npt.NDArray[np.bool_]:
    """Which scored clips show the motion of a training clip, bool [scored].

    Exact and near copies, by the detector of :mod:`skeletonllm.quality`: of the 464 test clips of
    NW-UCLA at least 95 are, since view 3 of two actions is view 2 again.

    Args:
        clips: All of the corpus.
        split: What is trained on and what is scored.
    """
    order = [*split.train, *split.scored]  # a copy is found after its original
    measured = [_measure(clips[i]) for i in order]
    rows = pa.Table.from_pylist([{name: row[name] for name in _READ} for row, _ in measured])
    pairs = find_duplicates(rows, np.stack([mark for _, mark in measured])).to_pylist()
    seen = {clips[i].clip_id for i in split.train}
    for pair in pairs:
        if pair["same_as"] in seen:  # a copy of a copy is one too
            seen.add(pair["clip_id"])
    return np.array([clips[i].clip_id in seen for i in split.scored])
