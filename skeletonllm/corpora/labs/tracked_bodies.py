"""What the readers of depth cameras share: bodies of each frame, with ids, to a clip in metres."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora.labs.points import find_up, likely_unit, to_y_up
from skeletonllm.corpora.pose.detections import FPS, Pose, confidence_of, gather_people
from skeletonllm.corpora.reader import Reader, Source
from skeletonllm.corpora.toolkit.assumed import AXES_ASSUMED, FPS_ASSUMED, UNIT_ASSUMED
from skeletonllm.corpora.toolkit.validation import Raw
from skeletonllm.errors import SourceError
from skeletonllm.motion import Motion
from skeletonllm.topology import Topology

REACH_M = 100.0
CAMERA = (-1.0, -1.0, 1.0)
"""From +x right, +y down, +z away from the sensor, as its software has it, to our camera space."""


def clip_of_bodies(
    reader: Reader,
    source: Source,
    data: bytes,
    frames: Mapping[int, Sequence[Pose]],
    topology: Topology,
    *,
    fps: float | None,
    unit_m: float | None,
    flags: Sequence[str] = (),
    in_camera: bool = False,
) -> Clip:
    """The clip of bodies that a depth camera tracked.

    Args:
        reader: Whose corpus and licence it is.
        source: The file.
        data: Its bytes.
        frames: Bodies by number of the frame, with joints [J, 3].
        topology: Of the joints.
        fps: Frames a second, of frames numbered one by one; None where nothing states them.
        unit_m: Metres in a unit; None to go by the length of limbs.
        flags: What the reader had to say already.
        in_camera: Axes are those of the sensor, see :data:`CAMERA`; else up goes by the body.

    Raises:
        SourceError: ``no_body``, ``no_frames``, ``out_of_range``, ``unsafe``, or ``non_finite``.
    """
    people = gather_people(frames)
    seen = people.score > 0
    raw = np.where(seen[..., None], people.joints, np.nan)
    metres, metric = (unit_m, True) if unit_m else likely_unit(raw, topology)
    up, sure = ("+y", True) if in_camera else find_up(raw, topology.joints, "+y")
    turned = raw * CAMERA * metres if in_camera else to_y_up(raw, up, metres)
    joints = np.where(seen[..., None], turned, 0.0)
    if np.abs(joints).max() > REACH_M:
        raise SourceError("out_of_range", f"a coordinate beyond {REACH_M:g} m")
    motion = Motion(
        joints=joints.astype(np.float32),
        present=people.present,
        confidence=confidence_of(people.score),
        topology=topology,
        fps=(fps or FPS) / people.step,
        space="camera" if in_camera else "world",
        metric=metric,
    )
    guessed = {FPS_ASSUMED: fps is None, UNIT_ASSUMED: unit_m is None, AXES_ASSUMED: not sure}
    return Clip(
        motion=motion,
        clip_id=f"{reader.name}/{source.source_id}",
        corpus=reader.name,
        source_uri=source.uri,
        source_sha256=hashlib.sha256(data).hexdigest(),
        frame_index=people.frame_index,
        person_ids=people.ids,
        flags=(*flags, *people.flags, *(flag for flag, holds in guessed.items() if holds)),
        licence=reader.licence,
    )


def read_triples(value: Any, count: int, what: str) -> Raw:
    """Points of three numbers each as float64 [count, 3]; null is NaN.

    Args:
        value: As JSON has them.
        count: How many there must be.
        what: Their name, for the sentence of the error.

    Raises:
        SourceError: ``format``.
    """
    rows = value if isinstance(value, list) else []
    if len(rows) != count:
        found = f"{what}: {len(rows) if isinstance(value, list) else type(value).__name__}"
        raise SourceError("format", found, expected=f"{count} points")
    try:
        array = np.array([row or (None,) * 3 for row in rows], dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise SourceError("format", f"{what} that are no points ({error})"[:200]) from None
    if array.shape != (count, 3):
        raise SourceError("format", f"{what} of shape {array.shape}", expected=f"({count}, 3)")
    return array


def rate_of_stamps(stamps: Sequence[float | None], unit_s: float) -> float | None:
    """Frames a second of time stamps by their median step; None where there are too few.

    Args:
        stamps: One a frame; None where it has none.
        unit_s: Seconds in their unit.
    """
    known = np.array([stamp for stamp in stamps if stamp is not None], np.float64)
    with np.errstate(invalid="ignore", over="ignore"):  # stamps may be anything, even infinite
        steps = np.diff(known) * unit_s
    steps = steps[np.isfinite(steps) & (steps > 0)]
    if len(steps) == 0 or not 1e-4 <= (step := float(np.median(steps))) <= 60:
        return None
    # cameras stamp to the microsecond or so: 33.367 ms is 29.97, and 33.333 is 30
    rate = 1 / step
    return float(round(rate)) if abs(rate - round(rate)) < 0.02 * rate else round(rate, 3)


def number_or_none(value: Any) -> float | None:
    """A number of JSON, or text of one; else None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None
