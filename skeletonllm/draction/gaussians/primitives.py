"""Primitives: where the Gaussians of a skeleton sit; one a joint and n a bone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

import torch
from torch import Tensor

from skeletonllm.topology import PARTS, Joint, Topology

NODES = 8
"""Learnable nodes along a body part, from its proximal to its distal end: one every 8 cm of an
adult's arm."""

EVEN = 0.4
"""Standard deviation of a long Gaussian, of its distance to the next one. Of a solid limb the width
differs by 2 % then; shorter ones make beads, longer ones stick out where the bone ends."""


@dataclass(frozen=True, eq=False)
class Primitives:
    """K Gaussians on a skeleton of J joints: its J joints first, then its bones in order.

    Args:
        blend: [K, J], a centre is this blend of the joints.
        along: [K, J], how long a Gaussian is along its bone, as a blend of joints that is a vector:
            a standard deviation; 0 where it is round.
        needs: bool [K, J], the joints without which a Gaussian is not drawn.
        anchors: [K, parts * NODES], the same Gaussians as blends of nodes on the body.
        is_bone: bool [K].
        neighbours: int64 [2, J], the joints before and after each joint along its limb; itself
            where there is none.
        movers: int64 [M], the joints whose motion stands for that of their surroundings.
    """

    blend: Tensor
    along: Tensor
    needs: Tensor
    anchors: Tensor
    is_bone: Tensor
    neighbours: Tensor
    movers: Tensor


@lru_cache(maxsize=256)
def make_primitives(
    topology: Topology,
    points_per_bone: int,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
    *,
    even: bool = False,
) -> Primitives:
    """The Gaussians of a topology; made once for each device.

    A joint has a Gaussian of its own, so a skeleton without bones is drawn as its joints.

    Args:
        topology: The skeleton.
        points_per_bone: Gaussians on each bone between its ends.
        device: Where the tensors are.
        dtype: Of the weights.
        even: Whether they are so long that they make an even limb, whatever the length of the bone;
            else they are round.

    Example:
        >>> from skeletonllm.topology import KINECT_V2
        >>> make_primitives(KINECT_V2, 10).blend.shape
        torch.Size([265, 25])
    """
    fractions = bone_fractions(points_per_bone)
    blend = make_blend_matrix(len(topology), topology.bones, [fractions] * len(topology.bones))
    along = _spread_along(topology, points_per_bone) if even else torch.zeros_like(blend)
    joints = topology.places
    rows = [_anchor(joint) for joint in joints]
    for a, b in topology.bones:
        rows += [_between(joints[a], joints[b], share) for share in fractions]
    is_bone = (torch.arange(len(blend)) >= len(topology)).to(device)
    anchors, neighbours = torch.stack(rows).to(device, dtype), _neighbours(topology).to(device)
    blend, along = blend.to(device, dtype), along.to(device, dtype)
    movers = torch.tensor(_choose_movers(topology), device=device)
    return Primitives(blend, along, blend > 0, anchors, is_bone, neighbours, movers)


def make_blend_matrix(
    joints: int, bones: Sequence[tuple[int, int]], fractions: Sequence[Sequence[float]]
) -> Tensor:
    """Centres of Gaussians as blends of joints, [K, J]: the joints first, then points on bones.

    Args:
        joints: J.
        bones: Indices of the two joints of each bone.
        fractions: Where on each bone its points lie, from 0 to 1.
    """
    rows = []
    for (a, b), places in zip(bones, fractions, strict=True):
        share = torch.tensor(places)
        row = torch.zeros(len(places), joints)
        row[:, a], row[:, b] = 1 - share, share
        rows.append(row)
    return torch.cat([torch.eye(joints), *rows])


def bone_fractions(count: int) -> list[float]:
    """Where on a bone its ``count`` points lie, 0 and 1 excluded: there the joints are drawn."""
    return [i / (count + 1) for i in range(1, count + 1)]


def _spread_along(topology: Topology, count: int) -> Tensor:
    """The deviation of each Gaussian along its bone as blends of joints, [K, J]."""
    bones = topology.bones
    spread = make_blend_matrix(len(topology), bones, [[1.0]] * len(bones))[len(topology) :]
    spread = spread - make_blend_matrix(len(topology), bones, [[0.0]] * len(bones))[len(topology) :]
    round_joints = torch.zeros(len(topology), len(topology))
    return torch.cat([round_joints, (EVEN / (count + 1) * spread).repeat_interleave(count, 0)])


def _anchor(joint: Joint) -> Tensor:
    """Linear interpolation weights of a place on the body among the nodes, [parts * NODES]."""
    row = torch.zeros(len(PARTS), NODES)
    place = joint.along * (NODES - 1)
    low = min(int(place), NODES - 2)
    row[PARTS.index(joint.part), low : low + 2] = torch.tensor([low + 1 - place, place - low])
    return row.flatten()


def _between(a: Joint, b: Joint, share: float) -> Tensor:
    """A place on a bone: along the part, or from one part into the other."""
    if a.part == b.part:
        return _anchor(Joint(a.part, (1 - share) * a.along + share * b.along))
    return (1 - share) * _anchor(a) + share * _anchor(b)


def _choose_movers(topology: Topology) -> list[int]:
    """Of joints within a node of each other on a part of the body, the outermost.

    The four joints of a hand go the same way; drawn four times it would be a blot.
    """
    nearest: dict[str, float] = {}  # the innermost chosen place on each part, so far
    chosen, places = [], topology.places
    for joint in sorted(range(len(places)), key=lambda j: -places[j].along):
        part, along = places[joint].part, places[joint].along
        if nearest.get(part, math.inf) - along > 1 / (NODES - 1):
            nearest[part] = along
            chosen.append(joint)
    return sorted(chosen)


def _neighbours(topology: Topology) -> Tensor:
    """The joint before and the first joint after each one; itself at the ends of a limb."""
    before = [p if p >= 0 else j for j, p in enumerate(topology.parents)]
    after = list(range(len(topology)))
    for proximal, distal in reversed(topology.bones):
        after[proximal] = distal
    return torch.tensor(list(chain(before, after))).view(2, -1)
