from __future__ import annotations

import pytest

from skeletonllm.kinematics import Event
from skeletonllm.rationales.compose.salient_events import Fact
from skeletonllm.rationales.compose.wording import (
    Voice,
    again,
    clause,
    listed,
    main,
    sentence,
    size,
)

ALONE, PAIR = Voice(1), Voice(2)


def fact(motion: str, part: str, side: str = "right", count: int = 1, **more: object) -> Fact:
    values = {
        "amount": 0.5, "unit": "metres", "before": 0.1, "after": 0.6, "target": "",
        "direction": "", "person": 0, "start_s": 0.0, "end_s": 1.0, **more,
    }  # fmt: skip
    return Fact(Event(motion=motion, part=part, side=side, prominence=2.0, **values), count)  # type: ignore[arg-type]


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
def test_facts_as_clauses(told: Fact, text: str) -> None:
    assert main(told, ALONE) == text


def test_two_persons_have_names() -> None:
    told = fact("approach", "body", "centre", target="other person", person=1)
    assert main(told, PAIR) == "the second person comes closer to the first person by 50 cm"
    reach = fact("approach", "hand", target="other person's torso")
    assert (
        clause(reach, PAIR)
        == "the first person's right hand comes closer to the second person's torso"
    )
    assert (
        clause(fact("bend", "knee", "both", after=90.0), PAIR)
        == "both knees of the first person bend"
    )


def test_a_part_just_named_becomes_a_pronoun() -> None:
    assert again(fact("lower", "hand"), ALONE) == "it comes down by 50 cm"
    assert again(fact("lower", "hand", "both"), ALONE) == "they come down by 50 cm"


def test_sizes() -> None:
    assert size(0.624, "metres") == "62 cm"
    assert size(2.06, "metres") == "2.1 m"
    assert size(0.31, "statures") == "31 % of body height"
    assert size(41.6, "degrees") == "42 degrees"


def test_small_things() -> None:
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert sentence("the end") == "The end."
    assert len({Voice(1, v).pick("key", "a", "b") for v in range(8)}) == 2
