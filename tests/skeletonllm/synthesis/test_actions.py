import json
import pickle
from pathlib import Path

import pytest

from skeletonllm.errors import UsageError
from skeletonllm.synthesis.actions import ACTIONS, get_action, ntu_actions, nw_ucla_actions

MOTIONS = {"raise", "lower", "bend", "extend", "approach", "step"}
PARTS = {"hand", "foot", "elbow", "knee", "torso", "body"}
LEVELS = {"the floor", "knee", "waist", "chest", "shoulder", "head", "overhead"}


def test_there_are_enough_actions_of_one_and_two_persons() -> None:
    assert sum(spec.persons == 1 for spec in ACTIONS.values()) >= 14
    assert sum(spec.persons == 2 for spec in ACTIONS.values()) >= 3


def test_every_benchmark_number_is_used_once() -> None:
    ntu = [s.ntu_id for s in ACTIONS.values() if s.ntu_id]
    assert len(ntu) == len(set(ntu)) == len(ntu_actions())
    assert list(nw_ucla_actions()) == [1, 2, 3, 4, 5, 6, 8, 9, 11, 12]


def test_claims_speak_the_language_of_the_judge() -> None:
    for spec in ACTIONS.values():
        for element in spec.elements:
            assert element.person < spec.persons
            for claim, start, end in element.list_claims():
                *side, part = claim.part.split()
                assert claim.motion in MOTIONS
                assert part in PARTS
                assert side in ([], ["near"], ["far"])
                assert claim.target in LEVELS | {"", "other hand", "other person"}
                assert 0 <= start < end <= 1


def test_every_action_claims_something() -> None:
    for spec in ACTIONS.values():
        assert any(element.list_claims() for element in spec.elements), spec.name


def test_captions_name_the_side_that_acts() -> None:
    left, right = (get_action("hand waving").make_sentences(side) for side in ("left", "right"))
    assert left[0] == "a person waves with the left hand."
    assert right[0] == "a person waves with the right hand."
    assert "right foot" in get_action("throw").make_sentences("left")[1]


def test_no_caption_keeps_a_blank_or_breaks_the_caption_format() -> None:
    for spec in ACTIONS.values():
        for sentence in spec.make_sentences("left"):
            assert not set("{}#\n") & set(sentence)


def test_an_unknown_action_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"unknown action 'dance'; expected one of: .*clapping"):
        get_action("dance")


def test_the_catalogue_survives_pickling() -> None:
    assert pickle.loads(pickle.dumps(ACTIONS)) == ACTIONS


def test_names_are_those_of_the_benchmark(shared: Path) -> None:
    facts = json.loads((shared / "facts" / "benchmarks.json").read_text())
    for number, spec in ntu_actions().items():
        assert facts["ntu_action_names"][str(number)] == spec.name
    for number, spec in nw_ucla_actions().items():
        name = facts["nw_ucla"]["actions"][str(number)]
        assert name.startswith(spec.name) or spec.ntu_id is not None
