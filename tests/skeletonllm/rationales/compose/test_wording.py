from __future__ import annotations

import pytest

from skeletonllm.kinematics import Event
from skeletonllm.rationales.compose.salient_events import SalientEvent
from skeletonllm.rationales.compose.wording import (
    Phrasing,
    describe_event,
    describe_same_part,
    format_amount,
    format_sentence,
    join_words,
    name_event,
)

ALONE, PAIR = Phrasing(1), Phrasing(2)


def fact(
    motion: str, part: str, side: str = "right", count: int = 1, **more: object
) -> SalientEvent:
    values = {
        "amount": 0.5, "unit": "metres", "before": 0.1, "after": 0.6, "target": "",
        "direction": "", "person": 0, "start_s": 0.0, "end_s": 1.0, **more,
    }  # fmt: skip
    return SalientEvent(Event(motion=motion, part=part, side=side, prominence=2.0, **values), count)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (
            fact("raise", "hand", target="head"),
            "the right hand rises by 50 cm to the height of the head",
        ),
        (fact("raise", "hand", end_s=0.3), "the right hand rises quickly by 50 cm"),
        (fact("lower", "hand", "both", end_s=9.0), "both hands come down slowly by 50 cm"),
        (fact("lower", "body", "centre"), "the pelvis sinks by 50 cm"),
        (
            fact("bend", "elbow", unit="degrees", before=150.0, after=50.0, amount=100.0),
            "the right elbow folds from 150 to 50 degrees",
        ),
        (
            fact("bend", "torso", "centre", unit="degrees", amount=40.0, direction="forward"),
            "the trunk leans forward by 40 degrees",
        ),
        (fact("step", "foot", direction="back"), "the right foot steps back by 50 cm"),
        (
            fact("approach", "hand", target="head", before=0.7, after=0.2),
            "the right hand comes closer to the head, from 70 cm to 20 cm",
        ),
        (
            fact("approach", "hand", "both", target="other hand", before=0.7, after=0.2),
            "both hands meet each other, from 70 cm to 20 cm",
        ),
        (
            fact("raise", "hand", count=3),
            "the right hand goes up and down 3 times, each time by about 50 cm",
        ),
        (
            fact("step", "foot", "both", count=4, direction="forward"),
            "the person takes 4 steps forward, each foot going about 50 cm at a time",
        ),
    ],
)  # fmt: skip
def test_facts_as_clauses(told: SalientEvent, text: str) -> None:
    assert describe_event(told, ALONE) == text


def test_two_persons_have_names() -> None:
    told = fact("approach", "body", "centre", target="other person", person=1)
    assert (
        describe_event(told, PAIR) == "the second person comes closer to the first person by 50 cm"
    )
    reach = fact("approach", "hand", target="other person's torso")
    assert (
        name_event(reach, PAIR)
        == "the first person's right hand comes closer to the second person's torso"
    )
    assert (
        name_event(fact("bend", "knee", "both", after=90.0), PAIR)
        == "both knees of the first person bend"
    )


def test_a_part_just_named_becomes_a_pronoun() -> None:
    assert describe_same_part(fact("lower", "hand"), ALONE) == "it comes down by 50 cm"
    assert describe_same_part(fact("lower", "hand", "both"), ALONE) == "they come down by 50 cm"


def test_sizes() -> None:
    assert format_amount(0.624, "metres") == "62 cm"
    assert format_amount(2.06, "metres") == "2.1 m"
    assert format_amount(0.31, "statures") == "31 % of body height"
    assert format_amount(41.6, "degrees") == "42 degrees"


def test_small_things() -> None:
    assert join_words(["a"]) == "a"
    assert join_words(["a", "b", "c"]) == "a, b and c"
    assert format_sentence("the end") == "The end."
    assert len({Phrasing(1, v).pick("key", "a", "b") for v in range(8)}) == 2
