"""Folds of a training part: whatever is chosen is chosen on these, and the test part is read once.

A method for unseen classes is chosen on classes that play the unseen ones: seen classes are held
out in turn, and the real unseen ones stay out of all folds. A method for known classes is chosen on
subjects that are held out in turn. Every fold is a pair of views within the training view, so no
clip of a test part can be in one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skeletonllm.errors import UsageError
from skeletonllm.views.view import View

Fold = tuple[View, View]
"""What is learned from, and what the choice is judged on."""

FEWEST_CLASSES = 2
"""Of a fold, held out and kept each: with a single class every answer would be right."""
MOST_FOLDS = 5
"""Of one draw of folds."""
FEWEST_FITS = 6
"""Of a choice for unseen classes. Which classes play them matters more than the settings do, so
they are drawn anew until there are so many folds."""


def split_pseudo_unseen(
    train_view: View, classes: Sequence[str], folds: int, seed: int
) -> list[Fold]:
    """Folds that hold out seen classes, each once.

    Args:
        train_view: The training view of a protocol.
        classes: Its seen classes.
        folds: How many; the classes are dealt to them as evenly as can be.
        seed: Of the deal.

    Raises:
        UsageError: A class is not of the training part, or there are too few for the folds.

    Example:
        >>> seen = View(labels=("a", "b", "c", "d"), unseen=("e",))
        >>> [held.labels for _, held in split_pseudo_unseen(seen, "abcd", folds=2, seed=0)]
        [('a', 'c'), ('b', 'd')]
    """
    foreign = [name for name in classes if not train_view.shows(name)]
    if foreign:
        raise UsageError(f"classes {foreign} are no seen classes", where="selection")
    groups = _deal(classes, folds, seed, FEWEST_CLASSES, "seen classes")
    return [
        (
            replace(train_view, labels=_without(classes, held), unseen=(*train_view.unseen, *held)),
            replace(train_view, labels=held),
        )
        for held in groups
    ]


def split_subjects(train_view: View, subjects: Sequence[str], folds: int, seed: int) -> list[Fold]:
    """Folds that hold out training subjects, each once; clips of unknown subjects are in none.

    Args:
        train_view: The training view of a protocol.
        subjects: Those of its clips.
        folds: How many; the subjects are dealt to them as evenly as can be.
        seed: Of the deal.

    Raises:
        UsageError: A subject is not of the training part, or there are too few for the folds.
    """
    foreign = [
        s for s in subjects if train_view.subjects is not None if s not in train_view.subjects
    ]
    if foreign:
        raise UsageError(f"subjects {foreign} are no training subjects", where="selection")
    groups = _deal(subjects, folds, seed, 1, "training subjects")
    return [
        (
            replace(train_view, subjects=_without(subjects, held)),
            replace(train_view, subjects=held),
        )
        for held in groups
    ]


def split_training_part(train_view: View, trained: pa.Table, seed: int = 0) -> list[Fold]:
    """The folds that suit a protocol: pseudo-unseen classes if it hides classes, else subjects.

    As many classes are held out at a time as the protocol hides, where there are enough.

    Args:
        train_view: The training view of the protocol.
        trained: Its clips at hand, rows of :data:`schemas.SAMPLE`.
        seed: Of the deals.

    Raises:
        UsageError: Too few classes or subjects to choose anything on.
    """
    if not train_view.unseen:
        subjects = _values(trained, "subject")
        return split_subjects(train_view, subjects, max(2, min(MOST_FOLDS, len(subjects))), seed)
    seen = _values(trained, "label")
    folds = max(2, min(MOST_FOLDS, len(seen) // max(len(train_view.unseen), FEWEST_CLASSES)))
    deals = range(-(-FEWEST_FITS // folds))
    return [
        fold for deal in deals for fold in split_pseudo_unseen(train_view, seen, folds, seed + deal)
    ]


def _deal(
    names: Sequence[str], folds: int, seed: int, fewest: int, what: str
) -> list[tuple[str, ...]]:
    """The names in groups, sorted within each."""
    known = sorted(set(names))
    if folds < 2 or len(known) // folds < fewest or len(known) < 2 * fewest:
        raise UsageError(
            f"{len(known)} {what} for {folds} folds",
            expected=f"two folds or more, of {fewest} or more each",
            where="selection",
            hint="A choice needs more of the training part; take a larger release.",
        )
    order = np.random.default_rng(seed).permutation(len(known))
    return [tuple(sorted(known[at] for at in group)) for group in np.array_split(order, folds)]


def _without(names: Sequence[str], held: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names) - set(held)))


def _values(rows: pa.Table, column: str) -> list[str]:
    return sorted(value for value in pc.unique(rows[column]).to_pylist() if value is not None)
