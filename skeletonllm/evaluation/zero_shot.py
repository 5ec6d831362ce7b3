"""Generalized zero-shot: unseen classes among seen ones, as a model meets them in use.

Plain zero-shot lets a model choose among the unseen classes alone. Generalized, all classes of the
corpus are candidates and clips of all are tested; a model that always answers with what it was
trained on is then right about no unseen class, and the harmonic mean of both accuracies is 0.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from skeletonllm.errors import UsageError
from skeletonllm.evaluation.protocols import Protocol
from skeletonllm.tasks.accuracy import score_accuracy
from skeletonllm.tasks.task import Answer
from skeletonllm.views.view import View


def generalize(protocol: Protocol) -> View:
    """The test view of a zero-shot protocol with seen and unseen classes.

    Its clips of seen classes are those of the test part's cameras or subjects, which training did
    not see either.

    Args:
        protocol: Such as ``nw_ucla/8-2``.

    Raises:
        UsageError: No class is unseen, or the test part has clips of training subjects and cameras.
    """
    unseen = protocol.train.unseen
    if not unseen:
        raise UsageError(
            f"protocol {protocol.name!r} hides no class",
            expected="a zero-shot protocol",
            hint="`skeletonllm evaluate --help` lists the protocols.",
        )
    test = replace(protocol.test, labels=None)
    if (test.subjects, test.cameras, test.setups) == (None, None, None):
        raise UsageError(
            f"the test part of {protocol.name!r} is all clips of unseen classes",
            expected="one by subject, camera or setup, for clips of seen classes to test",
            hint=f"Take {protocol.name.partition('@')[0]!r}.",
        )
    return replace(protocol.test, labels=(*(protocol.train.labels or ()), *unseen))


def score_generalized(answers: Sequence[Answer], unseen: Collection[str]) -> dict[str, Any]:
    """Accuracy of seen and of unseen classes, each the mean over classes, and their harmonic mean.

    As Xian et al. define them (TPAMI 2018): a class with few clips counts as one with many.

    Args:
        answers: About clips of seen and unseen classes, chosen among all of them.
        unseen: Classes that training never saw.

    Example:
        >>> said = [Answer("a", "wave", "wave", 2), Answer("b", "clap", "wave", 2)]
        >>> score_generalized(said, ["clap"])
        {'seen': 1.0, 'unseen': 0.0, 'harmonic': 0.0}
    """
    shares = {
        name: _mean_class([a for a in answers if (a.target in unseen) == (name == "unseen")])
        for name in ("seen", "unseen")
    }
    both = shares["seen"] + shares["unseen"]
    harmonic = 2 * shares["seen"] * shares["unseen"] / both if both else 0.0
    return {**shares, "harmonic": harmonic}


def _mean_class(answers: Sequence[Answer]) -> float:
    return score_accuracy(answers).mean_class if answers else 0.0
