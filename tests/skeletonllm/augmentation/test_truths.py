"""Words that a change would make false are found, and their likes are not."""

from __future__ import annotations

import pytest

from skeletonllm.augmentation.truths import tells_length, tells_time, tells_view
from skeletonllm.rationales.language import Measure
from skeletonllm.rationales.language.lexicon import PACE
from skeletonllm.rationales.language.measures import write_measure


@pytest.mark.parametrize("adverb", [word for words in PACE.values() for word in words])
def test_each_adverb_of_pace_that_is_written_tells_of_time(adverb: str) -> None:
    assert tells_time(f"The right hand rises {adverb}.")


@pytest.mark.parametrize(
    ("measure", "time", "length"),
    [
        (Measure(1.24, "seconds"), True, False),
        (Measure(0.62, "metres"), False, True),
        (Measure(1.3, "metres"), False, True),
        (Measure(0.2, "statures"), False, False),
        (Measure(85.0, "degrees", 160.0), False, False),
    ],
)
def test_measures_that_are_written_are_found(measure: Measure, time: bool, length: bool) -> None:
    text = f"The right hand goes up {write_measure(measure)}."
    assert (tells_time(text), tells_length(text)) == (time, length)


@pytest.mark.parametrize(
    "text",
    [
        "after 0.8 s",
        "within two seconds",
        "for a second",
        "at 30 fps",
        "twice a minute",
        "slow walk",
    ],
)
def test_time_is_told(text: str) -> None:
    assert tells_time(text)


@pytest.mark.parametrize(
    "text",
    ["the second person", "a second time", "three times in a row", "at the same time", "sit still"],
)
def test_no_time_is_told(text: str) -> None:
    assert not tells_time(text)


@pytest.mark.parametrize("text", ["2 m ahead", "a metre high", "3 feet away", "the tall man"])
def test_length_is_told(text: str) -> None:
    assert tells_length(text)


@pytest.mark.parametrize("text", ["both feet", "2 times", "high overhead", "10 degrees", "a 2 man"])
def test_no_length_is_told(text: str) -> None:
    assert not tells_length(text)


@pytest.mark.parametrize(
    "text",
    [
        "faces the camera",
        "on the left of the picture",
        "towards us",
        "a side view",
        "to the viewer",
    ],
)
def test_the_line_of_sight_is_told(text: str) -> None:
    assert tells_view(text)


@pytest.mark.parametrize("text", ["turns to the left", "uses both hands", "taking a picture"])
def test_no_line_of_sight_is_told(text: str) -> None:
    assert not tells_view(text)
