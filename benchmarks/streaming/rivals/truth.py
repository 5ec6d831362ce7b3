"""Whether a reader gives what was written: every clip once, its words, and its joints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.streaming.rivals.taken import Taken

COPY = "+"
"""Stands between the id of an original and the number of its copy."""
MOST = 0.51
"""Quanta by which a coordinate may differ: half of one, and the rounding of float32."""
SHARE = 1e-4
"""By how much a confidence may differ; both layouts keep it to 1e-5."""


def name_original(clip_id: str) -> str:
    """The id of the clip of which this one is a copy.

    Example:
        >>> name_original("lab/7+12")
        'lab/7'
    """
    return clip_id.rpartition(COPY)[0]


class Truth:
    """What was written, and what of it was seen.

    Args:
        folder: What :func:`benchmarks.streaming.rivals.clips.write_truth` wrote.
    """

    def __init__(self, folder: Path) -> None:
        with np.load(folder / "arrays.npz") as stored:
            self._arrays: dict[str, Any] = {name: stored[name] for name in stored.files}
        self._texts: dict[str, Any] = json.loads((folder / "texts.json").read_text())
        self._seen: set[str] = set()
        self._samples = self._wrong = 0
        self._error = 0.0

    def compare(self, taken: Taken) -> None:
        """Count a sample, and whether anything in it is wrong."""
        number, label, stories, quantum = self._texts[name_original(taken.clip_id)]
        joints, present, confidence = (
            self._arrays[f"{name}{number}"] for name in ("joints", "present", "confidence")
        )
        self._samples += 1
        self._seen.add(taken.clip_id)
        same = taken.label == label and [row["text"] for row in taken.rationales] == stories
        same = same and np.array_equal(taken.present, present)
        same = same and taken.confidence.shape == confidence.shape
        same = same and bool((np.abs(taken.confidence - confidence) <= SHARE).all())
        if not same or taken.joints.shape != joints.shape or taken.joints.dtype != np.float32:
            self._wrong += 1
            return
        observed = present[..., None] & (confidence > 0)
        error = float(np.abs(taken.joints - joints)[observed].max(initial=0)) / quantum
        self._error = max(self._error, error)
        self._wrong += error > MOST

    def report(self) -> dict[str, Any]:
        """Samples, different clips, wrong samples, and the largest error in quanta."""
        return {
            "samples": self._samples,
            "clips": len(self._seen),
            "wrong": self._wrong,
            "error": self._error,
        }
