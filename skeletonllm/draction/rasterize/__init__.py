"""Rasterize: one signature, several engines; every engine agrees with ``torch_tiles``.

A new engine is one file with a ``rasterize`` of :class:`Engine`'s signature, and one line here.
Engines are imported when they are asked for: some want packages that not everyone has.
"""

from __future__ import annotations

import logging
from functools import cache
from importlib import import_module

import torch
from torch import Tensor

from skeletonllm.draction.rasterize.base import Engine, Splats
from skeletonllm.errors import RenderError

__all__ = ["ENGINES", "Engine", "Splats", "get_engine"]

_MODULES = {
    "nvdiffrast_mesh": "skeletonllm.draction.rasterize.nvdiffrast_mesh",
    "torch_tiles": "skeletonllm.draction.rasterize.torch_tiles",
}

ENGINES = tuple(sorted(_MODULES))
"""Names of the engines."""


def get_engine(name: str) -> Engine:
    """Engine by name; ``auto`` picks the fastest exact one for the device of what it is given.

    Raises:
        RenderError: The name is unknown, or what the engine needs is not installed; the message
            lists the known names, or says how to install it.
    """
    if name == "auto":
        return _auto
    if name not in _MODULES:
        known = ", ".join(["auto", *ENGINES])
        raise RenderError(f"unknown engine {name!r}", expected=f"one of {known}")
    engine: Engine = import_module(_MODULES[name]).rasterize
    return engine


def _auto(splats: Splats, *, pictures: int, height: int, width: int) -> Tensor:
    engine = _chosen(splats.u.device.type, splats.u.dtype)
    return engine(splats, pictures=pictures, height=height, width=width)


@cache
def _chosen(device: str, dtype: torch.dtype) -> Engine:
    """Cached, so that it is said in the log once."""
    name = "torch_tiles"
    logging.getLogger(__name__).info("rasterizing %s on %s with %s", dtype, device, name)
    return get_engine(name)
