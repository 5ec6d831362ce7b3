"""Rasterize: one signature, several engines; every engine agrees with ``torch_tiles``.

A new engine is one file with a function of :class:`Engine`'s signature, and one line here.
"""

from __future__ import annotations

import logging
from functools import cache

from skeletonllm.draction.rasterize import torch_tiles
from skeletonllm.draction.rasterize.base import Engine, Splats
from skeletonllm.errors import RenderError

__all__ = ["ENGINES", "Engine", "Splats", "get_engine"]

ENGINES: dict[str, Engine] = {"torch_tiles": torch_tiles.rasterize}


def get_engine(name: str) -> Engine:
    """Engine by name; ``auto`` is the exact one, which runs on any device.

    Raises:
        RenderError: The name is unknown; the message lists the known ones.
    """
    name = "torch_tiles" if name == "auto" else name
    if name not in ENGINES:
        known = ", ".join(["auto", *sorted(ENGINES)])
        raise RenderError(f"unknown engine {name!r}", expected=f"one of {known}")
    _say(name)
    return ENGINES[name]


@cache
def _say(name: str) -> None:
    """Once a process, or a sheet of pictures would fill the log."""
    logging.getLogger(__name__).info("rasterizing with %s", name)
