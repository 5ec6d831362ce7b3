"""The head of a page: what it is of, and what the script must know before any block."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from skeletonllm.topology import Topology, get_topology
from skeletonllm.viewer.blocks import MOTIONS_IN_BLOCK, TEXTS_IN_BLOCK
from skeletonllm.viewer.columns import ColumnName

VERSION = 1
"""Of the data; a script of another version refuses them."""
EMBEDDED, SERVED = "embedded", "served"


def make_head(
    *,
    mode: str,
    kind: str,
    title: str,
    total: int,
    shown: int,
    overview: Mapping[str, Any],
    topologies: Iterable[str],
    columns: Sequence[ColumnName],
    blocks: Mapping[str, int] | None = None,
    note: str = "",
) -> dict[str, Any]:
    """The head as plain data.

    Args:
        mode: ``embedded`` or ``served``.
        kind: ``release``, ``clips``, ``raw``, ``diff`` or ``training``.
        title: Of the page.
        total: Clips in all.
        shown: Clips that the page can show.
        overview: What :func:`skeletonllm.viewer.overview.make_overview` gives, or a part of it.
        topologies: Names of the skeletons of the clips.
        columns: In order of display.
        blocks: Number of blocks of texts and motions, where they lie in the page.
        note: Why not all clips are shown.
    """
    return {
        "version": VERSION,
        "mode": mode,
        "title": title,
        "kind": kind,
        "total": total,
        "shown": shown,
        "note": note,
        "overview": overview,
        "topologies": {n: describe_topology(get_topology(n)) for n in sorted(set(topologies))},
        "columns": [column.to_json() for column in columns],
        "blocks": {"rows": 1, **(blocks or {"texts": 0, "motions": 0})},
        "block_size": {"texts": TEXTS_IN_BLOCK, "motions": MOTIONS_IN_BLOCK},
    }


def describe_topology(topology: Topology) -> dict[str, Any]:
    """Joints, bones and sides of a skeleton, as plain data."""
    return {
        "joints": list(topology.joints),
        "edges": [list(bone) for bone in topology.drawn_bones],
        "sides": [_name_side(name) for name in topology.joints],
    }


def _name_side(name: str) -> str:
    return next((side for side in ("left", "right") if name.startswith(f"{side}_")), "mid")
