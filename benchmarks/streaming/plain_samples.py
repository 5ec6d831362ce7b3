"""A sample read with `tarfile`, `json`, `numpy.load` and numpy alone: what a reader of ours is held
against.

It is written as one writes it without us, with the code that stands on the card of a release.
"""

from __future__ import annotations

import io
import json
import tarfile
from typing import Any

import numpy as np
import numpy.typing as npt

from skeletonllm.clip import Caption, Clip
from skeletonllm.motion import Motion
from skeletonllm.shards import Sample
from skeletonllm.topology import get_topology

Arrays = dict[str, npt.NDArray[Any]]


def read_members(data: bytes) -> dict[str, bytes]:
    """The members of a sample by extension."""
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as tar:
        files = {member.name: tar.extractfile(member) for member in tar}
        return {name.partition(".")[2]: file.read() for name, file in files.items() if file}


def load_arrays(data: bytes) -> Arrays:
    """All arrays of an npz."""
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def dequantize(
    arrays: Arrays, quantum: float
) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
    """``joints, present, confidence`` as a Motion holds them.

    Args:
        arrays: Of an npz.
        quantum: The length of a step, from the JSON.
    """
    low, high = arrays["deltas"].astype(np.int64)
    steps = low + 256 * high
    if "far" in arrays:
        steps.reshape(-1)[arrays["far_at"]] = arrays["far"]
    positions = np.cumsum(steps, axis=-1).transpose(3, 0, 1, 2) * quantum
    shape = positions.shape[:3]
    present = arrays.get("present", np.ones(shape[:2], np.bool_))
    stored = arrays.get("confidence", np.full(shape, 65_535, np.uint16))
    confidence = (stored / np.float32(65_535) * present[..., None]).astype(np.float32)
    return (
        np.where(confidence[..., None] > 0, positions, 0).astype(np.float32),
        present,
        confidence,
    )


def build_sample(meta: dict[str, Any], arrays: Arrays) -> Sample:
    """The same sample as ours; orientations are left out.

    Args:
        meta: The JSON.
        arrays: Those of ``motion.npz``.
    """
    joints, present, confidence = dequantize(arrays, meta["quantum"])
    size = meta["image_size"]
    words = {name: meta[name] for name in ("fps", "space", "metric")}
    motion = Motion(
        joints,
        present,
        confidence,
        get_topology(meta["topology"]),
        image_size=None if size is None else tuple(size),
        **words,
    )
    first = meta["first_frame"]
    index = arrays.get("frame_index", np.arange(first, first + len(joints)))
    plain = {name: meta[name] for name in _PLAIN}
    clip = Clip(
        motion=motion,
        frame_index=tuple(index.tolist()),
        person_ids=tuple(meta["person_ids"]),
        captions=tuple(Caption(**caption) for caption in meta["captions"]),
        flags=tuple(meta["flags"]),
        filled=arrays.get("filled"),
        **plain,
    )
    return Sample(clip, tuple(meta["rationales"]))


def read_sample(data: bytes) -> Sample:
    """A sample from its bytes in a tar, with no check but those of zip and tar."""
    members = read_members(data)
    return build_sample(json.loads(members["json"]), load_arrays(members["motion.npz"]))


_PLAIN = (
    "clip_id corpus source_uri source_sha256 label label_id label_namespace "
    "subject camera setup repetition profile licence"
).split()
