"""Arrays of Kinect v2's 25 joints, as action-recognition code keeps those of NTU RGB+D.

Persons who are absent and frames beyond a clip's end are zeros. Code often moves the origin to the
middle of the spine in the first frame (CTR-GCN), and some turns the body so that its spine lies
along z and its shoulders along x (2s-AGCN). Metres stay metres; where the body was is lost then,
and which way it faced. Only a name of NTU RGB+D, or a label of it, says that an array is of that
corpus; else unit and skeleton are assumed.
"""

from __future__ import annotations

import numpy as np

from skeletonllm.corpora.kinect.ntu_rgbd import FPS
from skeletonllm.corpora.rigs.bare_arrays import (
    BARE,
    find_scale,
    find_up,
    find_whole_bodies,
    make_bare_motion,
)
from skeletonllm.corpora.toolkit.assumed import (
    AXES_ASSUMED,
    FPS_ASSUMED,
    SKELETON_ASSUMED,
    UNIT_ASSUMED,
)
from skeletonllm.corpora.toolkit.clips import motion_of
from skeletonllm.corpora.toolkit.validation import Raw, check_size
from skeletonllm.errors import SourceError
from skeletonllm.motion import BoolArray, Motion
from skeletonllm.topology import KINECT_V2

RECENTRED = "recentred"
"""Flag: the origin is where the body was in its first frame; where that was is not known."""

JOINTS = len(KINECT_V2)
SPINE = KINECT_V2.index("spine")
AT_ORIGIN_M = 1e-5


def unfold(rows: Raw) -> Raw:
    """Positions [T, M, 25, 3] of rows [T, 75 M]: joint after joint, person after person.

    Raises:
        SourceError: ``format`` for another number of columns.
    """
    persons, rest = divmod(rows.shape[1], 3 * JOINTS) if rows.ndim == 2 else (0, 1)
    if rest or not persons:
        raise SourceError("format", f"rows {rows.shape}", expected="75 numbers a person")
    return rows.reshape(len(rows), persons, JOINTS, 3)


def make_kinect_motion(points: Raw, is_ntu: bool) -> tuple[Motion, tuple[str, ...]]:
    """The motion of positions [T, M, 25, 3], and what was assumed or noticed.

    Args:
        points: Zeros for who is absent, and for all frames after the end.
        is_ntu: Whether something says that this is of NTU RGB+D.

    Raises:
        SourceError: ``no_frames``, ``no_body`` and others of
            :func:`skeletonllm.corpora.toolkit.clips.motion_of`.
    """
    check_size(*points.shape[:3])
    points = strip_padding(points)
    present = (np.nan_to_num(points, nan=1) != 0).any((2, 3))
    if not is_ntu:
        motion = make_bare_motion(points, KINECT_V2, FPS, present=present)
        return motion, (SKELETON_ASSUMED, FPS_ASSUMED, *BARE)
    scale = find_scale(points, KINECT_V2, present)
    motion, flags = _make_ntu_motion(points * scale, present)
    return motion, flags if scale == 1 else (*flags, UNIT_ASSUMED)


def _make_ntu_motion(points: Raw, present: BoolArray) -> tuple[Motion, tuple[str, ...]]:
    """The motion of metres of NTU RGB+D, as they are or recentred, and what was noticed."""
    first = int(present.any(1).argmax())
    starts = points[first, int(present[first].argmax()), SPINE]
    if not np.abs(starts).max() < AT_ORIGIN_M:
        return motion_of(points, KINECT_V2, FPS, present=present), ()
    bodies = find_whole_bodies(np.where(present[..., None, None], points, np.nan), KINECT_V2)
    if len(bodies) and find_up(bodies, KINECT_V2) == "+z":
        turned = points[..., [0, 2, 1]] * [1, 1, -1]
        motion = motion_of(turned, KINECT_V2, FPS, present=present, space="world")
        return motion, (RECENTRED, AXES_ASSUMED)
    return motion_of(points, KINECT_V2, FPS, present=present, space="world"), (RECENTRED,)


def strip_padding(points: Raw) -> Raw:
    """Without the frames of zeros at the end, and without persons of zeros.

    Raises:
        SourceError: ``no_body`` where nothing is left.
    """
    filled = (np.nan_to_num(points, nan=1) != 0).any((2, 3))  # [T, M]
    if not filled.any():
        raise SourceError("no_body", f"nobody is present in any of {len(points)} frames")
    last = int(np.flatnonzero(filled.any(1))[-1])
    return points[: last + 1, filled.any(0)]
