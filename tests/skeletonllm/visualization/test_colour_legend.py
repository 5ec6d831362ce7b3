from __future__ import annotations

import pytest
import torch

from skeletonllm.draction.config import DrActionConfig
from skeletonllm.draction.renderer import DrAction
from skeletonllm.draction.renderers import get_renderer
from skeletonllm.visualization.colour_legend import describe_colours, name_colour

CONFIG = DrActionConfig(size=112, engine="torch_tiles")


def test_the_first_colours_are_named_as_they_look() -> None:
    legend = describe_colours(DrAction(CONFIG))
    assert "the left upper arm is blue, the left hand cyan" in legend
    assert "the right upper arm is red, the right hand orange" in legend
    assert "the left thigh is green" in legend
    assert "the right thigh is magenta" in legend
    assert "white lines lead to where it goes next" in legend
    assert "same colour" not in legend


def test_trained_colours_are_measured_not_looked_up() -> None:
    renderer = DrAction(CONFIG)
    with torch.no_grad():
        renderer.get_parameter("appearance.colour")[:] = torch.tensor([-3.0, 3.0, -3.0])
    legend = describe_colours(renderer)
    assert "the right upper arm is green" in legend
    assert "the left and the right hand have the same colour" in legend


def test_a_baseline_has_a_legend_too() -> None:
    legend = describe_colours(get_renderer("plain_projection", CONFIG))
    assert legend.startswith("the head is ")
    assert "Thin lines" not in legend


@pytest.mark.parametrize(
    ("colour", "name"),
    [
        ((1, 0, 0), "red"),
        ((0.2, 0, 0), "dark red"),
        ((1, 0.6, 0.6), "light red"),
        ((0, 0, 1), "blue"),
        ((1, 1, 1), "white"),
        ((0.3, 0.3, 0.3), "dark grey"),
        ((0, 0, 0), "black"),
        ((1, 0, 0.01), "red"),
    ],
)
def test_colours_have_plain_names(colour: tuple[float, float, float], name: str) -> None:
    assert name_colour(colour) == name
