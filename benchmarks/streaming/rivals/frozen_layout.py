"""Samples as they lay in the tars of version 2, and how any laboratory would read them.

A copy of ``skeletonllm.shards`` as it was on 2026-11-26, frozen: what the comparison is measured in
must not become faster with what is compared. ``np.load``, ``json.loads`` and the dequantization,
nothing else; negatives stand in no sample here, as they stand in none of ours.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Arrays = dict[str, npt.NDArray[Any]]

META = "json"
MOTION = "motion.npz"
_FULL = 65_535
_HALF_RANGE = 32_766
_OF_CLIP = (
    "clip_id corpus source_uri source_sha256 person_ids label label_id label_namespace "
    "subject camera setup repetition flags profile licence"
).split()
_OF_MOTION = "fps space metric image_size num_frames num_persons".split()


def encode_frozen(clip: Any, rationales: Sequence[Mapping[str, Any]]) -> dict[str, bytes]:
    """The members of a sample by extension.

    Args:
        clip: A :class:`skeletonllm.clip.Clip`.
        rationales: Rows of :data:`schemas.RATIONALE`, as plain data.
    """
    motion = clip.motion
    arrays = _quantize(motion)
    arrays["frame_index"] = np.asarray(clip.frame_index, dtype=np.int32)
    if clip.filled is not None:
        arrays["filled"] = clip.filled
    meta = {
        **{name: getattr(clip, name) for name in _OF_CLIP},
        **{name: getattr(motion, name) for name in _OF_MOTION},
        "sample_version": "2.0.0",
        "topology": motion.topology.name,
        "topology_sha256": motion.topology.sha256,
        "motion_sha256": motion.sha256,
        "captions": [vars(caption) for caption in clip.captions],
        "rationales": [dict(row) for row in rationales],
    }
    text = json.dumps(meta, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return {META: text.encode(), MOTION: _pack(arrays)}


def decode_frozen(members: Mapping[str, Any]) -> tuple[dict[str, Any], Arrays]:
    """All that is text or number, and ``joints``, ``present``, ``confidence`` and so on.

    Args:
        members: What plain ``webdataset`` yields.
    """
    meta = json.loads(members[META])
    with np.load(io.BytesIO(members[MOTION]), allow_pickle=False) as archive:
        stored = {name: archive[name] for name in archive.files}
    return meta, _dequantize(stored)


def _dequantize(arrays: Arrays) -> Arrays:
    deltas = arrays["deltas"].astype(np.int16)
    steps = np.cumsum(np.concatenate([arrays["first"][None], deltas]), axis=0, dtype=np.int16)
    present = arrays["present"].astype(np.bool_)
    stored = arrays.get("confidence", np.full(steps.shape[:3], _FULL, np.uint16))
    confidence = (stored / np.float32(_FULL) * present[..., None]).astype(np.float32)
    positions = arrays["origin"] + steps * arrays["quantum"]
    joints = np.where(confidence[..., None] > 0, positions, 0).astype(np.float32)
    motion = {"joints": joints, "present": present, "confidence": confidence}
    if "orientations" in arrays:
        turned = arrays["orientations"].astype(np.float32) / np.float32(32_767)
        motion["orientations"] = turned
    return motion | {name: arrays[name] for name in ("frame_index", "filled") if name in arrays}


def _quantize(motion: Any) -> Arrays:
    observed = motion.observed
    origin, quantum = _find_grid(motion, observed)
    steps = np.rint((motion.joints.astype(np.float64) - origin) / quantum)
    steps = np.where(observed[..., None], steps, 0).astype(np.int16)
    frames = np.where(observed, np.arange(len(steps))[:, None, None], 0)
    held = np.take_along_axis(steps, np.maximum.accumulate(frames, axis=0)[..., None], axis=0)
    deltas = np.diff(held, axis=0)
    small = deltas.astype(np.int8)
    arrays: Arrays = {
        "first": held[0],
        "deltas": small if np.array_equal(small, deltas) else deltas,
        "origin": origin,
        "quantum": np.array(quantum, np.float64),
        "present": motion.present,
    }
    if not (motion.confidence[motion.present] == 1).all():
        shares = np.rint(motion.confidence.astype(np.float64) * _FULL)
        shares = np.where(motion.confidence > 0, np.maximum(shares, 1), 0)
        arrays["confidence"] = shares.astype(np.uint16)
    if motion.orientations is not None:
        arrays["orientations"] = np.rint(motion.orientations.clip(-1, 1) * 32_767).astype(np.int16)
    return arrays


def _find_grid(motion: Any, observed: Any) -> tuple[npt.NDArray[np.float64], float]:
    quantum = 0.1 if motion.space == "image" else 2e-4 if motion.metric else 1e-4
    points = motion.joints[observed].astype(np.float64)
    if not len(points):
        return np.zeros(3), quantum
    low, high = points.min(axis=0), points.max(axis=0)
    while (high - low).max() > 2 * _HALF_RANGE * quantum:
        quantum *= 2
    return np.rint((low + high) / 2 / quantum) * quantum, quantum


def _pack(arrays: Arrays) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(arrays):
            member = io.BytesIO()
            np.lib.format.write_array(member, arrays[name], allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, member.getvalue())
    return buffer.getvalue()
