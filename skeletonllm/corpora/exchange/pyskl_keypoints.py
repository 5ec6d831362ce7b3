"""What the keypoints of a PYSKL annotation are: their skeleton, their frames, their picture.

The format's own documents define two skeletons: COCO's 17 joints in the picture, and Kinect v2's
25 in space. Others are kept in the same form, OpenPose's 25 in space or Human3.6M's 17 in the
picture, so bodies without a name of NTU RGB+D are looked at (:mod:`.joint_orders`). Other numbers
of joints are common and name nothing, so what they are is a guess by their number, and flagged; in
space the guess is also tried on the body. ``total_frames`` is held
against the frames that are there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from skeletonllm.corpora.exchange.joint_orders import choose_order
from skeletonllm.corpora.pose.detections import NOMINAL_SIZE, REACH_PX, SHARE_MOST
from skeletonllm.corpora.toolkit.assumed import IMAGE_SIZE_ASSUMED, SKELETON_ASSUMED
from skeletonllm.corpora.toolkit.pictures import Size
from skeletonllm.corpora.toolkit.validation import Raw
from skeletonllm.errors import SourceError
from skeletonllm.mocap_topologies import H36M_17
from skeletonllm.pose_topologies import (
    COCO_WHOLEBODY_133,
    HALPE_26,
    HALPE_136,
    MEDIAPIPE_33,
    MEDIAPIPE_WORLD_33,
    OPENPOSE_3D,
    OPENPOSE_18,
    OPENPOSE_25,
    topology_of_names,
)
from skeletonllm.topology import COCO_17, KINECT_V1, KINECT_V2, Topology, register_topology

FRAMES_DIFFER = "frames_differ"
"""Flag: the stated number of frames is not the number of those that are there."""

SIZE_SWAPPED = "image_size_swapped"
"""Flag: the joints fit the picture only if its stated width is its height."""

DEFINED = {(17, 2): COCO_17, (25, 3): KINECT_V2}
"""By joints and coordinates: what the format defines."""

_BODY = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
_COCO_13 = ("nose", *(f"{side}_{name}" for name in _BODY for side in ("left", "right")))
"""COCO's without eyes and ears; those of Penn Action, too, where the first is the head."""

_IN_PICTURE = {
    18: OPENPOSE_18,
    25: OPENPOSE_25,
    26: HALPE_26,
    33: MEDIAPIPE_33,
    133: COCO_WHOLEBODY_133,
    136: HALPE_136,
}
_IN_SPACE = {17: H36M_17, 20: KINECT_V1, 33: MEDIAPIPE_WORLD_33}
COUNTS = (13, 17, 18, 20, 25, 26, 33, 133, 136)

CROWD = 10
"""So many persons, and more than there are frames, are frames that were taken for persons."""

BEYOND, OUTSIDE, INSIDE = 1.05, 0.02, 0.99
"""A picture's sides are exchanged where so large a share of joints lies so far beyond them, as no
crop does, and so large a share lies within the exchanged ones."""


@dataclass(frozen=True, eq=False)
class Keypoints:
    """Keypoints of an annotation.

    Args:
        points: [M, T, V, 2 or 3].
        score: [M, T, V] of the third number of each joint, or None.
        topology: Of the V joints.
        defined: Whether the format defines them.
        flags: What was assumed.
    """

    points: Raw
    score: Raw | None
    topology: Topology
    defined: bool
    flags: tuple[str, ...]


def parse_keypoints(points: Raw, stated: object, is_ntu: bool = False) -> Keypoints:
    """The keypoints of an array.

    Args:
        points: ``keypoint``.
        stated: ``total_frames``, if it is there.
        is_ntu: Whether the name says that the joints are those of the format.

    Raises:
        SourceError: ``format`` for another shape, or another number of frames than is stated.
    """
    is_whole = isinstance(stated, int | float) and float(stated).is_integer()
    total = int(stated) if is_whole and not isinstance(stated, bool) else None  # type: ignore[call-overload]
    if points.ndim == 3 and total is not None and len(points) == total:
        points = points[None]  # one person, without its axis
    score = None
    if points.ndim == 4 and points.shape[3] == 3 and _is_score(points):
        points, score = points[..., :2], points[..., 2] if points[..., 2].any() else None
    topology = _topology(points)
    defined = DEFINED.get(points.shape[2:]) is topology
    people, frames = points.shape[:2]
    if total is not None and total == people != frames:
        found = f"keypoint {points.shape} of {frames} frames, and total_frames {total}"
        hint = "Are persons and frames swapped?"
        raise SourceError("format", found, expected=f"(M, {total}, V, C)", hint=hint)
    if people > CROWD and people > frames:
        found = f"keypoint {points.shape} of {people} persons in {frames} frames"
        hint = "Are persons and frames swapped?"
        raise SourceError("format", found, expected="(M, T, V, C)", hint=hint)
    other = None if defined and is_ntu else _other(points)
    if other is not None:
        topology, doubtful = choose_order(points, (topology, other))
        defined = defined and not doubtful
    flags: tuple[str, ...] = () if defined else (SKELETON_ASSUMED,)
    flags += (FRAMES_DIFFER,) if total not in (None, frames) else ()
    return Keypoints(points, score, topology, defined, flags)


def _is_score(points: Raw) -> bool:
    """Whether the third number of each joint is a score, 0..1 beside pixels, or always 0."""
    if not points.size or points.shape[2] not in COUNTS:
        return False
    third = np.nan_to_num(points[..., 2])
    wide = float(np.nan_to_num(np.abs(points[..., :2])).max())
    return bool((third >= 0).all() and third.max() <= SHARE_MOST and wide > 20 * SHARE_MOST)


def _topology(points: Raw) -> Topology:
    count, dims = points.shape[2:] if points.ndim == 4 else (0, 0)
    known = DEFINED.get((count, dims))
    if known is not None:
        return known
    if dims not in (2, 3) or count not in COUNTS:
        found = f"keypoint of shape {points.shape}"
        expected = f"(M, T, V, 2) or (M, T, V, 3) of {', '.join(map(str, COUNTS))} joints"
        raise SourceError("format", found, expected=expected)
    if dims == 3 and count in _IN_SPACE:
        return _IN_SPACE[count]
    names = {13: _COCO_13, 17: COCO_17.joints, 20: KINECT_V1.joints}.get(count)
    flat = _IN_PICTURE[count] if names is None else topology_of_names(names)
    if dims == 2:
        return flat
    return _with_dims(flat, 3)


def _with_dims(shown: Topology, dims: int) -> Topology:
    """A skeleton of the picture in space, or the other way round."""
    name = f"{shown.name}_{'space' if dims == 3 else 'picture'}"
    return register_topology(Topology(name, shown.joints, shown.bones, dims, shown.source))


def _other(points: Raw) -> Topology | None:
    """Another skeleton that is kept as an array of the same form."""
    form = points.shape[2:]
    if form == (25, 3):
        return next(known for known in OPENPOSE_3D if known.joints == OPENPOSE_25.joints)
    shown = {(17, 2): H36M_17, (25, 2): KINECT_V2}.get(form)
    return None if shown is None else _with_dims(shown, 2)


def place_in_picture(
    points: Raw, seen: Raw, annotation: Mapping[str, Any], size: Size | None
) -> tuple[Raw, Size, tuple[str, ...]]:
    """Pixels, the size of the picture (width, height), and what was assumed.

    Args:
        points: [T, M, V, 2], pixels or shares of the picture.
        seen: Those that are there, [N, 2].
        annotation: May state ``img_shape`` or ``original_shape``, (height, width).
        size: As the user states it, for where the annotation does not.

    Raises:
        SourceError: ``format`` for a stated size that is none.
    """
    stated = annotation.get("img_shape")
    stated = annotation.get("original_shape") if stated is None else stated
    sides = [annotation.get(name) for name in ("height", "width")]
    stated = sides if stated is None and None not in sides else stated
    known: Size | None = size if stated is None else _stated_size(stated)
    finite = seen[np.isfinite(seen).all(1)]
    shares = bool(len(finite)) and float(np.abs(finite).max()) <= SHARE_MOST
    flags: tuple[str, ...] = () if known else (IMAGE_SIZE_ASSUMED,)
    if known is None and shares:
        known = NOMINAL_SIZE
    elif known is None:
        far = finite.max(0) if len(finite) else np.ones(2)
        known = (_side(far[0]), _side(far[1]))
    elif not shares and _is_swapped(finite, known):
        known, flags = (known[1], known[0]), (SIZE_SWAPPED,)
    return points * known if shares else points, known, flags


def _side(farthest: float) -> int:
    """Of the smallest picture that holds its joints."""
    return max(int(min(np.ceil(farthest), REACH_PX)), 1)


def _stated_size(stated: Any) -> Size:
    shape = np.asarray(stated).tolist()
    try:
        height, width = (int(side) for side in shape[:2])
    except (TypeError, ValueError, OverflowError):
        height = width = 0
    if not (0 < width <= REACH_PX and 0 < height <= REACH_PX):
        raise SourceError(
            "format", f"img_shape {shape!s:.80}", expected="[height, width] in pixels"
        )
    return width, height


def _is_swapped(seen: Raw, size: Size) -> bool:
    """Whether nearly all joints lie in the picture only where its sides are exchanged."""
    if not len(seen) or size[0] == size[1]:
        return False
    beyond = (seen > np.array(size) * BEYOND).any(1).mean()
    return bool(beyond > OUTSIDE and (seen <= size[::-1]).all(1).mean() >= INSIDE)
