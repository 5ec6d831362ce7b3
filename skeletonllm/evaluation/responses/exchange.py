"""Whose motion a clip is shown with where motions are exchanged: a control in every table."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

EXCHANGED = "exchanged"
"""Name of the condition: each clip with the motion of another one, of another class."""


def choose_givers(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Clip -> the clip of another class whose motion it is shown with.

    Drawn by a hash of the names, so that the same clips always give the same pairs, in whatever
    order they are listed. Only clips of one namespace and skeleton are exchanged: a picture of
    another kind of skeleton would tell that something is wrong.

    Args:
        rows: Clips with ``clip_id``, ``label``, ``label_namespace`` and ``topology``.

    Returns:
        Clips without a partner are missing: those of a skeleton that shows one class only. Where
        no clip has a label, each is shown with the next one.

    Example:
        >>> row = {"label_namespace": "lab", "topology": "kinect_v2"}
        >>> choose_givers([{**row, "clip_id": c, "label": c[0]} for c in ("a1", "a2", "b1")])["a1"]
        'b1'
    """
    groups: dict[tuple[Any, Any], list[Mapping[str, Any]]] = {}
    for row in sorted(rows, key=lambda row: _hash(row["clip_id"])):
        groups.setdefault((row["label_namespace"], row["topology"]), []).append(row)
    return {
        clip: giver
        for listed in groups.values()
        for clip, giver in _pair(listed).items()
        if giver is not None
    }


def _pair(listed: Sequence[Mapping[str, Any]]) -> dict[str, str | None]:
    """Each with the next one of another class, going round."""
    count, pairs = len(listed), dict[str, str | None]()
    if {row["label"] for row in listed} == {listed[0]["label"]} != {None}:
        return {row["clip_id"]: None for row in listed}
    for at, row in enumerate(listed):
        others = (listed[(at + step) % count] for step in range(1, count))
        fits = (o["clip_id"] for o in others if o["label"] is None or o["label"] != row["label"])
        pairs[row["clip_id"]] = next(fits, None)
    return pairs


def _hash(clip_id: str) -> bytes:
    return hashlib.sha256(clip_id.encode()).digest()
