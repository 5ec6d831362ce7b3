"""Quantization: the positions of a motion as int16 steps on a grid, and back.

``q = round((x - origin) / quantum)``, int16, one origin a clip; the error is half a quantum:

=================  ==========  ===========
space              quantum     error
=================  ==========  ===========
metric             0.2 mm      <= 0.1 mm
image              0.1 px      <= 0.05 px
not metric         1e-4 unit   <= 5e-5
=================  ==========  ===========

A clip too wide for 65,535 steps (13 m) doubles its quantum until it fits, and records it. The first
frame is stored as it is, then each frame as its difference to the one before, modulo 2^16, so that
a running sum in int16 gives back exactly ``q``; int8 where every difference fits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from skeletonllm.motion import BoolArray, FloatArray, Motion

Arrays = dict[str, npt.NDArray[Any]]

QUANTUM_METRIC = 2e-4
"""Metres. The error of 0.1 mm is below the noise of depth sensors and about that of the best marker
systems; 13 m still fit into int16."""
QUANTUM_IMAGE = 0.1
"""Pixels. The error of 0.05 px is below what pose estimators resolve; 6,500 px still fit."""
QUANTUM_UNITLESS = 1e-4
"""Of the corpus' own unit; 6.5 units still fit."""
_HALF_RANGE = 32_766
"""One step less than int16 has, because the origin is itself rounded to a whole step."""
_FULL = 65_535
"""Confidence 1 as uint16: the error is below 1e-5, and what is not 0 stays above 0."""


def quantize_motion(motion: Motion) -> Arrays:
    """The arrays of ``motion.npz``, none of them pickled.

    ``first`` int16 [P,J,3], ``deltas`` int8 or int16 [T-1,P,J,3], ``origin`` float64 [3],
    ``quantum`` float64, ``present`` bool [T,P]; ``confidence`` uint16 [T,P,J] unless every joint of
    every present person has 1; ``orientations`` int16 [T,P,J,4] (of 32767) where there are any.
    """
    observed = motion.observed
    origin, quantum = _grid(motion, observed)
    steps = np.rint((motion.joints.astype(np.float64) - origin) / quantum)
    steps = _hold(np.where(observed[..., None], steps, 0).astype(np.int16), observed)
    deltas = np.diff(steps, axis=0)
    small = deltas.astype(np.int8)
    arrays: Arrays = {
        "first": steps[0],
        "deltas": small if np.array_equal(small, deltas) else deltas,
        "origin": origin,
        "quantum": np.array(quantum, np.float64),
        "present": motion.present,
    }
    if not (motion.confidence[motion.present] == 1).all():
        arrays["confidence"] = _quantize_confidence(motion.confidence)
    if motion.orientations is not None:
        arrays["orientations"] = np.rint(motion.orientations.clip(-1, 1) * 32_767).astype(np.int16)
    return arrays


def dequantize_motion(
    arrays: Arrays,
) -> tuple[FloatArray, BoolArray, FloatArray, FloatArray | None]:
    """``joints, present, confidence, orientations`` as a Motion holds them.

    ``joints`` float32 [T,P,J,3], ``present`` bool [T,P], ``confidence`` float32 [T,P,J], and
    ``orientations`` float32 [T,P,J,4] or None. A joint that was not observed is exactly 0, with
    confidence 0.
    """
    deltas = arrays["deltas"].astype(np.int16)
    steps = np.cumsum(np.concatenate([arrays["first"][None], deltas]), axis=0, dtype=np.int16)
    present = arrays["present"].astype(np.bool_)
    shape = steps.shape[:3]
    stored = arrays.get("confidence", np.full(shape, _FULL, np.uint16))
    confidence = (stored / np.float32(_FULL) * present[..., None]).astype(np.float32)
    positions = arrays["origin"] + steps * arrays["quantum"]
    joints = np.where(confidence[..., None] > 0, positions, 0).astype(np.float32)
    turned = arrays.get("orientations")
    return joints, present, confidence, None if turned is None else _unit(turned)


def _grid(motion: Motion, observed: BoolArray) -> tuple[npt.NDArray[np.float64], float]:
    """Origin (a whole number of quanta, so that encoding twice changes nothing) and quantum."""
    quantum = QUANTUM_METRIC if motion.metric else QUANTUM_UNITLESS
    quantum = QUANTUM_IMAGE if motion.space == "image" else quantum
    points = motion.joints[observed].astype(np.float64)
    if not len(points):
        return np.zeros(3), quantum
    low, high = points.min(axis=0), points.max(axis=0)
    while (high - low).max() > 2 * _HALF_RANGE * quantum:
        quantum *= 2
    return np.rint((low + high) / 2 / quantum) * quantum, quantum


def _hold(steps: npt.NDArray[np.int16], observed: BoolArray) -> npt.NDArray[np.int16]:
    """Fill what is unobserved with the last observed value: its difference is then 0 and packs."""
    at = np.where(observed, np.arange(len(steps))[:, None, None], 0)  # [T, P, J]
    last = np.maximum.accumulate(at, axis=0)
    return np.asarray(np.take_along_axis(steps, last[..., None], axis=0))


def _quantize_confidence(confidence: FloatArray) -> npt.NDArray[np.uint16]:
    steps = np.rint(confidence.astype(np.float64) * _FULL)
    return np.asarray(np.where(confidence > 0, np.maximum(steps, 1), 0).astype(np.uint16))


def _unit(turned: npt.NDArray[np.int16]) -> FloatArray:
    return np.asarray(turned.astype(np.float32) / np.float32(32_767), dtype=np.float32)
