"""Bodies whose parts of the picture are looked at one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from skeletonllm.draction import DrAction
from skeletonllm.draction.gaussians.bodies import Bodies
from skeletonllm.draction.scene.camera import measure_clip_extents
from skeletonllm.draction.scene.fitted_camera import FittedView
from skeletonllm.motion import Motion
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.testing.rendering.people import make_waving_motion
from skeletonllm.topology import SMPL_22, Topology

SIZE = 112
BARS = Topology(
    "bars", ("left_elbow", "left_wrist", "right_elbow", "right_wrist"), ((0, 1), (2, 3))
)
"""Two bones without a body."""

Way = Callable[[Any], Any]
"""Seconds [T] to metres."""


def move_wrist(
    way: Way, *, topology: Topology = SMPL_22, fps: float = 30.0, seconds: float = 2.0
) -> Motion:
    """A person at rest but for the right wrist, which goes to the side.

    Args:
        way: How far.
        topology: Of the person.
        fps: Frames a second.
        seconds: From the first frame to the last.
    """
    motion = make_waving_motion(topology, frames=round(seconds * fps) + 1)
    joints = np.repeat(motion.joints[:1], motion.num_frames, 0)
    joints[:, 0, topology.index("right_wrist"), 0] += way(np.arange(len(joints)) / fps)
    return replace(motion, joints=joints, fps=fps)


def pose(topology: Topology, persons: Sequence[Any], **changes: Any) -> Motion:
    """Two frames of persons at rest, in camera space unless changed.

    Args:
        topology: Of the persons.
        persons: Joints [J, 3] of each.
        changes: Other fields of the motion.
    """
    joints = np.repeat(np.array(persons, np.float32)[None], 2, 0)
    motion = Motion(
        joints=joints,
        present=np.ones(joints.shape[:2], np.bool_),
        confidence=np.ones(joints.shape[:3], np.float32),
        topology=topology,
        fps=30.0,
    )
    return replace(motion, **changes)


def gather(motion: Motion, frames: Sequence[int], size: float = 1.0) -> Bodies:
    """The bodies of a motion before the camera that frames it.

    Args:
        motion: One or more persons.
        frames: Which ones.
        size: How large they are drawn.
    """
    batch = MotionBatch.from_motions([motion])
    with torch.no_grad():
        camera = FittedView()(batch, SIZE)
    extents = measure_clip_extents(batch, camera)
    wanted = torch.tensor([list(frames)])
    return Bodies.gather(
        batch, [0], wanted, camera, extents=extents, size=torch.tensor(float(size))
    )


def draw(renderer: DrAction, motion: Motion, frame: int = 0) -> Tensor:
    """One picture [3, H, W], without a gradient."""
    with torch.no_grad():
        batch = MotionBatch.from_motions([motion])
        return renderer(batch, torch.tensor([[frame]])).frames[0, 0]


def sample_between(picture: Tensor, motion: Motion, ends: Sequence[str], person: int = 0) -> Tensor:
    """Brightness of a picture along the line between two joints of frame 0, every half a pixel.

    Args:
        picture: [3, H, W].
        motion: What it shows.
        ends: Names of the joints.
        person: Whose.
    """
    batch = MotionBatch.from_motions([motion])
    with torch.no_grad():
        camera = FittedView()(batch, picture.shape[-1])
    at = [motion.topology.index(name) for name in ends]
    joints = camera.transform_points(batch.clip(0)[0, person, at], torch.tensor(0))
    x, y, z = joints.unbind(-1)
    k = camera.k[0]
    u, v = k[0, 2] - k[0, 0] * x / z, k[1, 2] - k[1, 1] * y / z
    share = torch.linspace(0, 1, int(2 * torch.hypot(u[1] - u[0], v[1] - v[0])) + 2)
    columns, rows = (torch.lerp(w[0], w[1], share).round().long() for w in (u, v))
    return picture.amax(0)[rows, columns]
