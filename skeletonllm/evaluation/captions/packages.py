"""Packages that only scoring captions needs: where one is missing, how to get it."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from skeletonllm.errors import UsageError


def load_package(module: str, extra: str) -> Any:
    """A module out of a package of an extra.

    Args:
        module: In full.
        extra: That brings it.

    Raises:
        UsageError: It is not installed; the message has the command that installs it.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise UsageError(
            f"the package {error.name!r} is not installed",
            where="scores of captions",
            hint=f"pip install 'skeletonllm[{extra}]'",
        ) from None


def check_packages() -> None:
    """Refuse to begin what could not be scored at its end.

    Raises:
        UsageError: A package that scores captions is not installed.
    """
    for module in ("sacrebleu", "rouge_score"):
        load_package(module, "evaluation")
