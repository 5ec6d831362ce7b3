"""Renderers by name."""

from __future__ import annotations

import pytest

from skeletonllm.draction import DrAction, DrActionConfig
from skeletonllm.draction.renderers import RENDERERS, get_renderer, learns
from skeletonllm.errors import RenderError

CONFIG = DrActionConfig(size=56, patch=14)


def test_every_name_gives_its_renderer_with_the_configuration() -> None:
    assert list(RENDERERS) == ["draction", "velocity_sticks", "plain_projection", "trajectory_map"]
    for name, made in RENDERERS.items():
        renderer = get_renderer(name, CONFIG)
        assert type(renderer) is made
        assert renderer.config is CONFIG


def test_who_learns_has_parameters() -> None:
    for name in RENDERERS:
        renderer = get_renderer(name, CONFIG)
        assert learns(name) == isinstance(renderer, DrAction) == bool(list(renderer.parameters()))


@pytest.mark.parametrize("ask", [lambda name: get_renderer(name, CONFIG), learns])
def test_an_unknown_name_lists_the_known_ones(ask: object) -> None:
    with pytest.raises(RenderError, match="unknown renderer 'sticks'; expected one of draction, v"):
        ask("sticks")
