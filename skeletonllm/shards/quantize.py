"""Quantization: the positions of a motion as whole steps of a fixed length, and back.

``q = round(x / quantum)``; the error is half a quantum, and the rounding to float32:

=================  ==========  ===========
space              quantum     error
=================  ==========  ===========
metric             0.2 mm      <= 0.1 mm
image              0.1 px      <= 0.05 px
not metric         1e-4 unit   <= 5e-5
=================  ==========  ===========

Each joint is stored as its differences from frame to frame (the first one from 0), in two planes
of bytes: ``difference = low + 256 * high``. Time runs along the last axis, so that a joint at rest
is a run of zeros. The few differences that two bytes do not hold (a jump of more than 6.5 m) stand
in a list of their own: one stray joint costs its own bytes, and no other joint any precision.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from skeletonllm.motion import BoolArray, FloatArray, Motion
from skeletonllm.shards.npz import Arrays

Steps = npt.NDArray[np.int64]

QUANTUM_METRIC = 2e-4
"""Metres. The error of 0.1 mm is below the noise of depth sensors and about that of the best marker
systems."""
QUANTUM_IMAGE = 0.1
"""Pixels. The error of 0.05 px is below what pose estimators resolve."""
QUANTUM_UNITLESS = 1e-4
"""Of the corpus' own unit."""
_MOST_STEPS = 2**61
"""What int64 holds with room for a difference: 4.6e14 m. Beyond, a motion doubles its quantum."""
_MOST_FLOAT = float(np.finfo(np.float32).max) * (1 + 2**-26)
"""What still rounds to a float32."""
_FULL = 65_535
"""Confidence 1 as uint16: the error is below 1e-5, and what is not 0 stays above 0."""
_TURN = 32_767
"""A part of a quaternion, which lies in -1..1, as int16."""


def quantize_motion(motion: Motion) -> Arrays:
    """The arrays of ``motion.npz``, none of them pickled.

    ``deltas`` int8 [2,P,J,3,T], low and high bytes of the differences. Where
    some fit into no two bytes (they are 0 there): ``far`` int32 or int64 [K], and ``far_at`` int32
    [K], their places in [P,J,3,T]. ``present`` bool [T,P] unless everyone is always there.
    ``confidence`` uint16 [T,P,J] unless every joint of every present person has 1. Where there are
    any, ``orientations`` int8 [2,P,J,4,T]: int16 values (of 32767), as differences modulo 2^16.
    """
    observed = motion.observed
    quantum = choose_quantum(motion)
    steps = np.rint(motion.joints.astype(np.float64) / quantum)
    steps = _hold(np.where(observed[..., None], steps, 0).astype(np.int64), observed)
    arrays = _split_far(steps)
    if not motion.present.all():
        arrays["present"] = motion.present
    if not (motion.confidence[motion.present] == 1).all():
        arrays["confidence"] = _quantize_confidence(motion.confidence)
    if motion.orientations is not None:
        turned = np.rint(motion.orientations.clip(-1, 1) * _TURN).astype(np.int64)
        arrays["orientations"] = _to_planes(_differences(turned))
    return arrays


def dequantize_motion(
    arrays: Arrays, quantum: float
) -> tuple[FloatArray, BoolArray, FloatArray, FloatArray | None]:
    """``joints, present, confidence, orientations`` as a Motion holds them.

    ``joints`` float32 [T,P,J,3], ``present`` bool [T,P], ``confidence`` float32 [T,P,J], and
    ``orientations`` float32 [T,P,J,4] or None. A joint that was not observed is exactly 0, with
    confidence 0.

    Args:
        arrays: Of ``motion.npz``.
        quantum: What :func:`choose_quantum` gave of the motion.

    Raises:
        KeyError: An array is missing.
        ValueError: One has a type, shape or value that does not fit the others.
        IndexError: A place of ``far`` lies outside.
    """
    planes = _checked(arrays, "deltas", "|i1", (2, -1, -1, 3, -1))
    _, persons, joints, _, frames = planes.shape
    shape = (frames, persons, joints)
    if not (isinstance(quantum, float) and 0 < quantum < np.inf):
        raise ValueError(f"quantum {quantum!r}")
    steps = _sum_steps(planes, arrays)
    positions = _to_positions(steps, quantum).reshape(*shape, 3)
    present, confidence = _take_confidence(arrays, shape)
    if "present" in arrays or "confidence" in arrays:
        positions[confidence == 0] = 0
    return positions, present, confidence, _take_orientations(arrays, shape)


def choose_quantum(motion: Motion) -> float:
    """The length of a step: fixed for its space, whatever the extent of the motion.

    It stands in the JSON of a sample: an array of one number is an entry of its own to unpack.
    """
    quantum = QUANTUM_METRIC if motion.metric else QUANTUM_UNITLESS
    quantum = QUANTUM_IMAGE if motion.space == "image" else quantum
    points = motion.joints[motion.observed]
    farthest = float(np.abs(points).max()) if points.size else 0.0
    while farthest > _MOST_STEPS * quantum:
        quantum *= 2
    return quantum


def _hold(steps: Steps, observed: BoolArray) -> Steps:
    """Fill what is unobserved with the last observed value, or with the first one before it.

    Its differences are then 0, and pack. A joint that is never seen stays 0.
    """
    at = np.where(observed, np.arange(len(steps))[:, None, None], -1)  # [T, P, J]
    last = np.maximum.accumulate(at, axis=0)
    last = np.where(last < 0, observed.argmax(axis=0), last)
    return np.asarray(np.take_along_axis(steps, last[..., None], axis=0))


def _differences(steps: Steps) -> Steps:
    """[T,P,J,C] -> [P,J,C,T]: of each frame to the one before, and of the first to 0."""
    return np.ascontiguousarray(np.moveaxis(np.diff(steps, axis=0, prepend=0), 0, -1))


def _to_planes(deltas: Steps) -> npt.NDArray[np.int8]:
    """[...] -> [2, ...]: low byte, from -128 on, and high byte, modulo 2^16."""
    return np.stack([deltas.astype(np.int8), ((deltas + 128) >> 8).astype(np.int8)])


def _split_far(steps: Steps) -> Arrays:
    """``deltas``, and ``far`` and ``far_at`` where two bytes do not hold them all."""
    deltas = _differences(steps)
    high = (deltas + 128) >> 8
    far = (high < -128) | (high > 127)
    arrays: Arrays = {"deltas": _to_planes(np.where(far, 0, deltas))}
    if far.any():
        values = deltas[far]
        extremes = (values.min(), values.max(), steps.min(), steps.max())
        narrow = all(-(2**31) <= value < 2**31 for value in extremes)
        arrays["far_at"] = np.flatnonzero(far).astype(np.int32)
        arrays["far"] = values.astype(np.int32 if narrow else np.int64)
    return arrays


def _sum_steps(planes: npt.NDArray[np.int8], arrays: Arrays) -> npt.NDArray[np.signedinteger]:
    """The running sum of the differences [P,J,3,T]; in int64 only where a far one needs it."""
    far = arrays.get("far")
    wide = np.int64 if far is not None and far.dtype == np.int64 else np.int32
    low, steps = planes.astype(wide)
    steps <<= 8
    steps += low
    if far is not None:
        at = _checked(arrays, "far_at", "<i4", far.shape)
        if far.dtype.kind != "i":
            raise ValueError(f"far of type {far.dtype}")
        steps.reshape(-1)[at] = far
    return np.add.accumulate(steps, axis=-1, out=steps)


def _to_positions(steps: npt.NDArray[np.signedinteger], quantum: float) -> FloatArray:
    """[P,J,3,T] -> [T, P*J*3], rounded to float32 once."""
    if quantum > 1 and float(np.abs(steps.astype(np.float64)).max()) * quantum > _MOST_FLOAT:
        raise ValueError(f"quantum {quantum} of more than float32 holds")
    exact = np.ascontiguousarray(steps.reshape(-1, steps.shape[-1]).T) * quantum
    return np.asarray(exact.astype(np.float32))


def _take_confidence(arrays: Arrays, shape: tuple[int, int, int]) -> tuple[BoolArray, FloatArray]:
    """``present`` [T,P] and ``confidence`` [T,P,J], where none is stored full of ones."""
    if "present" in arrays:
        # Not as it is: damage may have made a byte of it neither 0 nor 1.
        present = _checked(arrays, "present", "|b1", shape[:2]).view(np.uint8) != 0
    else:
        present = np.ones(shape[:2], np.bool_)
    if "confidence" in arrays:
        stored: npt.NDArray[np.uint16] = _checked(arrays, "confidence", "<u2", shape)
        confidence = np.divide(stored, np.float32(_FULL), dtype=np.float32)
    else:
        confidence = np.ones(shape, np.float32)
    if "present" in arrays:
        confidence *= present[..., None]
    return present, confidence


def _take_orientations(arrays: Arrays, shape: tuple[int, int, int]) -> FloatArray | None:
    if "orientations" not in arrays:
        return None
    frames, persons, joints = shape
    planes = _checked(arrays, "orientations", "|i1", (2, persons, joints, 4, frames))
    low, steps = planes.astype(np.int16)
    steps <<= 8
    steps += low
    np.add.accumulate(steps, axis=-1, out=steps)
    turned = steps.transpose(3, 0, 1, 2).astype(np.float32, order="C")
    turned /= np.float32(_TURN)
    return turned


def _checked(arrays: Arrays, name: str, dtype: str, shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """An array of this type and shape; -1 stands for any size above 0."""
    array = arrays[name]
    found = array.shape
    fits = found == shape or (
        len(found) == len(shape)
        and all(a == b or (b < 0 < a) for a, b in zip(found, shape, strict=True))
    )
    if not fits or array.dtype != dtype:
        raise ValueError(f"{name} of shape {found} and type {array.dtype}")
    return array


def _quantize_confidence(confidence: FloatArray) -> npt.NDArray[np.uint16]:
    steps = np.rint(confidence.astype(np.float64) * _FULL)
    return np.asarray(np.where(confidence > 0, np.maximum(steps, 1), 0).astype(np.uint16))
