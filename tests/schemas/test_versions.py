from __future__ import annotations

import pytest

from schemas.versions import is_later, parse_version, same_major


@pytest.mark.parametrize(
    "text", ["", "1", "1.0", "01.0.0", "1.0.0-rc1", "v1.0.0", "1.0.0\n", None, 1]
)
def test_what_is_no_version_is_read_by_nobody(text: object) -> None:
    assert parse_version(text) is None
    assert not same_major(text, "1.0.0")
    assert not is_later(text, "1.0.0")


def test_numbers_are_compared_as_numbers() -> None:
    assert is_later("1.10.0", "1.9.9")
    assert not is_later("1.9.9", "1.10.0")
    assert not is_later("1.0.0", "1.0.0")
    assert same_major("10.2.0", "10.0.1")
    assert not same_major("1.0.0", "10.0.0")
