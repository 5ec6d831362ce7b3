"""The published protocols as pairs of views: what a model is trained on, what it is tested on.

Splits stand in ``splits.json`` (1-based numbers of the dataset papers; zero-shot classes as
published by SynSE and PURLS; docs/SPLITS.md has the sources). ``<corpus>/<split>`` names one:
``ntu60/xsub``, ``ntu120/xset``, ``nw_ucla/xview``, ``sbu_kinect/fold-1``, and ``ntu60/48-12`` for
a zero-shot split of 48 seen and 12 unseen classes.

A zero-shot protocol trains on the seen classes in the training part of the corpus' first
supervised split, and tests the unseen classes in its test part, as the paper does (CS). Its twin
``<corpus>/<split>@purls`` trains on the same clips and tests all clips of the unseen classes, as
the table of PURLS does for the small corpora: its percentages are shares of such counts.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from skeletonllm.corpora.toolkit import labels
from skeletonllm.errors import UsageError
from skeletonllm.views.view import View

PURLS = "@purls"
"""End of the name of a zero-shot protocol that tests all clips of its unseen classes."""

Filter = dict[str, Any]
"""Fields of a View, for example its subjects."""


@dataclass(frozen=True)
class Count:
    """How many clips the parts of a split have, as published or counted on the whole corpus.

    Args:
        of: Of which clips, and by whom.
        train: Clips of the training part.
        test: Clips of the test part.
    """

    of: str
    train: int
    test: int


@dataclass(frozen=True)
class Protocol:
    """What a model is trained on and what it is tested on.

    Args:
        name: ``<corpus>/<split>``, or ``held-out`` for classes named by hand.
        train: The training view; the names of unseen classes never show in it.
        test: The test view; its classes are the candidates.
        counts: What a whole corpus gives; empty where nobody published it.
    """

    name: str
    train: View
    test: View
    counts: tuple[Count, ...] = ()


@cache
def _splits() -> dict[str, dict[str, Any]]:
    text = files("skeletonllm.evaluation").joinpath("splits.json").read_text("utf-8")
    splits: dict[str, dict[str, Any]] = json.loads(text)
    return splits


@cache
def list_protocols() -> tuple[str, ...]:
    """Names of all published protocols.

    Example:
        >>> "nw_ucla/8-2" in list_protocols()
        True
    """
    return tuple(
        f"{corpus}/{split}" for corpus, facts in _splits().items() for split in _views(facts)
    )


@cache
def get_protocol(name: str) -> Protocol:
    """Protocol by name.

    Raises:
        UsageError: The name is unknown; the message lists the known ones.
    """
    if name not in list_protocols():
        raise UsageError(
            f"unknown protocol {name!r}", expected=f"one of {', '.join(list_protocols())}"
        )
    corpus, split = name.split("/")
    facts = _splits()[corpus]
    counts = tuple(Count(row["of"], *row[split]) for row in facts.get("counts", ()) if split in row)
    return Protocol(name, *_views(facts)[split], counts)


def hold_out_classes(view: View, classes: Sequence[str]) -> Protocol:
    """Protocol that tests classes of your own choice, and trains on the rest of a view.

    Args:
        view: Clips of training and test.
        classes: Names of the classes to hold out.
    """
    names = tuple(classes)
    return Protocol("held-out", replace(view, unseen=names), replace(view, labels=names))


def _views(facts: dict[str, Any]) -> dict[str, tuple[View, View]]:
    """The (train, test) views of every split of a corpus; the supervised ones come first."""
    base = View(
        corpora=tuple(facts["corpora"]),
        namespaces=(facts["namespace"],),
        labels=_class_names(facts, facts["actions"]),
    )
    views = {
        split: (replace(base, **train), replace(base, **test))
        for split, (train, test) in _supervised(facts).items()
    }
    train, test = next(iter(views.values()))
    for split, numbers in facts["unseen"].items():
        unseen = _class_names(facts, numbers)
        seen = tuple(name for name in base.labels or () if name not in unseen)
        learned = replace(train, labels=seen, unseen=unseen)
        name = split.replace("/", "-")
        views[name] = (learned, replace(test, labels=unseen))
        if name + PURLS in _counted(facts):
            views[name + PURLS] = (learned, replace(base, labels=unseen))
    return views


def _counted(facts: dict[str, Any]) -> set[str]:
    """Splits whose clips somebody counted."""
    return {split for row in facts.get("counts", ()) for split in row}


def _supervised(facts: dict[str, Any]) -> dict[str, tuple[Filter, Filter]]:
    """Split name -> (filter of the training view, filter of the test view)."""
    splits: dict[str, tuple[Filter, Filter]] = {}
    for split, column in (("xsub", "subjects"), ("xview", "cameras"), ("xset", "setups")):
        if f"train_{column}" in facts:
            train, test = (_texts(facts[f"{part}_{column}"]) for part in ("train", "test"))
            splits[split] = ({column: train}, {column: test})
    for split, numbers in facts.get("subsets", {}).items():
        classes = {"labels": _class_names(facts, numbers)}
        train_of, test_of = splits["xsub"]
        splits[split] = (train_of | classes, test_of | classes)
    for split, tested in facts.get("folds", {}).items():
        rest = (name for fold in facts["folds"].values() for name in fold if name not in tested)
        splits[split] = ({"subjects": tuple(sorted(rest))}, {"subjects": tuple(tested)})
    return splits


def _texts(numbers: Sequence[int]) -> tuple[str, ...]:
    return tuple(str(number) for number in numbers)


def _class_names(facts: dict[str, Any], numbers: Sequence[int]) -> tuple[str, ...]:
    known = labels.actions(facts["namespace"])
    return tuple(known[number] for number in numbers)
