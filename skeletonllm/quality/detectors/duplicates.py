"""The same motion under two names, found without comparing every clip with every other."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from schemas import DUPLICATE
from skeletonllm.motion import FloatArray

Index = npt.NDArray[np.int64]

SAME = 0.005
"""Root mean square distance of two motions, in body heights (9 mm of an adult), below which they
are one recording. The most similar takes of one person doing the same thing differ by 0.0087 in
UTD-MHAD, 0.013 in MSR-Action3D, 0.05 in SBU; copies that were turned, moved, scaled and resampled
to two thirds of their rate or more by less than 0.004."""
NEIGHBOURS = 8
"""Nearest clips that are compared, itself included. Of a hundred copies each finds some other; with
2, noise could put a later copy before every earlier one."""
AXES = 16
"""Directions in which fingerprints are searched. Clips lie no farther apart in these than in all
264, so copies are among the neighbours; a tree in all of them prunes so little that it took 30
times as long for 100,000 clips."""
_APART = ("subject", "camera", "setup", "repetition")


def find_duplicates(rows: pa.Table, marks: FloatArray) -> pa.Table:
    """Each clip whose motion an earlier one has, as a row of :data:`schemas.DUPLICATE`.

    Cost: a k-d tree, about 3 s and 0.5 GB for 100,000 clips; no clip is compared with all others.

    Args:
        rows: Of :data:`schemas.QUALITY`; clip_id, motion_sha256, label and provenance are read.
        marks: Fingerprints [N, D] in the same order; zeros stand for nothing.
    """
    hashes = rows.column("motion_sha256").to_pylist()
    first: dict[str, int] = {}
    exact = {i: first[h] for i, h in enumerate(hashes) if first.setdefault(h, i) != i}
    alone = np.array([i for i in range(len(hashes)) if i not in exact], np.int64)
    near = _near(alone, marks)
    found = {i: (j, "exact", 0.0) for i, j in exact.items()}
    found |= {i: (j, "near", distance) for i, (j, distance) in near.items()}
    light = rows.select(["clip_id", "label", "label_namespace", *_APART]).to_pylist()
    pairs = [_pair(light[i], light[j], kind, d) for i, (j, kind, d) in sorted(found.items())]
    return pa.Table.from_pylist(pairs, schema=DUPLICATE.arrow)


def _near(clips: Index, marks: FloatArray) -> dict[int, tuple[int, float]]:
    """For each of the clips the nearest earlier one that is the same, and how far it is."""
    clips = clips[np.abs(marks[clips]).sum(1) > 0] if len(clips) else clips
    if len(clips) < 2:
        return {}
    from scipy.spatial import cKDTree  # noqa: PLC0415 - only a corpus of many waits for scipy

    places = _along_main_axes(marks[clips])
    distance, other = cKDTree(places).query(places, NEIGHBOURS, distance_upper_bound=SAME)
    later = np.isfinite(distance) & (other < np.arange(len(clips))[:, None])
    at, column = np.nonzero(later)
    pairs = np.stack([clips[at], clips[other[at, column]]], 1)
    apart = np.linalg.norm(marks[pairs[:, 0]] - marks[pairs[:, 1]], axis=1)
    found: dict[int, tuple[int, float]] = {}
    for i in np.argsort(apart, kind="stable").tolist():
        if apart[i] <= SAME:
            found.setdefault(int(pairs[i, 0]), (int(pairs[i, 1]), float(apart[i])))
    return found


def _along_main_axes(points: FloatArray) -> FloatArray:
    """Points [N, D] in the AXES directions in which they differ the most."""
    centred = points - points.mean(0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    return np.asarray(centred @ axes[:, -AXES:], np.float32)


def _pair(clip: dict[str, Any], other: dict[str, Any], kind: str, distance: float) -> Any:
    named = clip["label_namespace"] == other["label_namespace"] and clip["label"] is not None
    return {
        "clip_id": clip["clip_id"],
        "same_as": other["clip_id"],
        "kind": kind,
        "distance": round(distance, 6),
        "label": clip["label"],
        "same_label": other["label"],
        "label_conflict": named and clip["label"] != other["label"],
        "differ": [name for name in _APART if clip[name] != other[name]],
    }
