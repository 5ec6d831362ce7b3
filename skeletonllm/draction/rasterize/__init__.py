"""Rasterizers of Gaussians: one signature, several engines, which all agree with ``torch_tiles``.

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
    "numba_cpu": "skeletonllm.draction.rasterize.numba_cpu",
    "torch_tiles": "skeletonllm.draction.rasterize.torch_tiles",
    "triton_cuda": "skeletonllm.draction.rasterize.triton_cuda",
}

_log = logging.getLogger(__name__)

ENGINES = tuple(sorted(_MODULES))
"""Names of the engines, without ``auto``."""


def get_engine(name: str) -> Engine:
    """Engine by name; ``auto`` picks the fastest exact one for the device and dtype of its input.

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
    engine = _choose_engine(splats.u.device.type, splats.u.dtype)
    return engine(splats, pictures=pictures, height=height, width=width)


@cache
def _choose_engine(device: str, dtype: torch.dtype) -> Engine:
    """The fastest engine that works here; cached, so that the log says it once."""
    fast = {"cpu": "numba_cpu", "cuda": "triton_cuda"}.get(device)
    name = (
        fast if fast and dtype == torch.float32 and _passes_probe(fast, device) else "torch_tiles"
    )
    _log.info("rasterizing %s on %s with %s", dtype, device, name)
    return get_engine(name)


def _passes_probe(name: str, device: str) -> bool:
    """Whether an engine draws one Gaussian right on this machine, forward and backward.

    Compilers and drivers differ from machine to machine; an hour of wrong pictures costs more than
    this second.
    """
    try:
        result, expected = (_probe_engine(get_engine(e), device) for e in (name, "torch_tiles"))
    except Exception as error:
        _log.warning("engine %s does not work here, torch_tiles draws instead: %s", name, error)
        return False
    # A wrong formula is off by tenths; rounding by some 1e-6.
    if torch.allclose(result, expected, rtol=1e-4, atol=1e-4):
        return True
    _log.warning("engine %s draws wrong pictures here, torch_tiles draws instead", name)
    return False


def _probe_engine(engine: Engine, device: str) -> Tensor:
    """One Gaussian's picture and its gradient of u, flat; also where gradients are off."""
    with torch.inference_mode(mode=False), torch.enable_grad():
        splats = _make_probe(device)
        drawn = engine(splats, pictures=1, height=8, width=8)
        (gradient,) = torch.autograd.grad(drawn.square().sum(), splats.u)
        return torch.cat([drawn.detach().flatten(), gradient])


def _make_probe(device: str) -> Splats:
    one = torch.ones(1, device=device)
    conic = torch.tensor([[0.4, 0.1, 0.3]], device=device)
    rgb = torch.tensor([[0.2, 0.5, 0.9]], device=device)
    place = (3.3 * one).requires_grad_()
    return Splats(place, 4.1 * one, conic, rgb, 0.8 * one, one, torch.zeros_like(one).long())
