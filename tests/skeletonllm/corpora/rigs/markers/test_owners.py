from __future__ import annotations

import pytest

from skeletonllm.corpora.rigs.markers.owners import find_named, split_owners

BODY = "LSHO RSHO LELB RELB LASI RASI LKNE RKNE LANK RANK C7".split()


@pytest.mark.parametrize("apart", [":", ": ", "_", "-", " ", ".", "|"])
def test_what_several_labels_share_in_front_is_an_owner(apart: str) -> None:
    labels = [f"Q{apart}{label}" for label in BODY]
    assert split_owners(labels) == [("Q", label) for label in BODY]


@pytest.mark.parametrize("labels", [
    ["L_KNE", "L_ANK", "L_ASI", "L_TOE", "R_KNE", "R_ANK", "R_ASI", "R_TOE"],
    ["left_knee", "left_ankle", "left_hip", "left_toe"],
    ["head_left", "head_right", "head_C7", "head_T1", "head_T2"],
    ["Marker_1", "Marker_2", "Marker_3", "Marker_4"],
    ["SCAP_AA", "SCAP_T1", "SCAP_T2", "SCAP_T3", "SCAP_T4"],
    ["L:KNE", "R:KNE"],
    ["knee_1", "knee_2", "ankle_1", "ankle_2"],
    [":LKNE", "LKNE:"],
])  # fmt: skip
def test_sides_places_and_numbers_own_nothing(labels: list[str]) -> None:
    assert [owner for owner, _ in split_owners(labels)] == [""] * len(labels)


@pytest.mark.parametrize(("one", "other"), [("A", "B"), ("1", "2"), ("P1", "P2"),
                                            ("subject 1", "subject 2")])  # fmt: skip
def test_what_the_same_labels_end_in_is_an_owner(one: str, other: str) -> None:
    labels = [f"{label}_{owner}" for owner in (one, other) for label in BODY]
    assert split_owners(labels) == [(owner, label) for owner in (one, other) for label in BODY]


def test_one_ending_of_all_is_no_owner() -> None:
    labels = [f"{label}_1" for label in BODY]
    assert {owner for owner, _ in split_owners(labels)} == {""}


def test_corners_of_a_box_are_named_and_numbers_of_nobody_are_not() -> None:
    labels = [*(f"Ann:{label}" for label in BODY), "box:1", "Ann:12", "12", "Unlabeled:3", "Ann:*4"]
    assert find_named(labels).tolist() == [True] * 12 + [False] * 4


def test_long_labels_take_no_time() -> None:
    assert not find_named(["unlab" + "_a1" * 5000, "u" * 20_000, "*" * 20_000])[2]
