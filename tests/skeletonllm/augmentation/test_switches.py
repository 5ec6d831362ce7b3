"""What is switched on, from words and from a checkpoint."""

from __future__ import annotations

import pytest

from skeletonllm.augmentation import DEFAULTS, Augmentation
from skeletonllm.errors import StateError, UsageError


def test_every_switch_is_off_by_default() -> None:
    assert not Augmentation().is_on
    assert set(Augmentation().to_json()) == set(DEFAULTS)
    assert not any(Augmentation().to_json().values())


@pytest.mark.parametrize("name", DEFAULTS)
def test_a_name_alone_stands_for_its_usual_amount(name: str) -> None:
    on = Augmentation.parse(name)
    assert on.is_on
    assert getattr(on, name) == DEFAULTS[name]


@pytest.mark.parametrize(
    "texts", [("yaw=20", "mirror=0.5"), "yaw=20 mirror=0.5", "yaw=20,mirror", ["mirror yaw=2e1"]]
)
def test_words_are_read_in_any_order_and_number(texts: str | list[str]) -> None:
    assert Augmentation.parse(texts) == Augmentation(yaw=20.0, mirror=0.5)


def test_no_words_switch_nothing_on() -> None:
    assert Augmentation.parse(()) == Augmentation.parse("") == Augmentation()


def test_what_is_described_is_read_as_the_same() -> None:
    full = Augmentation(yaw=30, view=5, scale=0.1, speed=0.2, dropout=0.1, noise=0.01, mirror=0.5)
    assert Augmentation.parse(full.describe()) == full
    assert Augmentation.from_json(full.to_json()) == full
    assert Augmentation().describe() == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("yow=30", "Did you mean yaw=30?"),
        ("colour=1", "expected some of yaw, view, scale"),
        ("yaw=wide", "a number, such as yaw=30"),
        ("yaw=", "a number, such as yaw=30"),
        ("yaw=3 yaw=4", "yaw twice"),
        ("yaw=200", "from 0 \\(off\\) to 180"),
        ("noise=-1", "from 0 \\(off\\) to 0.2"),
        ("mirror=nan", "from 0 \\(off\\) to 1. mirror=0.5 is usual"),
    ],
)
def test_a_wrong_word_is_refused_with_what_would_be_right(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Augmentation.parse(text)


def test_a_truth_value_is_no_amount() -> None:
    with pytest.raises(UsageError, match="mirror=True"):
        Augmentation(mirror=True)


def test_a_field_of_another_version_is_refused() -> None:
    with pytest.raises(StateError, match="unknown fields \\['shear'\\].*another version"):
        Augmentation.from_json({"yaw": 3.0, "shear": 1.0})


def test_a_damaged_value_is_refused() -> None:
    with pytest.raises(StateError, match="yaw='wide'"):
        Augmentation.from_json({"yaw": "wide"})


def test_a_switch_that_an_older_version_did_not_know_is_off() -> None:
    assert Augmentation.from_json({"yaw": 3.0}) == Augmentation(yaw=3.0)
