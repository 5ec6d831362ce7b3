"""Bones that change their length: a person's do not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skeletonllm.quality.tracks import Array, Spot, Track
from skeletonllm.topology import Topology

LONG = 0.1
"""Share of the height from which a bone is judged. The bones of hands, feet and hips are about as
long as the noise of a sensor is wide."""
_FRAMES = 5
"""Frames in which a bone must be seen to tell how its length varies."""


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
    """Variation of bone lengths; None in a plane, which foreshortens, and where nothing is seen."""
    if track.flat or not track.topology.bones:
        return None
    lengths = _lengths(track)  # [T, B]
    seen = np.isfinite(lengths)
    count = seen.sum(0)
    mean = np.where(seen, lengths, 0).sum(0) / np.maximum(count, 1)
    spread = np.sqrt(np.where(seen, (lengths - mean) ** 2, 0).sum(0) / np.maximum(count, 1))
    enough = (count >= _FRAMES) & (mean > 0)
    each = np.where(enough, spread / np.where(enough, mean, 1), np.nan)
    judged = np.nan_to_num(np.where(mean >= LONG * track.height, each, np.nan), nan=-1.0)
    bone = int(judged.argmax())
    if judged[bone] < 0:
        return None
    away = np.where(seen[:, bone], np.abs(lengths[:, bone] - mean[bone]), -1.0)
    name = name_bones(track.topology)[bone]
    return BoneDrift(each, float(judged[bone]), track.spot(int(away.argmax()), name))


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
