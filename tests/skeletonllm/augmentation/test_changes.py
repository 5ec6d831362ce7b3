"""Examples as they are changed: pure, sound, and true in their words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from skeletonllm.augmentation import DEFAULTS, Augmentation, augment
from skeletonllm.augmentation.changes import has_sides, mirror_example
from skeletonllm.draction import DrAction, DrActionConfig, sample_frames
from skeletonllm.motion import Motion
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.rationales.teachers.kinematic import KinematicTeacher
from skeletonllm.rationales.verify.verdicts import verify_steps
from skeletonllm.synthesis import synthesize
from skeletonllm.tasks import Example
from skeletonllm.testing.clips import make_clip
from skeletonllm.testing.strategies import FEW_EXAMPLES
from skeletonllm.topology import COCO_17, KINECT_V2
from tests.skeletonllm.augmentation.conftest import HEAD_AND_HAND, scenes

ALL = Augmentation.parse(tuple(DEFAULTS))
OTHER = {"left": "right", "right": "left"}
MakeExample = Callable[..., Example]


def rng(*seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


@FEW_EXAMPLES
@given(motion=scenes(), seed=st.integers(0, 999))
def test_any_scene_is_changed_into_a_sound_one(motion: Motion, seed: int) -> None:
    example = Example("toy/0", motion, "wave", ("wave",), texts=("the left hand",))
    strong = Augmentation(
        yaw=180, view=45, scale=0.5, speed=0.5, dropout=0.9, noise=0.2, mirror=0.5
    )
    changed = augment(example, strong, rng(seed)).motion
    for array in (changed.joints, changed.confidence):
        assert np.isfinite(array).all()
        assert array.dtype == np.float32
    assert changed.joints.shape[1:] == motion.joints.shape[1:]
    assert (changed.joints[~changed.observed] == 0).all()
    for name in ("topology", "fps", "space", "metric", "image_size"):
        assert getattr(changed, name) == getattr(motion, name)
    assert changed.observed.any() == motion.observed.any()
    if motion.space == "image":
        assert (changed.joints[..., 2] == 0).all()


def test_the_same_state_gives_the_same_example(example_of: MakeExample) -> None:
    made = [augment(example_of(), ALL, rng(1, 2, s)).motion.sha256 for s in (0, 0, 1)]
    assert made[0] == made[1] != made[2]


def test_what_is_changed_is_left_as_it_was(example_of: MakeExample) -> None:
    example = example_of(texts=("the left hand",))
    before = example.motion.sha256
    augment(example, ALL, rng(0))
    assert (example.motion.sha256, example.texts) == (before, ("the left hand",))


def test_nothing_on_or_no_weight_is_the_example_itself(example_of: MakeExample) -> None:
    example, idle = example_of(), example_of(weight=0.0)
    assert augment(example, Augmentation(), rng(0)) is example
    assert augment(idle, ALL, rng(0)) is idle


@pytest.mark.parametrize("name", DEFAULTS)
def test_each_switch_alone_changes_the_motion(example_of: MakeExample, name: str) -> None:
    on = Augmentation(**{name: 1.0 if name == "mirror" else DEFAULTS[name]})
    assert augment(example_of(), on, rng(3)).motion.sha256 != example_of().motion.sha256


def test_one_more_switch_leaves_the_draws_of_the_others(example_of: MakeExample) -> None:
    few = augment(example_of(), Augmentation(speed=0.5, noise=0.0), rng(5)).motion
    more = augment(example_of(), Augmentation(speed=0.5, dropout=0.5), rng(5)).motion
    assert few.num_frames == more.num_frames
    seen = more.observed
    assert (few.joints[seen] == more.joints[seen]).all()


@pytest.mark.parametrize(
    ("switch", "text", "true"),
    [
        ("speed", "It is held for 1.2 s.", "It is held."),
        ("scale", "It rises by 62 cm.", "It rises."),
        ("yaw", "She faces the camera.", "She turns."),
        ("view", "It is on the left of the picture.", "It is on the left."),
        ("mirror", "Nothing is left.", "The left hand rises."),
    ],
)
def test_a_change_that_makes_a_text_false_is_not_made(
    example_of: MakeExample, switch: str, text: str, true: str
) -> None:
    on = Augmentation(**{switch: 1.0 if switch == "mirror" else DEFAULTS[switch]})
    kept, changed = (augment(example_of(texts=("A.", t)), on, rng(3)) for t in (text, true))
    assert np.array_equal(kept.motion.joints, example_of().motion.joints)
    assert kept.texts == ("A.", text)
    assert changed.motion.sha256 != kept.motion.sha256


@FEW_EXAMPLES
@given(motion=scenes())
def test_mirrored_twice_is_the_same_motion_and_the_same_words(motion: Motion) -> None:
    names = ("swipe left", "swipe right")
    example = Example("toy/0", motion, "swipe left", names, texts=("his left hand", "clockwise"))
    once = mirror_example(example)
    if not has_sides(motion.topology):
        assert once is None
        return
    assert once is not None
    assert (once.label, once.texts) == ("swipe right", ("his right hand", "counterclockwise"))
    twice = mirror_example(once)
    assert twice is not None
    assert (twice.label, twice.texts) == (example.label, example.texts)
    assert np.allclose(twice.motion.joints, motion.joints, atol=1e-4)
    assert (twice.motion.confidence == motion.confidence).all()


def test_a_mirrored_example_has_the_other_class_and_the_same_candidates(
    example_of: MakeExample,
) -> None:
    example = example_of(label="swipe left", texts=("swipe right", "wave"))
    mirrored = augment(example, Augmentation(mirror=1.0), rng(0))
    assert (mirrored.label, mirrored.texts) == ("swipe right", ("swipe left", "wave"))
    assert mirrored.candidates == example.candidates


def test_about_as_many_are_mirrored_as_asked_for(example_of: MakeExample) -> None:
    example = example_of(label="swipe left")
    labels = [augment(example, Augmentation(mirror=0.3), rng(s)).label for s in range(300)]
    assert labels.count("swipe right") / 300 == pytest.approx(0.3, abs=0.08)


@pytest.mark.parametrize(
    ("fields", "hidden"),
    [
        ({"label": "swipe left", "candidates": ("swipe left", "wave")}, ()),
        ({"label": "swipe left"}, ("swipe right",)),
        ({"label": "wave", "texts": ("Then the arm is swiping to the left.",)}, ("swipe right",)),
        ({"label": "wave", "texts": ("push left",), "candidates": ("wave", "push left")}, ()),
        ({"label": "draw tick", "candidates": ("draw tick",)}, ()),
    ],
)
def test_an_example_whose_mirror_image_may_not_be_named_is_not_mirrored(
    example_of: MakeExample, fields: dict[str, object], hidden: tuple[str, ...]
) -> None:
    example = example_of(**fields)
    assert mirror_example(example, hidden) is None
    kept = augment(example, Augmentation(mirror=1.0), rng(0), hidden)
    assert np.array_equal(kept.motion.joints, example.motion.joints)


def test_a_hidden_class_without_sides_hinders_no_mirror(example_of: MakeExample) -> None:
    assert mirror_example(example_of(label="swipe left"), ("clap",)) is not None


def test_a_skeleton_without_pairs_is_not_mirrored() -> None:
    assert has_sides(KINECT_V2)
    assert has_sides(COCO_17)
    assert not has_sides(HEAD_AND_HAND)


def test_orientations_are_dropped(example_of: MakeExample, wave: Motion) -> None:
    turns = np.zeros((*wave.joints.shape[:3], 4), np.float32)
    example = example_of(motion=replace(wave, orientations=turns))
    assert augment(example, Augmentation(yaw=10.0), rng(0)).motion.orientations is None


@pytest.mark.parametrize("action", ["hand waving", "side kick", "shaking hands"])
def test_what_a_rationale_says_is_true_of_the_mirrored_motion(action: str) -> None:
    motion = synthesize(action, seed=3)
    told = KinematicTeacher().rationale(make_clip(motion, label=action, label_namespace="toy"))
    mirrored = mirror_example(Example("k", motion, action, (action,), texts=(told.text,)))
    assert mirrored is not None
    assert mirrored.texts != (told.text,)
    steps = [replace(step, side=OTHER.get(step.side, step.side)) for step in told.steps]
    steps = [
        replace(s, direction=OTHER.get(s.direction, s.direction)) if s.motion != "oscillate" else s
        for s in steps
    ]
    assert {v.verdict for v in verify_steps(steps, mirrored.motion)} == {"true"}
    sided = [s for s in steps if s.side in OTHER]
    assert {v.verdict for v in verify_steps(sided, motion)} != {"true"}


@torch.no_grad()
def test_a_mirrored_motion_is_drawn_as_the_mirror_picture(example_of: MakeExample) -> None:
    mirrored = mirror_example(example_of())
    assert mirrored is not None
    batch = MotionBatch.from_motions([example_of().motion, mirrored.motion])
    frames = torch.from_numpy(sample_frames(example_of().motion.num_frames, 3)).expand(2, 3)
    renderer = DrAction(DrActionConfig(size=56, patch=14, camera="sensor", engine="torch_tiles"))
    drawn = renderer(batch, frames).frames.amax(dim=2) > 0.1  # [2, T, H, W]
    # The camera's axis is at pixel 28, half a pixel beside the middle.
    reflected = drawn[0].flip(-1).roll(1, -1)
    both = (reflected & drawn[1]).sum() / (reflected | drawn[1]).sum()
    unmirrored = (drawn[0] & drawn[1]).sum() / (drawn[0] | drawn[1]).sum()
    assert both > 0.95
    assert unmirrored < 0.8
