"""What most readers end with: raw joints to a Motion, and that of a whole source to a Clip."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora.reader import Reader, Source
from skeletonllm.corpora.toolkit.validation import Raw, observed
from skeletonllm.motion import BoolArray, FloatArray, Motion
from skeletonllm.topology import Topology

REACH_M = 100.0
"""Beyond what any sensor or studio sees; there lies a broken file, not a room."""


def motion_of(
    joints: Raw,
    topology: Topology,
    fps: float,
    *,
    present: BoolArray | None = None,
    confidence: FloatArray | None = None,
    space: str = "camera",
    metric: bool = True,
) -> Motion:
    """The motion of raw joints in space.

    Args:
        joints: [T, P, J, 3], metres, +y up; NaN where a joint is missing.
        topology: What the J joints are.
        fps: Frames a second.
        present: [T, P]; by default a person is there wherever one joint is.
        confidence: [T, P, J], 0 where missing; by default every joint that is there was seen.
        space: ``camera`` or ``world``, see :class:`skeletonllm.motion.Motion`.
        metric: Whether the unit is the metre.

    Raises:
        SourceError: See :func:`skeletonllm.corpora.observed`.

    Example:
        >>> from skeletonllm.topology import KINECT_V1
        >>> motion_of(np.zeros((30, 1, 20, 3)), KINECT_V1, fps=30.0).duration_s
        1.0
    """
    there = ~np.isnan(joints).any(-1)
    present = np.asarray(there.any(-1)) if present is None else present
    trust = np.asarray(there, np.float32) if confidence is None else confidence
    clean, trust = observed(joints, present, trust, reach=REACH_M)
    return Motion(clean, present, trust, topology, fps, space=space, metric=metric)


def clip_of(reader: Reader, source: Source, data: bytes, motion: Motion, **known: Any) -> Clip:
    """The clip of a whole source: its id, provenance and licence follow from reader and source.

    Args:
        reader: Who read it.
        source: What was read.
        data: The bytes of the source, to be hashed.
        motion: What they hold.
        known: Further fields of :class:`skeletonllm.clip.Clip`, or others than the usual ones:
            frames are numbered from 0, and persons too, and the licence is the reader's.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    whole = {"clip_id": f"{reader.name}/{source.source_id}", **known}
    return _clip(reader, source, sha256, motion, whole)


def part_of(
    reader: Reader, source: Source, sha256: str, part: str, motion: Motion, **known: Any
) -> Clip:
    """The clip of one part of a source that holds many, as :func:`clip_of` makes it of a whole one.

    Args:
        reader: Who read it.
        source: What was read.
        sha256: Of the bytes of the source, which are hashed once for all parts.
        part: What the source calls it; the end of the clip's id.
        motion: What it holds.
        known: Further fields of :class:`skeletonllm.clip.Clip`, or others than the usual ones.
    """
    named = {"clip_id": f"{reader.name}/{source.source_id}/{part}", **known}
    return _clip(reader, source, sha256, motion, named)


def _clip(
    reader: Reader, source: Source, sha256: str, motion: Motion, known: dict[str, Any]
) -> Clip:
    fields: dict[str, Any] = {
        "frame_index": tuple(range(motion.num_frames)),
        "person_ids": tuple(str(person) for person in range(motion.num_persons)),
        "licence": reader.licence,
    }
    return Clip(
        motion=motion,
        corpus=reader.name,
        source_uri=source.uri,
        source_sha256=sha256,
        **{**fields, **known},
    )
