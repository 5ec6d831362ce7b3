from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from skeletonllm.corpora.rigs.markers.owners import find_named
from skeletonllm.corpora.rigs.markers.subjects import (
    OBJECTS_LEFT_OUT,
    UNLABELLED_LEFT_OUT,
    UNSEEN_LEFT_OUT,
    Subjects,
    find_subjects,
)
from skeletonllm.errors import SourceError

BODY = "LSHO RSHO LELB RELB LWRA RWRA LASI RASI LKNE RKNE LANK RANK C7".split()
PLACES = np.random.default_rng(0).normal(size=(5, 13, 3)) * 300


def find(labels: Sequence[str], *bodies: np.ndarray) -> Subjects:
    """Subjects of labels at the places of bodies; what is left of the labels lies about."""
    places = np.concatenate(bodies or (PLACES,), 1)
    rest = np.random.default_rng(1).normal(size=(5, max(len(labels) - places.shape[1], 0), 3)) * 900
    return find_subjects(labels, np.concatenate([places, rest], 1)[:, : len(labels)])


def prefixed(prefix: str, labels: Sequence[str] = BODY) -> list[str]:
    return [prefix + label for label in labels]


@pytest.mark.parametrize("nobody", [
    [f"*{i}" for i in range(20)],
    [f"U_{i}" for i in range(20)],
    [f"U{i}" for i in range(20)],
    [f"C_{i}" for i in range(1, 21)],
    [f"Unlabeled {i}" for i in range(1000, 1020)],
    [f"unlabelled_{i}" for i in range(20)],
    [f"Unlabeled:{i}" for i in range(20)],
    [f"Marker{i}" for i in range(20)],
    [f"Marker_0:0:{i}" for i in range(20)],
    [f"New {i:04d}" for i in range(20)],
    [f"uname*{i}" for i in range(20)],
    ["", " ", "?", "unknown", "Unnamed_3", "point7", "M_4", "Undefined", "12", "None"],
])  # fmt: skip
def test_points_that_nobody_labelled_are_left_out(nobody: list[str]) -> None:
    found = find([*BODY, *nobody])
    assert (found.labels, found.persons) == (BODY, ("0",))
    assert found.flags == (UNLABELLED_LEFT_OUT,)


def test_vertebrae_with_a_separator_are_named() -> None:
    assert find_named([*BODY, "C_7", "T_10", "L_5"]).all()


def test_a_set_of_numbers_is_a_set() -> None:
    labels = [f"Marker_{i}" for i in range(1, 14)]
    found = find(labels)
    assert (found.labels, found.flags) == (labels, ())


def test_where_nothing_is_labelled_all_that_is_seen_is_kept() -> None:
    found = find([f"*{i}" for i in range(13)])
    assert len(found.labels) == 13


@pytest.mark.parametrize("box", [
    [f"box:b{i}" for i in range(8)],
    ["boite:gauche_ext", "boite:gauche_int", "boite:droite_ext", "boite:avant_gauche"],
    ["box:L1", "box:L2", "box:R1", "box:R2", "box:T1"],
    [f"box:{i}" for i in range(8)],
    [f"Rigid Body 1:Marker{i}" for i in range(4)],
    ["racket:tip", "racket:top", "racket:handle"],
    prefixed("Wand_", ["1", "2", "3", "4", "5"]),
])  # fmt: skip
def test_an_object_is_no_person(box: list[str]) -> None:
    found = find(prefixed("Ann:") + box)
    assert (found.persons, found.labels) == (("Ann",), BODY)
    assert found.flags == (OBJECTS_LEFT_OUT,)


@pytest.mark.parametrize("apart", [":", "_", "-", " ", "."])
def test_two_bodies_are_two_persons(apart: str) -> None:
    labels = prefixed(f"Ann{apart}") + prefixed(f"Bob{apart}")
    found = find(labels, PLACES, PLACES + 3000)
    assert (found.persons, found.flags) == (("Ann", "Bob"), ())
    taken = found.take(np.concatenate([PLACES, PLACES + 3000], 1))
    np.testing.assert_array_equal(taken[:, 1], PLACES + 3000)


def test_people_who_wear_half_the_markers_are_people() -> None:
    labels = prefixed("Ann:") + prefixed("Bob:", BODY[:8])
    found = find(labels, PLACES, PLACES[:, :8] + 3000)
    assert found.persons == ("Ann", "Bob")
    assert (found.points[1] < 0).sum() == 5
    assert np.isnan(found.take(np.zeros((1, 21, 3)))[0, 1, 8:]).all()


def test_a_second_set_on_one_body_is_left_out() -> None:
    found = find(prefixed("Ann:") + prefixed("AnnRaw:"), PLACES, PLACES + 10)
    assert (found.persons, found.flags) == (("Ann",), (OBJECTS_LEFT_OUT,))


def test_halves_of_a_body_are_one_person() -> None:
    found = find(prefixed("Upper:", BODY[:6]) + prefixed("Lower:", BODY[6:]))
    assert len(found.persons) == 1
    assert sorted(found.labels) == sorted(BODY)


def test_known_markers_without_a_name_join_the_only_person() -> None:
    found = find([*prefixed("Ann:"), "LTOE", "ball"])
    assert found.labels == [*BODY, "LTOE"]
    assert found.flags == (OBJECTS_LEFT_OUT,)


def test_a_side_before_a_colon_is_a_side() -> None:
    labels = [f"{side}:{own}" for side in "LR" for own in ("ASI", "KNE", "ANK")]
    assert find(labels).labels == labels


def test_a_place_before_an_underscore_is_a_place() -> None:
    labels = ["head_left", "head_right", "head_C7", "head_top", "SCAP_AA", "SCAP_T1", *BODY]
    assert find(labels).labels == labels


def test_people_without_known_markers_share_their_labels() -> None:
    labels = [f"{who}:{i}a" for who in ("Ann", "Bob") for i in range(9)]
    found = find([*labels, "box:x", "box:y"])
    assert (found.persons, found.flags) == (("Ann", "Bob"), (OBJECTS_LEFT_OUT,))


def test_points_that_are_never_seen_are_left_out() -> None:
    places = PLACES.copy()
    places[:, 4] = np.nan
    found = find(BODY, places)
    assert (len(found.labels), found.flags) == (12, (UNSEEN_LEFT_OUT,))


def test_of_two_points_of_one_label_the_one_that_is_seen_is_taken() -> None:
    places = PLACES.copy()
    places[:, 0] = np.nan
    found = find([BODY[0], *BODY[:12]], places)
    assert found.labels == BODY[:12]
    assert found.points[0, 0] == 1


def test_nothing_seen_at_all_keeps_the_labels() -> None:
    found = find(BODY, np.full((5, 13, 3), np.nan))
    assert found.labels == BODY


def test_more_persons_than_any_recording_has_are_refused_soon() -> None:
    labels = [f"P{i}:{label}" for i in range(150) for label in BODY]
    places = np.random.default_rng(2).normal(size=(4, len(labels), 3))
    with pytest.raises(SourceError, match="150 persons") as caught:
        find_subjects(labels, places)
    assert caught.value.code == "unsafe"


def test_two_who_stand_arm_in_arm_are_two_persons() -> None:
    found = find(prefixed("Ann:") + prefixed("Bob:"), PLACES, PLACES + np.array([450, 0, 0]))
    assert found.persons == ("Ann", "Bob")


def test_what_stands_behind_labels_tells_persons_where_the_labels_are_the_same() -> None:
    labels = [f"{label}_{who}" for who in ("P1", "P2") for label in BODY]
    found = find(labels, PLACES, PLACES + 3000)
    assert (found.persons, found.labels, found.flags) == (("P1", "P2"), BODY, ())


@pytest.mark.parametrize("ends", [("lat", "med"), ("1", "2")])
def test_two_markers_of_one_joint_are_no_two_persons(ends: tuple[str, str]) -> None:
    joints = [f"{side}_{word}" for side in "LR" for word in ("knee", "ankle")]
    labels = [f"{joint}_{end}" for end in ends for joint in joints] + BODY
    assert len(find(labels).persons) == 1
