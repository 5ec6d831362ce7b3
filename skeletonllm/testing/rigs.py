"""Rigs at random, the text of their files, and a slow forward kinematics that shares no code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

ORDERS = ["".join(order) for order in permutations("XYZ")]


@dataclass(frozen=True)
class Node:
    """A joint of a random rig; ``channels`` as BVH writes them, none for an end site."""

    name: str
    parent: int
    offset: tuple[float, float, float]
    channels: tuple[str, ...]


Rig = list[Node]


@st.composite
def rigs(draw: st.DrawFn, most: int = 7) -> Rig:
    """A hierarchy in file order: any rotation order, positions before, after or among them."""
    nodes: Rig = []
    for i in range(draw(st.integers(1, most))):
        on = [j for j in range(i) if nodes[j].channels and _on_trail(nodes, j)]
        parent = draw(st.sampled_from(on)) if i else -1
        end = i > 0 and draw(st.integers(0, 4)) == 0
        channels = () if end else draw(_channels(root=i == 0))
        offset = tuple(draw(st.integers(-40, 40)) / 4 + 0.125 for _ in range(3))
        nodes.append(Node("" if end else f"j{i}", parent, offset, channels))
    return nodes


def _on_trail(nodes: Rig, j: int) -> bool:
    """Whether the next joint of a file in depth-first order may hang on joint ``j``."""
    last = len(nodes) - 1
    while last >= 0:
        if last == j:
            return True
        last = nodes[last].parent
    return False


def _channels(root: bool) -> st.SearchStrategy[tuple[str, ...]]:
    turns = st.sampled_from(ORDERS).flatmap(
        lambda order: st.integers(1, 3).map(lambda n: [f"{axis}rotation" for axis in order[:n]])
    )
    moves = st.sampled_from(ORDERS).map(lambda order: [f"{axis}position" for axis in order])
    both = st.tuples(moves, turns, st.booleans()).map(
        lambda parts: parts[0] + parts[1] if parts[2] else parts[1] + parts[0]
    )
    return (both if root else st.one_of(turns, both)).map(tuple)


def columns(rig: Rig) -> int:
    return sum(len(node.channels) for node in rig)


def write_bvh(rig: Rig, values: np.ndarray, end: str = "\n", frame_time: float = 1 / 30) -> str:
    """The text of a BVH file; ``values`` [T, C] in file units and degrees."""
    lines, trail = ["HIERARCHY"], []
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


def slow_forward(rig: Rig, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions [T, J, 3] and rotation matrices [T, J, 3, 3], frame by frame with 4x4 matrices."""
    places = np.zeros((len(values), len(rig), 3))
    turned = np.zeros((len(values), len(rig), 3, 3))
    for t, row in enumerate(values):
        at, world = 0, []
        for j, node in enumerate(rig):
            local, numbers = np.eye(4), row[at : at + len(node.channels)]
            at += len(node.channels)
            local[:3, 3] = node.offset
            axes, angles = "", []
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


def person(names: Sequence[str], scale: float = 1.0, up: str = "y") -> str:
    """A BVH file of someone who stands still in T-pose, of known size, one frame.

    ``names``: pelvis, spine, neck, head, then left collar, shoulder, elbow, wrist, the same of the
    right, then left hip, knee, ankle, foot, the same of the right.
    """
    parents = [-1, 0, 1, 2, 2, 4, 5, 6, 2, 8, 9, 10, 0, 12, 13, 14, 0, 16, 17, 18]
    arm = [(0.1, 0.1, 0), (0.1, 0, 0), (0.29, 0, 0), (0.26, 0, 0)]
    leg = [(0.1, -0.05, 0), (0, -0.42, 0), (0, -0.41, 0), (0, -0.07, 0.12)]
    rest = [(0, 0.95, 0), (0, 0.2, 0), (0, 0.3, 0), (0, 0.1, 0)]
    offsets = [*rest, *arm, *((-x, y, z) for x, y, z in arm)]
    offsets += [*leg, *((-x, y, z) for x, y, z in leg)]
    if up == "z":
        offsets = [(x, -z, y) for x, y, z in offsets]
    channels = ("Zrotation", "Xrotation", "Yrotation")
    rig = [
        Node(name, parent, tuple(v * scale for v in offset), channels)
        for name, parent, offset in zip(names, parents, offsets, strict=True)
    ]
    return write_bvh(rig, np.zeros((1, columns(rig))))


MIXAMO = [
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
