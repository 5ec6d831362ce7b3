"""Rigs, the text of their BVH files, and a slow forward kinematics that shares no code with us."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

Array = npt.NDArray[np.float64]
Offset = tuple[float, float, float]

ROTATION_ORDERS = ["".join(order) for order in permutations("XYZ")]


@dataclass(frozen=True)
class Node:
    """A joint of a rig, or an end site.

    Args:
        name: Empty for an end site.
        parent: Index of its parent, -1 for the root.
        offset: From the parent, in units of the file.
        channels: As BVH writes them, such as ``Zrotation``; none for an end site.
    """

    name: str
    parent: int
    offset: Offset
    channels: tuple[str, ...]


Rig = list[Node]
"""Joints and end sites in the order of a file: depth first."""


def count_channels(rig: Rig) -> int:
    """How many numbers a frame of a rig has."""
    return sum(len(node.channels) for node in rig)


def write_bvh(rig: Rig, values: Array, end: str = "\n", frame_time: float = 1 / 30) -> str:
    """The text of a BVH file.

    Args:
        rig: Its hierarchy.
        values: Channels [T, C] in units of the file and degrees.
        end: Of every line.
        frame_time: Seconds a frame.
    """
    lines: list[str] = ["HIERARCHY"]
    trail: list[int] = []
    for i, node in enumerate(rig):
        while trail and trail[-1] != node.parent:
            lines.append("}")
            trail.pop()
        kind = "End Site" if not node.name else f"{'JOINT' if i else 'ROOT'} {node.name}"
        lines += [kind, "{", "OFFSET " + " ".join(f"{x:.9g}" for x in node.offset)]
        if node.name:
            lines.append(f"CHANNELS {len(node.channels)} {' '.join(node.channels)}")
        trail.append(i)
    lines += ["}"] * len(trail)
    lines += ["MOTION", f"Frames: {len(values)}", f"Frame Time: {frame_time:.8f}"]
    lines += [" ".join(f"{x:.12g}" for x in row) for row in values]
    return end.join(lines) + end


def pose_by_loop(rig: Rig, values: Array) -> tuple[Array, Array]:
    """Positions [T, J, 3] and rotation matrices [T, J, 3, 3], frame by frame with 4x4 matrices.

    Args:
        rig: The hierarchy.
        values: Channels [T, C] in units of the file and degrees.
    """
    places = np.zeros((len(values), len(rig), 3))
    turned = np.zeros((len(values), len(rig), 3, 3))
    for t, row in enumerate(values):
        at = 0
        world: list[Array] = []
        for j, node in enumerate(rig):
            local, numbers = np.eye(4), row[at : at + len(node.channels)]
            at += len(node.channels)
            local[:3, 3] = node.offset
            axes = ""
            angles: list[float] = []
            for channel, number in zip(node.channels, numbers, strict=True):
                if channel.endswith("position"):
                    local["XYZ".index(channel[0]), 3] = number
                else:
                    axes, angles = axes + channel[0], [*angles, number]
            if axes:
                turn = Rotation.from_euler(axes, np.array(angles)[None], degrees=True)
                local[:3, :3] = turn.as_matrix()[0]
            world.append(local if node.parent < 0 else world[node.parent] @ local)
            places[t, j], turned[t, j] = world[j][:3, 3], world[j][:3, :3]
    return places, turned


def write_t_pose(names: Sequence[str], scale: float = 1.0, up: str = "y") -> str:
    """The text of a BVH file of one frame: someone of known size who stands in T-pose.

    Args:
        names: Of pelvis, spine, neck, head, then left collar, shoulder, elbow, wrist, the same of
            the right, then left hip, knee, ankle, foot, the same of the right.
        scale: Units of the file a metre.
        up: The vertical axis, ``y`` or ``z``.
    """
    parents = [-1, 0, 1, 2, 2, 4, 5, 6, 2, 8, 9, 10, 0, 12, 13, 14, 0, 16, 17, 18]
    arm: list[Offset] = [(0.1, 0.1, 0), (0.1, 0, 0), (0.29, 0, 0), (0.26, 0, 0)]
    leg: list[Offset] = [(0.1, -0.05, 0), (0, -0.42, 0), (0, -0.41, 0), (0, -0.07, 0.12)]
    rest: list[Offset] = [(0, 0.95, 0), (0, 0.2, 0), (0, 0.3, 0), (0, 0.1, 0)]
    offsets = [*rest, *arm, *((-x, y, z) for x, y, z in arm)]
    offsets += [*leg, *((-x, y, z) for x, y, z in leg)]
    if up == "z":
        offsets = [(x, -z, y) for x, y, z in offsets]
    channels = ("Zrotation", "Xrotation", "Yrotation")
    rig = [
        Node(name, parent, (scale * offset[0], scale * offset[1], scale * offset[2]), channels)
        for name, parent, offset in zip(names, parents, offsets, strict=True)
    ]
    return write_bvh(rig, np.zeros((1, count_channels(rig))))


MIXAMO_JOINTS = [
    *(f"mixamorig:{name}" for name in ("Hips", "Spine", "Neck", "Head")),
    *(
        f"mixamorig:{side}{name}"
        for side in ("Left", "Right")
        for name in ("Shoulder", "Arm", "ForeArm", "Hand")
    ),
    *(
        f"mixamorig:{side}{name}"
        for side in ("Left", "Right")
        for name in ("UpLeg", "Leg", "Foot", "ToeBase")
    ),
]
"""Joints of a Mixamo rig in the order that :func:`write_t_pose` asks for."""
