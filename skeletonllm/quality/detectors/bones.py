"""Bones that change their length over time: those of a person do not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skeletonllm.quality.tracks import Array, Spot, Track
from skeletonllm.topology import Topology

LONG = 0.1
"""Share of the height from which a bone counts. The bones of hands, feet and hips are shorter: as
long as the noise of a sensor is wide. Upper arms and shins are twice as long."""
_FRAMES = 5
"""Frames in which a bone must be observed. The deviation of fewer says little; more would leave
out short clips, of which eight frames are enough."""


@dataclass(frozen=True)
class BoneDrift:
    """How the bones of one person vary.

    Args:
        each: Standard deviation over mean of the length of each bone over time [B]; NaN if a bone
            is hardly seen.
        worst: The largest of the long bones.
        at: That bone, in the frame in which it is farthest from its usual length.
    """

    each: Array
    worst: float
    at: Spot


def measure_bone_drift(track: Track) -> BoneDrift | None:
    """Variation of bone lengths; None in a plane, which foreshortens, and with nothing observed."""
    if track.flat or not track.topology.bones:
        return None
    lengths = _lengths(track)  # [T, B]
    observed = np.isfinite(lengths)
    count = observed.sum(0)
    mean = np.where(observed, lengths, 0).sum(0) / np.maximum(count, 1)
    spread = np.sqrt(np.where(observed, (lengths - mean) ** 2, 0).sum(0) / np.maximum(count, 1))
    enough = (count >= _FRAMES) & (mean > 0)
    each = np.where(enough, spread / np.where(enough, mean, 1), np.nan)
    of_long = np.nan_to_num(np.where(mean >= LONG * track.height, each, np.nan), nan=-1.0)
    bone = int(of_long.argmax())
    if of_long[bone] < 0:
        return None
    away = np.where(observed[:, bone], np.abs(lengths[:, bone] - mean[bone]), -1.0)
    name = name_bones(track.topology)[bone]
    return BoneDrift(each, float(of_long[bone]), track.spot(int(away.argmax()), name))


def name_bones(topology: Topology) -> tuple[str, ...]:
    """``<proximal joint>-<distal joint>`` of each bone.

    Example:
        >>> from skeletonllm.topology import KINECT_V2
        >>> name_bones(KINECT_V2)[0]
        'pelvis-spine'
    """
    joints = topology.joints
    return tuple(f"{joints[a]}-{joints[b]}" for a, b in topology.bones)


def joints_named(topology: Topology, name: str) -> tuple[int, ...]:
    """Indices of a joint, or of both ends of a bone, by its name in a row of measurements.

    Names of joints may hold a dash of their own, so a bone's name is looked up, not cut apart.

    Args:
        topology: The skeleton.
        name: A joint's name, or one of :func:`name_bones`; any other names nothing.
    """
    if (joint := topology.find(name)) is not None:
        return (joint,)
    return dict(zip(name_bones(topology), topology.bones, strict=True)).get(name, ())


def _lengths(track: Track) -> Array:
    near, far = np.asarray(track.topology.bones).T
    return np.asarray(np.linalg.norm(track.joints[:, near] - track.joints[:, far], axis=-1))
