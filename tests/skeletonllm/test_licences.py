from __future__ import annotations

import pytest

from skeletonllm.errors import UsageError
from skeletonllm.licences import (
    REDISTRIBUTE,
    Licence,
    get_licence,
    list_licences,
    register_licence,
)


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("ntu_rgbd", "no"),
        ("nw_ucla", "no"),
        ("pyskl", "no"),
        ("unknown", "no"),
        ("humanml3d", "no"),
        ("amass", "no"),
        ("cc-by-sa-4.0", "sharealike"),
        ("cc-by-4.0", "yes"),
        ("synthetic", "yes"),
    ],
)
def test_what_each_licence_allows(name: str, allowed: str) -> None:
    assert get_licence(name).redistribute == allowed


def test_a_licence_nobody_registered_allows_nothing() -> None:
    assert get_licence("my uncle's") == Licence("my uncle's", "", "no")


def test_every_stated_licence_has_a_url_and_a_known_permission() -> None:
    for licence in list_licences():
        assert licence.redistribute in REDISTRIBUTE
        assert licence.url.startswith("https://") or licence.id == "unknown"


def test_json_keeps_every_field() -> None:
    assert Licence(**get_licence("mit").to_json()) == get_licence("mit")


def test_own_terms_can_be_registered_once() -> None:
    mine = Licence("test-lab", "https://example.org/terms", "sharealike")
    assert register_licence(mine) is register_licence(mine)
    assert get_licence("test-lab") is mine
    with pytest.raises(UsageError, match=r"test-lab: other terms are registered .* another id"):
        register_licence(Licence("test-lab", "https://example.org/terms", "yes"))


def test_an_unknown_permission_is_refused() -> None:
    with pytest.raises(UsageError, match=r"licence x: redistribute 'maybe'; expected one of yes"):
        Licence("x", "", "maybe")
