"""Descriptors of made-up clips: classes in a row, of which two and two are alike."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from schemas import ALL_CLIPS
from skeletonllm.negatives.descriptors.rows import DESCRIPTOR

LABELS = ("bow", "crouch", "jump", "kick", "point", "wave")


def describe(
    clips: int = 240,
    *,
    subjects: int | None = 6,
    labels: Sequence[str] = LABELS,
    views: Sequence[str] = (ALL_CLIPS,),
    space: str = "lab",
) -> pa.Table:
    """Rows of clips; the first two classes are alike, the next two, and the last two."""
    rng = np.random.default_rng(11)
    rows: list[dict[str, Any]] = []
    for number in range(clips):
        at = number % len(labels)
        centre = np.array([*(3.0 * (at // 2 == pair) for pair in range(3)), at % 2])
        subject = None if subjects is None else f"lab/{number // len(labels) % subjects}"
        rows.append(
            {
                "clip_id": f"{space}/{number:04d}",
                "label_namespace": space,
                "label": labels[at],
                "group": subject,
                "descriptor": (centre + rng.normal(0, 0.6, 4)).tolist(),
                "views": list(views),
            }
        )
    return pa.Table.from_pylist(rows, schema=DESCRIPTOR)


def cut(table: pa.Table, parts: int) -> list[pa.Table]:
    """The same rows in several parts."""
    ends = np.linspace(0, len(table), parts + 1).astype(int)
    return [table.slice(a, b - a) for a, b in pairwise(ends)]
