from __future__ import annotations

import json
from pathlib import Path

import pytest

from skeletonllm.corpora.toolkit import labels
from skeletonllm.errors import UsageError
from skeletonllm.evaluation import get_protocol, hold_out_classes, list_protocols
from skeletonllm.views.view import View


def test_every_protocol_has_disjoint_parts() -> None:
    assert len(list_protocols()) == (3 + 4) + (3 + 4) + (1 + 4) + (1 + 6) + (1 + 3) + 5
    for name in list_protocols():
        protocol = get_protocol(name)
        for column in ("subjects", "cameras", "setups"):
            train, test = getattr(protocol.train, column), getattr(protocol.test, column)
            assert test is None if train is None or name.endswith("@purls") else test
            assert not set(train or ()) & set(test or ())
        zero_shot = name.split("/")[1][0].isdigit()
        shared = set(protocol.train.labels or ()) & set(protocol.test.labels or ())
        assert bool(shared) != zero_shot


@pytest.mark.parametrize(
    ("name", "seen", "unseen"),
    [
        ("ntu60/55-5", 55, 5),
        ("ntu60/48-12", 48, 12),
        ("ntu120/96-24", 96, 24),
        ("nw_ucla/8-2", 8, 2),
    ],
)
def test_zero_shot_splits_count_what_their_names_say(name: str, seen: int, unseen: int) -> None:
    protocol = get_protocol(name)
    assert (len(protocol.train.labels or ()), len(protocol.test.labels or ())) == (seen, unseen)
    assert protocol.train.unseen == protocol.test.labels


@pytest.mark.parametrize(
    "name", ["nw_ucla/8-2", "nw_ucla/5-5", "utd_mhad/22-5", "utd_mhad/18-9", "utd_mhad/14-13"]
)
def test_as_purls_counts_all_clips_of_the_unseen_classes_are_tested(name: str) -> None:
    ours, theirs = get_protocol(name), get_protocol(f"{name}@purls")
    assert theirs.train == ours.train
    assert theirs.test == View(
        corpora=ours.test.corpora, namespaces=ours.test.namespaces, labels=ours.test.labels
    )


def test_nw_ucla_unseen_classes_are_positions_and_not_numbers() -> None:
    assert get_protocol("nw_ucla/8-2").test.labels == ("pick up with two hands", "sit down")
    assert get_protocol("nw_ucla/5-5").test.labels == (
        "pick up with two hands",
        "walk around",
        "sit down",
        "donning",
        "throw",
    )


def test_ntu_60_is_the_first_half_of_the_names() -> None:
    assert get_protocol("ntu60/xsub").train.labels == labels.names("ntu")[:60]
    assert "P106" not in (get_protocol("ntu120/xsub").test.subjects or ())
    assert "106" in (get_protocol("ntu120/xsub").test.subjects or ())


def test_held_out_classes_of_ones_own() -> None:
    protocol = hold_out_classes(View(corpora=("lab",)), ["wave"])
    assert protocol.train == View(corpora=("lab",), unseen=("wave",))
    assert protocol.test == View(corpora=("lab",), labels=("wave",))


def test_an_unknown_protocol_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match="unknown protocol 'ntu60'; expected one of ntu60/xsub,"):
        get_protocol("ntu60")


def test_against_the_published_facts(shared: Path) -> None:
    facts = json.loads((shared / "facts" / "benchmarks.json").read_text())
    names = {int(k): v for k, v in facts["ntu_action_names"].items()}
    for corpus in ("ntu60", "ntu120"):
        for split, numbers in facts[corpus]["zero_shot_unseen_action_ids"].items():
            protocol = get_protocol(f"{corpus}/{split.replace('/', '-')}")
            assert protocol.test.labels == tuple(names[n] for n in numbers)
        train = get_protocol(f"{corpus}/xsub").train.subjects
        assert train == tuple(str(n) for n in sorted(facts[corpus]["xsub_train_subjects"]))


def test_the_two_person_subset_has_the_actions_of_two_within_the_subject_split() -> None:
    """Actions 50 to 60, and 106 to 120 of the larger corpus."""
    for name, count in (("ntu60/mutual", 11), ("ntu120/mutual", 26)):
        mutual, whole = get_protocol(name), get_protocol(name.replace("mutual", "xsub"))
        assert mutual.train.labels == mutual.test.labels
        assert len(mutual.test.labels or ()) == count
        assert {"hug each other", "shaking hands"} <= set(mutual.test.labels or ())
        assert "hand waving" not in (mutual.test.labels or ())
        assert mutual.test.subjects == whole.test.subjects
