"""The size of pictures as a user writes it."""

from __future__ import annotations

import pytest

from skeletonllm.corpora.toolkit.pictures import parse_image_size
from skeletonllm.errors import UsageError


@pytest.mark.parametrize("text", ["1920x1080", "1920X1080", " 1920 x 1080 ", "1920,1080"])
def test_a_size_is_width_and_height(text: str) -> None:
    assert parse_image_size(text) == (1920, 1080)


@pytest.mark.parametrize("text", ["", "1920", "0x5", "1920x", "-1x5", "axb", "200000x5"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="WIDTHxHEIGHT"):
        parse_image_size(text)
