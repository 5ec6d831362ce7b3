"""Motions and rigs drawn at random by hypothesis, which this module alone needs.

``pip install hypothesis`` (it comes with the extra ``dev``).
"""

from __future__ import annotations

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from skeletonllm.motion import Motion
from skeletonllm.testing.rigs import ROTATION_ORDERS, Node, Rig
from skeletonllm.topology import Topology

FEW_EXAMPLES = settings(max_examples=25, derandomize=True, deadline=None)
"""The same 25 examples in every run; more found nothing in these formats and took longer."""

NUMBER_FORMS = st.fixed_dictionaries(
    {"number": st.sampled_from(["%.9g", "%.9e", "%+.12f"]), "end": st.sampled_from(["\n", "\r\n"])}
)
"""Ways to write a number so that float32 comes back, and ends of lines."""

FILE_ENDS = st.sampled_from(["", "\n", "\r\n\r\n", "  "])
"""What may follow the last line of a text."""


@st.composite
def motions(draw: st.DrawFn, topology: Topology, persons: int = 1, fps: float = 30.0) -> Motion:
    """Motions of 1 to 4 frames in camera space, of any joints; the second person comes and goes.

    Args:
        draw: Given by hypothesis.
        topology: Of the persons.
        persons: How many there are.
        fps: Frames a second.
    """
    frames = draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    scale = draw(st.sampled_from([1e-3, 1.0, 9.0]))
    joints = rng.uniform(-scale, scale, (frames, persons, len(topology), 3)).astype(np.float32)
    joints[rng.random(joints.shape) < 0.05] = draw(st.sampled_from([0.0, -1.0, 2.5e-7]))
    present = np.ones(joints.shape[:2], np.bool_)
    if persons > 1:
        present[:, 1:] = rng.random((frames, persons - 1)) < 0.5
        present[0] = True
    joints *= present[..., None, None]
    confidence = np.broadcast_to(present[:, :, None], joints.shape[:3]).astype(np.float32)
    return Motion(joints, present, confidence, topology, fps)


@st.composite
def rigs(draw: st.DrawFn, most: int = 7) -> Rig:
    """Hierarchies in file order: any rotation order, positions before, after or among rotations.

    Args:
        draw: Given by hypothesis.
        most: Joints and end sites at most.
    """
    nodes: Rig = []
    for i in range(draw(st.integers(1, most))):
        parents = [j for j in range(i) if nodes[j].channels and _is_open(nodes, j)]
        parent = draw(st.sampled_from(parents)) if i else -1
        end = i > 0 and draw(st.integers(0, 4)) == 0
        channels = () if end else draw(_channels(root=i == 0))
        x, y, z = (draw(st.integers(-40, 40)) / 4 + 0.125 for _ in range(3))
        nodes.append(Node("" if end else f"j{i}", parent, (x, y, z), channels))
    return nodes


def _is_open(nodes: Rig, j: int) -> bool:
    """Whether the next joint of a file in depth-first order may hang on joint ``j``."""
    last = len(nodes) - 1
    while last >= 0:
        if last == j:
            return True
        last = nodes[last].parent
    return False


def _channels(root: bool) -> st.SearchStrategy[tuple[str, ...]]:
    rotations = st.sampled_from(ROTATION_ORDERS).flatmap(
        lambda order: st.integers(1, 3).map(lambda n: [f"{axis}rotation" for axis in order[:n]])
    )
    positions = st.sampled_from(ROTATION_ORDERS).map(
        lambda order: [f"{axis}position" for axis in order]
    )
    both = st.tuples(positions, rotations, st.booleans()).map(
        lambda parts: parts[0] + parts[1] if parts[2] else parts[1] + parts[0]
    )
    return (both if root else st.one_of(rotations, both)).map(tuple)
