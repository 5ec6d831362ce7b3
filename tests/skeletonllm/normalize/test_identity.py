from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.normalize.identity import HANDOVER_M, join_handovers

Make = Callable[..., Clip]
NAN = np.nan


def test_an_id_that_switches_in_place_is_one_person(make_clip: Make) -> None:
    clip = join_handovers(make_clip([[0.0, NAN], [0.1, NAN], [NAN, 0.2], [NAN, 0.3]]))
    assert clip.person_ids == ("a+b",)
    assert clip.quality == ("identity_switch",)
    assert clip.motion.present.all()
    np.testing.assert_allclose(clip.motion.joints[:, 0, 0, 0], [0, 0.1, 0.2, 0.3], rtol=1e-6)


def test_a_person_may_change_the_id_twice(make_clip: Make) -> None:
    path = np.full((6, 3), NAN)
    path[[0, 1], 2], path[[2, 3], 0], path[[4, 5], 1] = 0.0, 0.1, 0.2
    clip = join_handovers(make_clip(path))
    assert clip.person_ids == ("a+b+c",)
    assert clip.motion.present.all()


@pytest.mark.parametrize(
    "path",
    [
        [[0.0, NAN], [NAN, HANDOVER_M + 0.01]],
        [[0.0, NAN], [NAN, NAN], [NAN, 0.0]],
        [[0.0, NAN], [0.0, 0.0], [NAN, 0.0]],
        [[0.0, NAN], [0.0, NAN]],
    ],
    ids=["far away", "a frame later", "both at once", "never there"],
)
def test_who_does_not_hand_over_is_another_person(make_clip: Make, path: list) -> None:
    clip = make_clip(path)
    assert join_handovers(clip) is clip


def test_the_nearest_carries_on(make_clip: Make) -> None:
    clip = join_handovers(make_clip([[0.0, 0.2, NAN], [NAN, NAN, 0.15]]))
    assert clip.person_ids == ("a", "b+c")


def test_what_belongs_to_the_rows_goes_with_them(make_clip: Make) -> None:
    slots = np.array([[0, -1], [-1, 0]], np.int16)
    clip = make_clip([[0.0, NAN], [NAN, 0.1]])
    filled = np.zeros(clip.motion.confidence.shape, bool)
    filled[1, 1] = True
    clip = join_handovers(replace(clip, slots=slots, filled=filled))
    assert clip.slots is not None
    assert clip.slots.tolist() == [[0], [0]]
    assert clip.filled is not None
    assert clip.filled[:, 0].all(-1).tolist() == [False, True]


def test_without_a_unit_nothing_is_near(make_clip: Make) -> None:
    clip = make_clip([[0.0, NAN], [NAN, 0.0]])
    clip = replace(clip, motion=replace(clip.motion, metric=False))
    assert join_handovers(clip) is clip
