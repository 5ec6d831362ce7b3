"""Clips that are hard to draw: overlapping, at the sensor, with equal depths or missing joints, and
one whose every joint moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from skeletonllm.motion import Motion
from skeletonllm.testing.rendering.people import (
    make_waving_motion,
    move_to_world,
    project_to_image,
)
from skeletonllm.topology import COCO_17, KINECT_V1, KINECT_V2, SMPL_22


def make_persons_behind_each_other(rng: np.random.Generator) -> list[Motion]:
    """Three persons, each half hidden by the one before."""
    motion = make_waving_motion(KINECT_V2, persons=3)
    joints = (
        motion.joints
        + np.array([-0.7, 0, 0.3], np.float32) * np.arange(3, dtype=np.float32)[:, None, None]
    )
    return [replace(motion, joints=joints + _draw_noise(rng, joints))]


def make_persons_beside_each_other(rng: np.random.Generator) -> list[Motion]:
    """Two clips of other skeletons and spaces in one batch."""
    return [
        _perturb(make_waving_motion(KINECT_V1, persons=2), rng),
        _perturb(move_to_world(make_waving_motion(SMPL_22)), rng),
    ]


def make_persons_at_the_sensor(rng: np.random.Generator) -> list[Motion]:
    """Some joints before the near plane, some at it, some behind."""
    motion = _perturb(make_waving_motion(KINECT_V2, persons=2), rng)
    return [
        replace(
            motion, joints=motion.joints - np.array([0, 0, 2.9 + 0.4 * rng.random()], np.float32)
        )
    ]


def make_person_filling_the_frame(rng: np.random.Generator) -> list[Motion]:
    """A person 0.5 m before the sensor."""
    motion = _perturb(make_waving_motion(KINECT_V1), rng)
    return [replace(motion, joints=motion.joints - np.array([0, 0, 2.5], np.float32))]


def make_persons_in_one_place(rng: np.random.Generator) -> list[Motion]:
    """Twelve persons in one place."""
    motion = make_waving_motion(COCO_17, persons=12)
    joints = np.repeat(motion.joints[:, :1], 12, axis=1)
    return [replace(motion, joints=joints + _draw_noise(rng, joints))]


def make_identical_depths(rng: np.random.Generator) -> list[Motion]:
    """The same person twice, and a pose in the image plane, where all depths are the same."""
    motion = make_waving_motion(KINECT_V2, persons=1)
    twice = replace(
        motion,
        joints=np.repeat(motion.joints, 2, axis=1),
        present=np.repeat(motion.present, 2, axis=1),
        confidence=np.repeat(motion.confidence, 2, axis=1),
    )
    return [twice, _perturb(project_to_image(make_waving_motion(COCO_17)), rng)]


def make_missing_joints(rng: np.random.Generator) -> list[Motion]:
    """Two persons, of whom three joints in ten were not observed."""
    motion = _perturb(make_waving_motion(SMPL_22, persons=2), rng)
    seen = (rng.random(motion.confidence.shape) < 0.7).astype(np.float32)
    seen[0, 0] = 1
    return [replace(motion, confidence=seen, joints=motion.joints * seen[..., None])]


def make_moving_persons(rng: np.random.Generator) -> list[Motion]:
    """A person in space and one in the image plane whose joints swing, fast or hardly."""
    return [
        _swing(make_waving_motion(KINECT_V2, frames=24), rng),
        _swing(project_to_image(make_waving_motion(COCO_17, frames=24)), rng),
    ]


def _swing(motion: Motion, rng: np.random.Generator) -> Motion:
    """The motion with a swing of up to 25 cm on every joint, once a second."""
    flat = motion.space == "image"
    time = np.arange(motion.num_frames)[:, None, None, None] / motion.fps
    shape = (motion.num_persons, motion.num_joints, 3)
    way = 0.25 * rng.random(shape) * np.sin(2 * np.pi * (time + rng.random(shape)))
    way *= (150, 150, 0) if flat else (1, 1, 1)
    return replace(motion, joints=motion.joints + way.astype(np.float32))


def _perturb(motion: Motion, rng: np.random.Generator) -> Motion:
    """The motion with noise of 5 cm, or of 1.5 pixels, on every joint."""
    scale = 30 if motion.space == "image" else 1
    shake = scale * _draw_noise(rng, motion.joints)
    if motion.space == "image":
        shake[..., 2] = 0
    return replace(motion, joints=motion.joints + shake)


def _draw_noise(rng: np.random.Generator, like: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return (0.05 * rng.normal(size=like.shape)).astype(np.float32)


@dataclass(frozen=True)
class Scene:
    """What is drawn.

    Args:
        make: The clips of a seed.
        camera: The one that shows what is hard about them.
        frames: Which frames of each clip.
    """

    make: Callable[[np.random.Generator], list[Motion]]
    camera: Literal["fit", "sensor"] = "fit"
    frames: tuple[int, ...] = (5,)


SCENES = {
    "behind each other": Scene(make_persons_behind_each_other),
    "beside each other": Scene(make_persons_beside_each_other),
    "at the sensor": Scene(make_persons_at_the_sensor, "sensor"),
    "filling the frame": Scene(make_person_filling_the_frame, "sensor"),
    "hundreds overlapping": Scene(make_persons_in_one_place),
    "identical depths": Scene(make_identical_depths),
    "missing joints": Scene(make_missing_joints),
    "moving": Scene(make_moving_persons, frames=(0, 11, 23)),
}
