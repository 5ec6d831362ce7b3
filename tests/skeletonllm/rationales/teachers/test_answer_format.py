from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

from schemas.rationale import MOTIONS
from skeletonllm.errors import SourceError, UsageError
from skeletonllm.rationales.teachers.answer_format import (
    RankingAnswer,
    make_response_format,
    parse_answer,
    parse_ranking,
)

STEP: dict[str, Any] = {
    "id": 1, "start_s": 0.4, "end_s": 1.0, "person": 0, "side": "right", "part": "hand",
    "motion": "raise", "target": "head", "direction": "up", "count": 1, "causes": [],
    "text": "The right hand rises.",
}  # fmt: skip
ANSWER: dict[str, Any] = {"summary": "A drink.", "steps": [STEP], "label": "drink water"}
PLAIN = json.dumps(ANSWER)


def changed(**fields: Any) -> str:
    return json.dumps({**ANSWER, "steps": [{**STEP, **fields}]})


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        f"```json\n{PLAIN}\n```",
        f"Here it is (see \"steps\"):\n{PLAIN}\nI hope that {{this}} helps!",
        f"<think>A cup {{maybe</think>\n{PLAIN}",
        PLAIN.replace('"causes": []', '"causes": [],').replace("}]", "},]"),
        PLAIN.replace('"', "'"),
        PLAIN.replace('"raise"', '" Raise "').replace('"SIDE"', '"side"').replace("0.4", '"0.4 s"'),
        changed(person="0", count="1"),
    ],
    ids=["plain", "fence", "prose", "thought", "commas", "quotes", "case", "numbers"],
)  # fmt: skip
def test_an_answer_is_read_whatever_stands_around_it(text: str) -> None:
    answer = parse_answer(text)
    assert answer.model_dump() == ANSWER
    (step,) = answer.to_steps()
    assert (step.motion, step.part, step.side, step.start_s, step.causes) == (
        "raise", "hand", "right", 0.4, ()
    )  # fmt: skip


@pytest.mark.parametrize("motion", MOTIONS)
def test_every_motion_is_read_as_it_is_written(motion: str) -> None:
    (step,) = parse_answer(changed(motion=motion)).to_steps()
    assert step.motion == motion


@pytest.mark.parametrize(
    ("fields", "read"),
    [
        ({"motion": "Backwards"}, ("backward", "up")),
        ({"motion": "back"}, ("backward", "up")),
        ({"motion": "forwards"}, ("forward", "up")),
        ({"motion": "pick up"}, ("pick_up", "up")),
        ({"motion": "pick-up"}, ("pick_up", "up")),
        ({"direction": "backward"}, ("raise", "back")),
        ({"direction": "Clockwise"}, ("raise", "clockwise")),
    ],
)
def test_words_have_several_spellings(fields: dict[str, str], read: tuple[str, str]) -> None:
    (step,) = parse_answer(changed(**fields)).to_steps()
    assert (step.motion, step.direction) == read


def test_missing_optional_fields_have_a_plain_meaning() -> None:
    few = {name: STEP[name] for name in ("start_s", "end_s", "part", "motion", "text")}
    answer = parse_answer(json.dumps({**ANSWER, "steps": [few, few]}))
    first, second = answer.to_steps()
    assert (first.id, second.id) == (1, 2)
    assert (first.side, first.direction, first.count, first.person) == ("centre", "", 1, 0)


def test_other_spellings_are_understood() -> None:
    (step,) = parse_answer(changed(side="Center", direction="Upwards", target="None")).to_steps()
    assert (step.side, step.direction, step.target) == ("centre", "up", "")


@pytest.mark.parametrize(
    ("part", "side", "meant"),
    [
        ("Right hand", "right", ("hand", "right")),
        ("left foot", "centre", ("foot", "left")),
        ("both knees", "", ("knee", "both")),
        ("feet", "both", ("foot", "both")),
        ("lower back", "centre", ("lower back", "centre")),
    ],
)
def test_a_side_within_a_part_is_its_side(part: str, side: str, meant: tuple[str, str]) -> None:
    (step,) = parse_answer(changed(part=part, side=side)).to_steps()
    assert (step.part, step.side) == meant


@pytest.mark.parametrize("cut", range(1, len(PLAIN), 7))
def test_a_cut_answer_is_refused(cut: int) -> None:
    with pytest.raises(SourceError) as caught:
        parse_answer(PLAIN[:cut])
    assert caught.value.code == "not_structured"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it holds no JSON object"),
        ("I cannot see a video.", "it holds no JSON object"),
        ("[1, 2]", "the answer is a JSON list"),
        (PLAIN.replace("}]", "}"), "its brackets do not match"),
        (changed(motion="fly"), "steps 1 motion: 'fly' is not one of raise, lower"),
        (changed(side="upwards"), "steps 1 side: 'up' is not one of left"),
        (changed(start_s="soon"), "steps 1 start_s"),
        (changed(start_s=float("nan")), "steps 1 start_s"),
        (changed(end_s=1e308), "steps 1 end_s"),
        (changed(part="left hand"), "steps 1: a 'left hand' of side 'right'"),
        (changed(text="\ud800"), "steps 1 text"),
        (changed(count=0), "steps 1 count"),
        (changed(text=" "), "steps 1 text"),
        (changed(id=10**12), "steps 1 id"),
        (json.dumps({**ANSWER, "steps": []}), "steps"),
        (json.dumps({**ANSWER, "steps": [STEP, STEP]}), "step ids [1, 1] are not all different"),
        (json.dumps({"steps": [STEP]}), "summary: Field required; label: Field required"),
    ],
)
def test_what_would_have_to_be_guessed_is_a_fault(text: str, said: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse_answer(text)
    assert caught.value.code == "not_structured"
    assert said in str(caught.value)


def walk(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, list):
        return [found for item in node for found in walk(item)]
    return [node, *walk(list(node.values()))] if isinstance(node, dict) else []


def test_the_schema_keeps_to_the_strict_rules() -> None:
    asked = make_response_format("json_schema")
    assert asked is not None
    assert asked["json_schema"]["strict"] is True
    schema = asked["json_schema"]["schema"]
    objects = [node for node in walk(schema) if node.get("type") == "object"]
    assert len(objects) == 2
    for node in objects:
        assert node["required"] == list(node["properties"])
        assert node["additionalProperties"] is False
    assert schema["properties"]["steps"]["items"]["properties"]["motion"]["enum"] == list(MOTIONS)
    assert not any("$ref" in node or "default" in node for node in walk(schema))


def test_other_structures() -> None:
    assert make_response_format("json_object") == {"type": "json_object"}
    assert make_response_format("text") is None
    ranking = make_response_format("json_schema", RankingAnswer, "ranking")
    assert ranking is not None
    assert ranking["json_schema"]["name"] == "ranking"
    with pytest.raises(UsageError, match="one of json_schema, json_object, text"):
        make_response_format("xml")


def test_a_ranking_names_every_candidate_once() -> None:
    assert parse_ranking('{"ranking": ["Sit-Down", "clap"]}', ("clap", "sit down")) == (
        "sit down",
        "clap",
    )
    with pytest.raises(SourceError, match=r"'fly' is no candidate; 'clap' is 2 times there") as e:
        parse_ranking('{"ranking": ["clap", "Clap", "fly"]}', ("clap", "sit down"))
    assert "'sit down' is 0 times there" in str(e.value)


def test_damaged_answers_are_read_or_refused_never_another_error() -> None:
    random = Random(0)
    texts = [PLAIN, "[" * 5000, '{"a":' * 5000, '{"steps": {"a": 1}, "summary": [], "label": {}}']
    for _ in range(300):
        letters = list(PLAIN)
        for _ in range(random.randint(1, 4)):
            letters[random.randrange(len(letters))] = random.choice('{}[]",:\\0 a\n')
        texts.append("".join(letters))
    codes = set()
    for text in texts:
        try:
            parse_answer(text)
        except SourceError as error:
            codes.add(error.code)
    assert codes == {"not_structured"}
