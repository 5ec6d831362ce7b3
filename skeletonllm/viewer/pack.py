"""One motion in few bytes, for a page to draw: whole steps of a centimetre, ten frames a second.

A packed motion is, all little endian:

=====================  =========================================================================
bytes                  what
=====================  =========================================================================
4                      length of the head
n                      head: JSON with ``fps``, ``frames``, ``persons``, ``joints``, ``scale`` ...
ceil(T P J / 8)        one bit a joint, lowest first, order [T, P, J]: whether it was observed
T P J 3                low bytes of the differences
T P J 3                high bytes
=====================  =========================================================================

A value is ``origin + scale * s``, where ``s`` is the running sum over time of the differences,
int16, order [T, P, J, 3]. What was not observed repeats its last value, so that it costs nothing.
Steps lie within +-16,383, so that no difference leaves int16: a motion of more than 160 m gets
longer steps.
"""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from skeletonllm.errors import UsageError
from skeletonllm.motion import BoolArray, FloatArray, Motion

FPS = 10.0
"""Frames a second of a page: a person sees how someone moves."""
STEP_M = 0.01
"""Metres: what a sensor knows of a joint."""
FINE_M = 0.001
"""Metres, of a motion in full: below what a picture shows."""
_STEPS_OF_BODY = 200
"""Where nothing says how long a unit is, a body has as many steps as one of 2 m has centimetres."""
_STEP_PX = 0.5
_MOST = 16_383
_HEAD = struct.Struct("<I")


def pack_motion(motion: Motion, fps: float | None = FPS, step_m: float = STEP_M) -> bytes:
    """A motion as the bytes that a page unpacks. Same motion, same bytes.

    Frames are chosen, never mixed: each is the one nearest to its time, as it was seen.

    Args:
        motion: At least one frame.
        fps: Frames a second, at most; None for all frames.
        step_m: Length of a step, metres; steps of other units are as much shorter.

    Raises:
        UsageError: The motion has no frame.

    Example:
        >>> from skeletonllm.synthesis import synthesize
        >>> unpack_motion(pack_motion(synthesize("jump up", seed=1))).head["fps"]
        10.0
    """
    if not motion.num_frames:
        raise UsageError("a motion of no frame", expected="one or more")
    chosen, rate = _choose_frames(motion, fps)
    joints, observed = motion.joints[chosen], motion.observed[chosen]
    origin, scale = _choose_grid(motion, joints, observed, step_m)
    steps = np.rint((joints - origin) / scale).astype(np.int32)
    held = _hold(steps, observed)
    deltas = np.diff(held, axis=0, prepend=0).astype("<i2")
    planes = deltas.reshape(-1, 1).view(np.uint8)
    head = _write_head(motion, rate, observed.shape, origin, scale)
    bits = np.packbits(observed.reshape(-1), bitorder="little")
    parts = (_HEAD.pack(len(head)), head, bits.tobytes(), np.ascontiguousarray(planes.T).tobytes())
    return b"".join(parts)


@dataclass(frozen=True, eq=False)
class Unpacked:
    """What :func:`pack_motion` packed.

    Args:
        head: The JSON at its beginning.
        positions: float32 [T, P, J, 3], in units.
        observed: bool [T, P, J].
    """

    head: dict[str, Any]
    positions: FloatArray
    observed: BoolArray


def unpack_motion(data: bytes) -> Unpacked:
    """Inverse of :func:`pack_motion`, up to its rounding and the frames it left out.

    Raises:
        UsageError: The bytes are of another length than the head says.
    """
    (length,) = _HEAD.unpack_from(data)
    start = _HEAD.size + length
    head = json.loads(data[_HEAD.size : start])
    shape = (head["frames"], head["persons"], head["joints"])
    count = int(np.prod(shape))
    middle = start + -(-count // 8)
    if len(data) != middle + 6 * count:
        raise UsageError(f"{len(data)} bytes", expected=f"{middle + 6 * count}, as its head says")
    bits = np.frombuffer(data, np.uint8, middle - start, start)
    observed = np.unpackbits(bits, count=count, bitorder="little").astype(np.bool_)
    planes = np.frombuffer(data, np.uint8, 6 * count, middle).reshape(2, -1)
    deltas = np.ascontiguousarray(planes.T).view("<i2").reshape(*shape, 3)
    steps = np.cumsum(deltas, axis=0, dtype=np.int32)
    positions = np.asarray(head["origin"]) + head["scale"] * steps
    return Unpacked(head, positions.astype(np.float32), observed.reshape(shape))


def _choose_frames(motion: Motion, fps: float | None) -> tuple[npt.NDArray[np.int64], float]:
    """Indices of the frames, and how many of them make a second."""
    if fps is None or motion.fps <= fps:
        return np.arange(motion.num_frames), float(motion.fps)
    count = int((motion.num_frames - 1) * fps / motion.fps + 1e-9) + 1
    nearest = np.floor(np.arange(count) * motion.fps / fps + 0.5).astype(np.int64)
    return np.minimum(nearest, motion.num_frames - 1), float(fps)


def _choose_grid(
    motion: Motion, joints: FloatArray, observed: BoolArray, step_m: float
) -> tuple[npt.NDArray[np.float64], float]:
    """Origin and length of a step: all that is observed lies within :data:`_MOST` steps of it."""
    points = joints[observed].astype(np.float64)
    if not len(points):
        return np.zeros(3), step_m
    low, high = points.min(axis=0), points.max(axis=0)
    scale = _choose_step(motion, joints, observed) * (step_m / STEP_M)
    while float((high - low).max()) > 2 * (_MOST - 1) * scale:
        scale *= 2
    return np.rint((low + high) / 2 / scale) * scale, scale


def _choose_step(motion: Motion, joints: FloatArray, observed: BoolArray) -> float:
    if motion.metric:
        return STEP_M
    if motion.space == "image":
        return _STEP_PX
    seen = np.where(observed[..., None], joints, np.nan)
    bodies = seen.reshape(-1, *seen.shape[2:])[observed.reshape(-1, observed.shape[2]).any(axis=1)]
    extent = np.nanmax(np.nanmax(bodies, axis=1) - np.nanmin(bodies, axis=1), axis=1)
    size = float(np.median(extent))
    # In 32 bits the step of a body of some 1e-43 units would be 0.
    return float(np.float32(size / _STEPS_OF_BODY)) or size / _STEPS_OF_BODY or STEP_M


def _hold(steps: npt.NDArray[np.int32], observed: BoolArray) -> npt.NDArray[np.int32]:
    """What is unobserved as the last observed value, or the first one; 0 where there is none."""
    at = np.where(observed, np.arange(len(steps))[:, None, None], -1)
    last = np.maximum.accumulate(at, axis=0)
    last = np.where(last < 0, observed.argmax(axis=0), last)
    held = np.take_along_axis(steps, last[..., None], axis=0)
    return np.where(np.any(observed, axis=0, keepdims=True)[..., None], held, 0)


def _count_digits(scale: float) -> int:
    """Decimals that tell a thousandth of a step; nine of all steps that are not tiny."""
    return max(9, 3 - math.floor(math.log10(scale)))


def _write_head(
    motion: Motion,
    rate: float,
    shape: tuple[int, ...],
    origin: npt.NDArray[np.float64],
    scale: float,
) -> bytes:
    frames, persons, joints = shape
    pixels = "px" if motion.space == "image" else ""
    head: dict[str, Any] = {
        "fps": rate,
        "t0": 0,
        "frames": frames,
        "persons": persons,
        "joints": joints,
        "topology": motion.topology.name,
        "scale": scale,
        "origin": [round(float(value), _count_digits(scale)) for value in origin],
        "unit": "m" if motion.metric else pixels,
        "space": motion.space,
        "source_fps": float(motion.fps),
        "source_frames": motion.num_frames,
    }
    if motion.image_size is not None:
        head["image_size"] = list(motion.image_size)
    return json.dumps(head, separators=(",", ":"), ensure_ascii=False).encode()
