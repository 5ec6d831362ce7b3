"""Packages that import what they export when it is asked for (PEP 562).

A package whose parts need torch, pyarrow or twenty readers names them in its ``__init__`` and loads
none: so who takes one light thing from it, as the help of a command does, waits for nothing else.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any


def lazy_exports(
    package: str, homes: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """``__getattr__`` and ``__dir__`` of a package; a name is loaded once.

    Beside it, the package imports the same names under ``TYPE_CHECKING``, for whoever checks types.

    Args:
        package: Its ``__name__``.
        homes: Module that defines each name, in full.

    Example:
        >>> get, names = lazy_exports("skeletonllm", {"Motion": "skeletonllm.motion"})
        >>> get("Motion").__name__, "Motion" in names()
        ('Motion', True)
    """

    def load(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        found = getattr(importlib.import_module(homes[name]), name)
        vars(sys.modules[package])[name] = found
        return found

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *homes})

    return load, names
