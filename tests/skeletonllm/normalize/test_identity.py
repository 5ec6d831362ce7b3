from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from skeletonllm.clip import Clip, clips_to_table
from skeletonllm.normalize.identity import HANDOVER_M, MAX_BODIES, settle_identity
from skeletonllm.synthesis import synthesize
from skeletonllm.synthesis.pairs import PAIRS
from skeletonllm.testing.clips import make_clip
from skeletonllm.testing.identity_faults import (
    iterate_id_faults,
    keep_ids,
    measure_recovery,
    relabel_persons,
)

Make = Callable[..., Clip]
NAN = np.nan


def test_an_id_that_switches_in_place_is_one_person(make_clip: Make) -> None:
    clip = settle_identity(make_clip([[0.0, NAN], [0.1, NAN], [NAN, 0.2], [NAN, 0.3]]))
    assert clip.person_ids == ("a+b",)
    assert clip.flags == ("identity_switch",)
    assert clip.motion.present.all()
    np.testing.assert_allclose(clip.motion.joints[:, 0, 0, 0], [0, 0.1, 0.2, 0.3], rtol=1e-6)


def test_a_person_may_change_the_id_twice(make_clip: Make) -> None:
    path = np.full((6, 3), NAN)
    path[[0, 1], 2], path[[2, 3], 0], path[[4, 5], 1] = 0.0, 0.1, 0.2
    clip = settle_identity(make_clip(path))
    assert clip.person_ids == ("c+a+b",)
    assert clip.motion.present.all()


@pytest.mark.parametrize(
    "path",
    [
        [[0.0, NAN], [NAN, HANDOVER_M + 0.01]],
        [[0.0, NAN], *[[NAN, NAN]] * 30, [NAN, 0.0]],
        [[0.0, NAN], [0.0, 0.0], [NAN, 0.0]],
        [[0.0, NAN], [0.0, NAN]],
        [[0.0, 9.0], *[[NAN, 9.0]] * 90, [0.9, 9.0]],
        [[0.0, 9.0], [3.0, 9.0], [3.1, 9.0]],
    ],
    ids=["far", "over a second later", "both at once", "never there", "back much later", "jumps"],
)
def test_ids_are_believed_unless_bodies_contradict_them(make_clip: Make, path: list) -> None:
    clip = make_clip(path)
    assert settle_identity(clip) is clip


def test_who_was_lost_for_less_than_a_second_may_come_back_under_another_id(
    make_clip: Make,
) -> None:
    path = np.full((20, 2), NAN)
    path[:5, 0], path[14:, 1] = 0.05 * np.arange(5), 0.05 * np.arange(14, 20)
    clip = settle_identity(make_clip(path))
    assert clip.person_ids == ("a+b",)
    assert clip.motion.present[:, 0].sum() == 11


def test_the_nearest_carries_on(make_clip: Make) -> None:
    clip = settle_identity(make_clip([[0.0, 0.2, NAN], [NAN, NAN, 0.15]]))
    assert clip.person_ids == ("a", "b+c")


def test_what_belongs_to_the_rows_goes_with_them(make_clip: Make) -> None:
    slots = np.array([[0, -1], [-1, 0], [-1, -1]], np.int16)
    clip = make_clip([[0.0, NAN], [NAN, 0.1], [NAN, NAN]])
    filled = np.zeros(clip.motion.confidence.shape, bool)
    filled[1, 1] = True
    turns = np.zeros((*filled.shape, 4), np.float32)
    turns[0, 0, :, 0], turns[1, 1, :, 1] = 1, 1
    motion = replace(clip.motion, orientations=turns)
    clip = settle_identity(replace(clip, motion=motion, slots=slots, filled=filled))
    assert clip.slots is not None
    assert clip.slots.tolist() == [[0], [0], [-1]]
    assert clip.filled is not None
    assert clip.filled[:, 0].all(-1).tolist() == [False, True, False]
    assert clip.motion.orientations is not None
    assert clip.motion.orientations[:, 0, 3].tolist() == [[1, 0, 0, 0], [0, 1, 0, 0], [0] * 4]


def test_without_a_unit_nothing_is_near(make_clip: Make) -> None:
    clip = make_clip([[0.0, NAN], [NAN, 0.0]])
    clip = replace(clip, motion=replace(clip.motion, metric=False))
    assert settle_identity(clip) is clip


@pytest.mark.parametrize("action", [spec.name for spec in PAIRS])
def test_two_persons_come_back_whatever_happened_to_their_ids(action: str) -> None:
    motion = synthesize(action, seed=len(action), yaw_deg=40.0, noise_m=0.01)
    for what, ids, lost in iterate_id_faults(motion.num_frames):
        settled = settle_identity(relabel_persons(motion, ids, lost))
        assert settled.flags == ("identity_switch",), what
        assert measure_recovery(settled, motion, lost) == 1, what
        assert settled.motion.num_persons == 2, what
        assert settle_identity(settled) is settled, what
        assert len(clips_to_table([settled])) == 1


@pytest.mark.parametrize("action", [spec.name for spec in PAIRS])
def test_right_ids_are_left_alone(action: str) -> None:
    motion = synthesize(action, seed=3, noise_m=0.02)
    rows, lost = keep_ids(motion)
    lost[10:25, 0] = lost[20:30, 1] = True  # they go, and come back under their ids
    flicker = np.random.default_rng(0).random(lost.shape) < 0.3
    for gone in (np.zeros_like(lost), lost, flicker):
        clip = relabel_persons(motion, rows, gone)
        assert settle_identity(clip) is clip


def test_two_who_hug_keep_their_ids() -> None:
    """They meet in one place, breast to breast, and one takes the other's place on parting."""
    motion = synthesize("shaking hands", seed=5)
    middle = motion.joints.mean((0, 1, 2))
    own = motion.joints.mean(2, keepdims=True)
    apart = np.linspace(1, -1, motion.num_frames)[:, None, None, None]
    joints = motion.joints - own + middle + apart * (own - middle)
    moved = replace(motion, joints=joints.astype(np.float32))
    clip = make_clip(moved)
    assert settle_identity(clip) is clip
    for what, ids, lost in iterate_id_faults(motion.num_frames):
        if "lost" not in what:
            assert (
                measure_recovery(settle_identity(relabel_persons(moved, ids, lost)), moved, lost)
                == 1
            ), what


def test_persons_who_bore_the_same_ids_are_told_apart(make_clip: Make) -> None:
    path = np.full((4, 2), NAN)
    path[0], path[1] = [0.0, NAN], [NAN, 0.0]
    path[2], path[3] = [5.0, 0.0], [NAN, 5.0]
    clip = settle_identity(make_clip(path))
    assert len(set(clip.person_ids)) == len(clip.person_ids)


def test_in_a_crowd_ids_are_believed() -> None:
    motion = synthesize("shaking hands")
    rows, lost = keep_ids(motion)
    rows[30:] = rows[30:, ::-1]
    few = relabel_persons(motion, rows, lost)
    assert settle_identity(few) is not few
    crowd = few.motion.select_persons([0, 1, *[0] * (MAX_BODIES - 1)])
    many = make_clip(crowd)
    assert settle_identity(many) is many
