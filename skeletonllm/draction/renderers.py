"""Renderers by name: DrAction, which learns, and the fixed baselines, which do not."""

from __future__ import annotations

from skeletonllm.draction.baselines import (
    FixedRenderer,
    PlainProjection,
    TrajectoryMap,
    VelocitySticks,
)
from skeletonllm.draction.config import DrActionConfig
from skeletonllm.draction.renderer import DrAction
from skeletonllm.errors import RenderError

Renderer = DrAction | FixedRenderer

RENDERERS: dict[str, type[Renderer]] = {
    "draction": DrAction,
    "velocity_sticks": VelocitySticks,
    "plain_projection": PlainProjection,
    "trajectory_map": TrajectoryMap,
}
"""All renderers; each is called as ``renderer(batch, frames, camera=None) -> Rendering``."""


def get_renderer(name: str, config: DrActionConfig) -> Renderer:
    """Renderer by name.

    Args:
        name: One of :data:`RENDERERS`.
        config: What it looks like.

    Raises:
        RenderError: The name is unknown (the message lists the known ones), or see the renderer.

    Example:
        >>> get_renderer("plain_projection", DrActionConfig(size=56)).config.size
        56
    """
    return RENDERERS[check_name(name)](config)


def learns(name: str) -> bool:
    """Whether the renderer of this name has parameters; RenderError if there is none."""
    return not issubclass(RENDERERS[check_name(name)], FixedRenderer)


def check_name(name: str) -> str:
    """The name itself; RenderError if no renderer has it."""
    if name not in RENDERERS:
        raise RenderError(f"unknown renderer {name!r}", expected=f"one of {', '.join(RENDERERS)}")
    return name
