"""Primitives: where the Gaussians of a skeleton sit; one a joint and n a bone."""

from __future__ import annotations

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


@dataclass(frozen=True, eq=False)
class Primitives:
    """K Gaussians on a skeleton of J joints: its J joints first, then its bones in order.

    Args:
        blend: [K, J], a centre is this blend of the joints.
        needs: bool [K, J], the joints without which a Gaussian is not drawn.
        anchors: [K, parts * NODES], the same Gaussians as blends of nodes on the body.
        is_bone: bool [K].
        neighbours: int64 [2, J], the joints before and after each joint along its limb; itself
            where there is none.
    """

    blend: Tensor
    needs: Tensor
    anchors: Tensor
    is_bone: Tensor
    neighbours: Tensor


@lru_cache(maxsize=256)
def make_primitives(
    topology: Topology,
    points_per_bone: int,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> Primitives:
    """The Gaussians of a topology; made once for each device.

    A joint has a Gaussian of its own, so a skeleton without bones is drawn as its joints.

    Args:
        topology: The skeleton.
        points_per_bone: Gaussians on each bone between its ends.
        device: Where the tensors are.
        dtype: Of the weights.

    Example:
        >>> from skeletonllm.topology import KINECT_V2
        >>> make_primitives(KINECT_V2, 10).blend.shape
        torch.Size([265, 25])
    """
    counts = [points_per_bone] * len(topology.bones)
    blend = make_blend_matrix(len(topology), topology.bones, counts)
    joints = topology.places
    rows = [_anchor(joint) for joint in joints]
    for (a, b), count in zip(topology.bones, counts, strict=True):
        rows += [_between(joints[a], joints[b], share) for share in bone_fractions(count)]
    is_bone = torch.arange(len(blend)) >= len(topology)
    anchors, neighbours = torch.stack(rows).to(device, dtype), _neighbours(topology).to(device)
    blend, is_bone = blend.to(device, dtype), is_bone.to(device)
    return Primitives(blend, blend > 0, anchors, is_bone, neighbours)


def make_blend_matrix(
    joints: int, bones: Sequence[tuple[int, int]], counts: Sequence[int]
) -> Tensor:
    """Centres of Gaussians as blends of joints, [K, J]: the joints first, then points on bones.

    Args:
        joints: J.
        bones: Indices of the two joints of each bone.
        counts: Evenly spaced points on each bone.
    """
    rows = []
    for (a, b), count in zip(bones, counts, strict=True):
        share = torch.tensor(bone_fractions(count))
        row = torch.zeros(count, joints)
        row[:, a], row[:, b] = 1 - share, share
        rows.append(row)
    return torch.cat([torch.eye(joints), *rows])


def bone_fractions(count: int) -> list[float]:
    """Where on a bone its ``count`` points lie, 0 and 1 excluded: there the joints are drawn."""
    return [i / (count + 1) for i in range(1, count + 1)]


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


def _neighbours(topology: Topology) -> Tensor:
    """The joint before and the first joint after each one; itself at the ends of a limb."""
    before = [p if p >= 0 else j for j, p in enumerate(topology.parents)]
    after = list(range(len(topology)))
    for proximal, distal in reversed(topology.bones):
        after[proximal] = distal
    return torch.tensor(list(chain(before, after))).view(2, -1)
