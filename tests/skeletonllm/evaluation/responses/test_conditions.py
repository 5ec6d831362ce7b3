"""Conditions change what they say, by as much as they say, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skeletonllm.augmentation.sensing import measure_metre
from skeletonllm.draction.scene.fitted_camera import FittedView
from skeletonllm.errors import UsageError
from skeletonllm.evaluation.responses.conditions import (
    CHANGES,
    WITHOUT_AMOUNT,
    Condition,
    parse_condition,
)
from skeletonllm.motion import Motion
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.normalize.frames import resample
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.strategies import FEW_EXAMPLES
from skeletonllm.topology import COCO_17
from tests.skeletonllm.augmentation.conftest import scenes

KEYS = st.text(max_size=8)


@pytest.fixture(scope="module")
def wave() -> Motion:
    return synthesize("hand waving", side="right", noise_m=0.0)


def show(condition: str, motion: Motion, key: str = "toy/0") -> Motion:
    return parse_condition(condition).apply(motion, key)


def find_hidden(condition: str, motion: Motion, key: str) -> np.ndarray:
    """[P, J] of joints that are seen in the clip and not under the condition."""
    left = show(condition, motion, key).observed.any(axis=0)
    return motion.observed.any(axis=0) & ~left


@FEW_EXAMPLES
@given(motion=scenes(), key=KEYS, share=st.floats(0, 0.5))
def test_dropout_hides_its_share_of_each_persons_joints_for_the_whole_clip(
    motion: Motion, key: str, share: float
) -> None:
    hidden = find_hidden(f"joint_dropout={share!r}", motion, key)
    seen = motion.observed.any(axis=0).sum(axis=1)
    assert (np.abs(hidden.sum(axis=1) - share * seen) <= 0.5).all()
    left = show(f"joint_dropout={share!r}", motion, key)
    assert (left.observed == (motion.observed & ~hidden)).all()
    assert (left.joints[~left.observed] == 0).all()
    assert (left.joints[left.observed] == motion.joints[left.observed]).all()
    assert (left.present == motion.present).all()


@FEW_EXAMPLES
@given(motion=scenes(), key=KEYS, shares=st.tuples(st.floats(0, 0.5), st.floats(0, 0.5)))
def test_dropout_is_nested(motion: Motion, key: str, shares: tuple[float, float]) -> None:
    fewer, more = (find_hidden(f"joint_dropout={s!r}", motion, key) for s in sorted(shares))
    assert not (fewer & ~more).any()


def test_dropout_differs_between_clips_and_between_persons(wave: Motion) -> None:
    pair = wave.select_persons([0, 0])
    one, other = (find_hidden("joint_dropout=0.3", pair, key) for key in ("toy/0", "toy/1"))
    assert (one != other).any()
    assert (one[0] != one[1]).any()


def test_every_joint_is_hidden_about_as_often(wave: Motion) -> None:
    clips = [find_hidden("joint_dropout=0.4", wave, f"toy/{i}")[0] for i in range(400)]
    assert np.allclose(np.mean(clips, axis=0), 0.4, atol=0.11)


def test_a_hidden_joint_tells_no_orientation(wave: Motion) -> None:
    turned = np.zeros((*wave.confidence.shape, 4), np.float32)
    turned[..., 0] = 1
    left = show("joint_dropout=0.5", replace(wave, orientations=turned))
    assert left.orientations is not None
    assert ((left.orientations[..., 0] == 1) == left.observed).all()


@pytest.mark.parametrize("centimetres", [1, 5, 10])
def test_noise_has_the_stated_sigma(wave: Motion, centimetres: int) -> None:
    noise = show(f"noise_cm={centimetres}", wave).joints - wave.joints
    assert noise.std() == pytest.approx(centimetres / 100, rel=0.03)
    assert abs(noise.mean()) < 0.03 * centimetres / 100


def test_noise_of_all_levels_goes_the_same_way(wave: Motion) -> None:
    small, large = (show(f"noise_cm={cm}", wave).joints - wave.joints for cm in (2, 8))
    assert np.allclose(4 * small, large, atol=1e-5)


@pytest.mark.parametrize("factor", [0.2, 100.0])
def test_noise_without_a_unit_goes_by_the_body(wave: Motion, factor: float) -> None:
    unitless = replace(wave, joints=wave.joints * np.float32(factor), metric=False)
    noise = show("noise_cm=5", unitless).joints - unitless.joints
    assert noise.std() == pytest.approx(0.05 * factor, rel=0.35)


def test_noise_of_a_single_point_without_a_unit_is_refused(wave: Motion) -> None:
    point = replace(wave, confidence=wave.confidence * (np.arange(25) == 0), metric=False)
    with pytest.raises(UsageError, match="without a unit"):
        show("noise_cm=5", point)


@FEW_EXAMPLES
@given(motion=scenes(), rate=st.floats(0.1, 1.0))
def test_another_rate_keeps_the_duration_to_within_a_frame(motion: Motion, rate: float) -> None:
    if motion.observed.any() and not resample(motion, motion.fps * rate).observed.any():
        with pytest.raises(UsageError, match="no joint to be seen"):
            show(f"frame_rate={rate!r}", motion)
        return
    shown = show(f"frame_rate={rate!r}", motion)
    assert shown.fps == pytest.approx(motion.fps * rate)
    assert abs(shown.duration_s - motion.duration_s) <= 1 / shown.fps


def test_half_the_rate_keeps_every_second_frame(wave: Motion) -> None:
    shown = show("frame_rate=0.5", wave)
    assert (shown.joints == wave.joints[::2]).all()
    assert shown.fps == wave.fps / 2


def test_a_turn_goes_about_the_vertical(wave: Motion) -> None:
    world = synthesize("hand waving", space="world", noise_m=0.0)
    turned = show("turn_degrees=90", world)
    assert np.allclose(turned.joints[..., 1], world.joints[..., 1], atol=1e-5)
    assert not np.allclose(turned.joints[..., 0], world.joints[..., 0], atol=0.1)
    back = show("turn_degrees=-90", turned)
    assert np.allclose(back.joints, world.joints, atol=1e-5)


@FEW_EXAMPLES
@given(motion=scenes(), key=KEYS)
def test_what_changes_by_nothing_is_the_clip_itself(motion: Motion, key: str) -> None:
    texts = ["own", "joint_dropout=0", "noise_cm=0", "frame_rate=1"]
    if motion.space != "image":
        texts += [f"turn_degrees={degrees}" for degrees in (-360, 0, 360)]
    for text in texts:
        assert show(text, motion, key).sha256 == motion.sha256


@pytest.mark.parametrize("space", ["camera", "world"])
def test_the_fitted_camera_undoes_a_turn_where_it_is_said_to(space: str) -> None:
    own = synthesize("hand waving", space=space, noise_m=0.0)
    turned = show("turn_degrees=45", own)
    places = []
    for motion in (own, turned):
        batch = MotionBatch.from_motions([motion])
        points = FittedView()(batch, 64).w2c[0, :3, :3] @ batch.joints.T
        places.append((points - points.mean(1, keepdim=True)).detach().numpy())
    condition = parse_condition("turn_degrees=45")
    assert np.allclose(*places, atol=1e-3) is not condition.is_shown_by("fit", space)
    assert condition.is_shown_by("sensor", space)
    assert parse_condition("noise_cm=5").is_shown_by("fit", space)


def test_a_motion_in_a_plane_is_not_turned() -> None:
    flat = synthesize("hand waving", topology=COCO_17)
    with pytest.raises(UsageError, match=r"cannot be turned.*three dimensions"):
        show("turn_degrees=45", flat)


@FEW_EXAMPLES
@given(
    motion=scenes(),
    key=KEYS,
    text=st.sampled_from(["joint_dropout=0.5", "noise_cm=10", "turn_degrees=45"]),
)
def test_an_unobserved_joint_stays_unobserved(motion: Motion, key: str, text: str) -> None:
    if text.startswith("turn") and motion.space == "image":
        return
    if text.startswith("noise") and motion.observed.any() and measure_metre(motion) == 0.0:
        with pytest.raises(UsageError, match="without a unit"):
            show(text, motion, key)
        return
    shown = show(text, motion, key)
    assert not (shown.observed & ~motion.observed).any()
    assert (shown.joints[~motion.observed] == 0).all()
    if text.startswith("noise") and motion.space == "image":
        assert (shown.joints[..., 2] == 0).all()


def test_a_rate_never_makes_an_unobserved_joint_observed(wave: Motion) -> None:
    unseen = replace(wave, confidence=wave.confidence * (np.arange(25) != 3))
    for rate in (0.1, 0.3, 0.7):
        assert not show(f"frame_rate={rate}", unseen).observed[..., 3].any()


@FEW_EXAMPLES
@given(text=st.sampled_from(sorted(CHANGES)), part=st.floats(0, 1))
def test_a_name_gives_its_condition(text: str, part: float) -> None:
    known = CHANGES[text]
    made = Condition(text, known.least + part * (known.most - known.least))
    assert parse_condition(made.name) == made


def test_names_are_canonical() -> None:
    texts = ["own", " blind ", "exchanged", "noise_cm = 5.0", "frame_rate=.50", "turn_degrees=-0"]
    names = [parse_condition(text).name for text in texts]
    assert names == ["own", "blind", "exchanged", "noise_cm=5", "frame_rate=0.5", "turn_degrees=0"]


def test_who_is_shown_no_own_clip_says_so(wave: Motion) -> None:
    shown = {name: parse_condition(name).shows_own for name in (*WITHOUT_AMOUNT, "noise_cm=1")}
    assert shown == {"own": True, "exchanged": False, "blind": False, "noise_cm=1": True}
    with pytest.raises(UsageError, match="'blind' changes no motion"):
        show("blind", wave)


@pytest.mark.parametrize(
    "text",
    [
        *("", "deaf", "own=1", "blind=0", "=", "noise", "noise_cm", "noise_cm=", "noise_cm=a"),
        *("noise_cm=nan", "noise_cm=inf", "noise_cm=-1", "noise_cm=11", "joint_dropout=0.6"),
        *("joint_dropout=30", "frame_rate=0.05", "frame_rate=2", "turn_degrees=361"),
        "noise_cm=1=2",
    ],
)
def test_a_wrong_text_is_refused_with_what_is_known(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_condition(text)
    assert f"condition {text!r}" in str(caught.value)
    for kind in (*WITHOUT_AMOUNT, *CHANGES):
        assert kind in str(caught.value)


def test_another_process_shows_the_same() -> None:
    code = (
        "from skeletonllm.evaluation.responses.conditions import parse_condition\n"
        "from skeletonllm.synthesis import synthesize\n"
        "m = synthesize('hand waving', noise_m=0.0)\n"
        "for c in ('joint_dropout=0.3', 'noise_cm=3'):\n"
        "    print(parse_condition(c).apply(m, 'toy/0').sha256)\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()
    motion = synthesize("hand waving", noise_m=0.0)
    assert told == [show(c, motion).sha256 for c in ("joint_dropout=0.3", "noise_cm=3")]
