"""Configurations that cannot be drawn are refused when they are made."""

from __future__ import annotations

from typing import Any

import pytest

from skeletonllm.draction import DrActionConfig
from skeletonllm.errors import RenderError


def test_size_must_be_a_multiple_of_the_patch() -> None:
    with pytest.raises(RenderError) as caught:
        DrActionConfig(size=450)
    assert str(caught.value) == (
        "size 450 and patch 28; expected a size that is a multiple of the patch. "
        "The nearest size is 448."
    )


@pytest.mark.parametrize(
    "wrong",
    [{"camera": "drone"}, {"points_per_bone": -1}, {"features": 3}],
)
def test_unknown_choices_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(RenderError, match="expected"):
        DrActionConfig(**wrong)


def test_grid_counts_patches() -> None:
    assert DrActionConfig(size=448, patch=28).grid == 16
