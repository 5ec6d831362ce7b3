"""The published protocols as pairs of views: what a model may learn from, what it is judged on.

Splits stand in ``splits.json`` (1-based numbers of the dataset papers; zero-shot classes as
published by SynSE and PURLS). ``<corpus>/<split>`` names one: ``ntu60/xsub``, ``ntu120/xset``,
``nw_ucla/xview``, and ``ntu60/48-12`` for a zero-shot split of 48 seen and 12 unseen classes.

A zero-shot protocol trains on the seen classes in the training part of the corpus' first
supervised split, and is judged on the unseen classes in its test part, as the paper does (CS).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from skeletonllm.corpora import labels
from skeletonllm.errors import UsageError
from skeletonllm.shards.view import View

MOST_SUBJECTS = 106
"""NTU RGB+D 120 numbers its subjects 1 to 106."""


@dataclass(frozen=True)
class Protocol:
    """What is learned from and what is judged.

    Args:
        name: ``<corpus>/<split>``, or ``held-out`` for classes named by hand.
        train: The training view; the names of unseen classes never show in it.
        test: The test view; its classes are the candidates.
    """

    name: str
    train: View
    test: View


@cache
def _splits() -> dict[str, dict[str, Any]]:
    text = files("skeletonllm.evaluation").joinpath("splits.json").read_text("utf-8")
    splits: dict[str, dict[str, Any]] = json.loads(text)
    return splits


def protocols() -> tuple[str, ...]:
    """Names of all published protocols.

    Example:
        >>> "nw_ucla/8-2" in protocols()
        True
    """
    return tuple(
        f"{corpus}/{split}" for corpus, facts in _splits().items() for split in _views(facts)
    )


def get_protocol(name: str) -> Protocol:
    """Protocol by name.

    Raises:
        UsageError: The name is unknown; the message lists the known ones.
    """
    if name not in protocols():
        raise UsageError(f"unknown protocol {name!r}", expected=f"one of {', '.join(protocols())}")
    corpus, split = name.split("/")
    facts = _splits()[corpus]
    return Protocol(name, *_views(facts)[split])


def held_out(view: View, classes: Sequence[str]) -> Protocol:
    """Classes of your own choice held out: trained on the rest of ``view``, judged on them."""
    names = tuple(classes)
    return Protocol("held-out", replace(view, unseen=names), replace(view, labels=names))


def _views(facts: dict[str, Any]) -> dict[str, tuple[View, View]]:
    """The (train, test) views of every split of a corpus; the supervised ones come first."""
    base = View(
        corpora=tuple(facts["corpora"]),
        namespaces=(facts["namespace"],),
        labels=_class_names(facts, facts["actions"]),
    )
    found = {
        split: (replace(base, **train), replace(base, **test))
        for split, (train, test) in _supervised(facts).items()
    }
    train, test = next(iter(found.values()))
    for split, numbers in facts["unseen"].items():
        unseen = _class_names(facts, numbers)
        seen = tuple(name for name in base.labels or () if name not in unseen)
        learned = replace(train, labels=seen, unseen=unseen)
        found[split.replace("/", "-")] = (learned, replace(test, labels=unseen))
    return found


def _supervised(facts: dict[str, Any]) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Split name -> (filter of the training view, filter of the test view)."""
    splits: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
    if "train_subjects" in facts:
        train = set(facts["train_subjects"])
        rest = [number for number in range(1, MOST_SUBJECTS + 1) if number not in train]
        splits["xsub"] = ({"subjects": _texts(train)}, {"subjects": _texts(rest)})
    for split, column in (("xview", "cameras"), ("xset", "setups")):
        if f"train_{column}" in facts:
            train_on, test_on = facts[f"train_{column}"], facts[f"test_{column}"]
            splits[split] = ({column: _texts(train_on)}, {column: _texts(test_on)})
    return splits


def _texts(numbers: Sequence[int] | set[int]) -> tuple[str, ...]:
    return tuple(str(number) for number in sorted(numbers))


def _class_names(facts: dict[str, Any], numbers: Sequence[int]) -> tuple[str, ...]:
    known = labels.actions(facts["namespace"])
    return tuple(known[number] for number in numbers)
