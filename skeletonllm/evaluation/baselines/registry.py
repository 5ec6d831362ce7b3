"""The baselines; a new one is one file and one line here."""

from __future__ import annotations

from importlib import import_module

from skeletonllm.errors import UsageError
from skeletonllm.evaluation.baselines.baseline import Baseline

BASELINES = {
    "described": "skeletonllm.evaluation.baselines.described:DescribedBaseline",
    "ridge": "skeletonllm.evaluation.baselines.ridge:RidgeBaseline",
    "tcn": "skeletonllm.evaluation.baselines.tcn:TemporalBaseline",
}
"""Name -> ``module:class``. A name, so that only the network waits for torch."""


def get_baseline(name: str) -> type[Baseline]:
    """Class of a baseline.

    Raises:
        UsageError: The name is unknown; the message lists the known ones.

    Example:
        >>> get_baseline("ridge").name
        'ridge'
    """
    if name not in BASELINES:
        raise UsageError(f"unknown baseline {name!r}", expected=f"one of {', '.join(BASELINES)}")
    module, _, kind = BASELINES[name].partition(":")
    found: type[Baseline] = getattr(import_module(module), kind)
    return found
