"""Joints in space of which neither unit nor axes are stated: what several cameras saw of one body.

Up is the axis along which the head lies above the hips, or the ankles, in most poses. The unit is
the one of metres, centimetres and millimetres in which a trunk is nearest to half a metre. Both are
guesses and flagged, and such a clip is not metric.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora.pose.detections import FPS, People, confidence_of
from skeletonllm.corpora.reader import Reader, Source
from skeletonllm.corpora.toolkit.assumed import AXES_ASSUMED, FPS_ASSUMED, UNIT_ASSUMED
from skeletonllm.corpora.toolkit.validation import Raw
from skeletonllm.errors import SourceError
from skeletonllm.motion import Motion
from skeletonllm.topology import Topology

UNITS = (1.0, 0.01, 0.001)
"""Metres, centimetres, millimetres."""

TRUNK_M = 0.5
"""About how far the shoulders are from the hips."""

REACH_M = 100.0

_TURNS = {
    (1, 1): ((0, 1), (1, 1), (2, 1)),
    (1, -1): ((0, 1), (1, -1), (2, -1)),
    (2, 1): ((0, 1), (2, 1), (1, -1)),
    (2, -1): ((0, 1), (2, -1), (1, 1)),
    (0, 1): ((1, -1), (0, 1), (2, 1)),
    (0, -1): ((1, 1), (0, -1), (2, 1)),
}
"""By axis and sign of up: which axis becomes x, y and z, and with which sign. All are turns."""

_UPPER = ("neck", "left_shoulder", "right_shoulder")
_LOWER = ("pelvis", "left_hip", "right_hip")
_LOWEST = ("left_ankle", "right_ankle")


def space_clip(
    reader: Reader,
    source: Source,
    sha256: str,
    people: People,
    topology: Topology,
    *,
    part: str = "",
    fps: float | None = None,
    **facts: Any,
) -> Clip:
    """The clip of persons in space, by no stated unit and axes.

    Args:
        reader: Whose corpus and licence it is.
        source: The file.
        sha256: Of the file.
        people: Of three coordinates.
        topology: Of their joints.
        part: Name of the clip within the source.
        fps: Of frames numbered one by one; None where nothing states it.
        facts: Further fields of :class:`Clip`; ``flags`` are added to its own.

    Raises:
        SourceError: ``out_of_range`` for a body that is far larger or farther than any.
    """
    joints = _upright(people, topology)
    joints *= _unit(joints, people.score, topology)
    if np.abs(joints).max() > REACH_M:
        raise SourceError("out_of_range", f"a coordinate beyond {REACH_M:g} m")
    confidence = confidence_of(people.score)
    rate = (FPS if fps is None else fps) / people.step
    motion = Motion(
        joints.astype(np.float32), people.present, confidence, topology, rate, "world", False
    )
    rate_flags = () if fps else (FPS_ASSUMED,)
    return Clip(
        motion=motion,
        clip_id="/".join(filter(None, (reader.name, source.source_id, part))),
        corpus=reader.name,
        source_uri=source.uri,
        source_sha256=sha256,
        frame_index=people.frame_index,
        person_ids=people.ids,
        flags=(*rate_flags, UNIT_ASSUMED, AXES_ASSUMED, *people.flags, *facts.pop("flags", ())),
        licence=reader.licence,
        **facts,
    )


def _upright(people: People, topology: Topology) -> Raw:
    """Joints with the head above the feet: +y up."""
    upper = _middles(people.joints, people.score, topology, _UPPER)
    up = _median(upper - _middles(people.joints, people.score, topology, _LOWER))
    if not np.isfinite(up).all():
        up = _median(upper - _middles(people.joints, people.score, topology, _LOWEST))
    if not np.isfinite(up).all() or not up.any():
        up = np.array((0.0, 1.0, 0.0))
    axis = int(np.abs(up).argmax())
    turn = _TURNS[axis, 1 if up[axis] > 0 else -1]
    turned = np.stack([sign * people.joints[..., source] for source, sign in turn], -1)
    return np.asarray(turned, np.float64)


def _unit(joints: Raw, score: Raw, topology: Topology) -> float:
    """Metres of a unit, by the trunk; 1 where no trunk is seen."""
    trunk = _middles(joints, score, topology, _UPPER) - _middles(joints, score, topology, _LOWER)
    lengths = np.linalg.norm(trunk, axis=-1)
    lengths = lengths[np.isfinite(lengths) & (lengths > 0)]
    if not len(lengths):
        return 1.0
    length = float(np.median(lengths))
    return min(UNITS, key=lambda unit: abs(np.log(length * unit / TRUNK_M)))


def _middles(joints: Raw, score: Raw, topology: Topology, names: Sequence[str]) -> Raw:
    """Mean of the joints of these names that were seen, [T, P, 3]; NaN where none was."""
    index = [topology.index(name) for name in names if name in topology.joints]
    seen = (score[..., index] > 0)[..., None]
    count = seen.sum(-2)
    total = np.where(seen, joints[..., index, :], 0.0).sum(-2)
    return np.asarray(np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0))


def _median(vectors: Raw) -> Raw:
    """Of vectors [T, P, 3], of those that are known."""
    known = vectors[np.isfinite(vectors).all(-1)]
    return np.asarray(np.median(known, axis=0) if len(known) else np.full(3, np.nan))
