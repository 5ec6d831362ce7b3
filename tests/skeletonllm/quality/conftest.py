"""Synthesized clips without faults, and ways to spoil them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from schemas import QUALITY
from skeletonllm.clip import Clip
from skeletonllm.motion import Motion
from skeletonllm.quality import QualityResults, assign_faults, find_duplicates, measure_clip
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.clips import make_clip

Spoil = Callable[[np.ndarray], None]


def make_labelled(motion: Motion, number: int = 0, label: str = "wave", **fields: Any) -> Clip:
    names = {"clip_id": f"lab/{number}", "source_uri": f"lab/{number}"}
    names |= {"label": label, "label_namespace": "lab"}
    return make_clip(motion, label_id=0, **names, **fields)


def performed(action: str = "hand waving", **how: Any) -> Clip:
    return make_labelled(synthesize(action, **{"subject": 1, "seed": 3, **how}))


def spoiled(clip: Clip, spoil: Spoil) -> Clip:
    """The clip after ``spoil`` changed its joints [T, P, J, 3] in place."""
    joints = clip.motion.joints.copy()
    spoil(joints)
    return replace(clip, motion=replace(clip.motion, joints=joints))


def hide(clip: Clip, hidden: np.ndarray) -> Clip:
    """The clip with joints [T, P, J] that nobody saw."""
    motion = clip.motion
    confidence = np.where(hidden, 0, motion.confidence).astype(np.float32)
    joints = np.where(hidden[..., None], 0, motion.joints).astype(np.float32)
    return replace(clip, motion=replace(motion, joints=joints, confidence=confidence))


def judged(clips: list[Clip], rejects: list[dict[str, str]] | None = None) -> QualityResults:
    """What the stage finds out about some clips."""
    measured = [measure_clip(clip) for clip in clips]
    blank = {"label_conflict": False, "faults": []}
    rows = pa.Table.from_pylist([{**row, **blank} for row, _ in measured], schema=QUALITY.arrow)
    duplicates = find_duplicates(rows, np.stack([mark for _, mark in measured]))
    assert QUALITY.faults(assign_faults(rows, duplicates)) == []
    names = ["source_uri", "stage", "code", "message"]
    schema = pa.schema([(name, pa.string()) for name in names])
    refused = pa.Table.from_pylist(rejects or [], schema=schema)
    return QualityResults(assign_faults(rows, duplicates), duplicates, refused)


def row_of(clip: Clip) -> dict[str, Any]:
    """The row of a clip that is alone in its corpus."""
    (row,) = judged([clip]).rows.to_pylist()
    return dict(row)


@pytest.fixture
def wave() -> Clip:
    return performed()
