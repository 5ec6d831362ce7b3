"""The skeletons that a folder defines, made known to the process that opens it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from skeletonllm.storage.files import exists, join, read_json
from skeletonllm.topology import Topology, register_definitions

TOPOLOGIES = "topologies.json"
"""The file of a stage's folder or a release that defines the skeletons of its clips."""


def load_topologies(folder: str) -> dict[str, Topology]:
    """The skeletons that a folder defines, by name, each registered; empty if it defines none.

    Whoever opens a folder calls it before any skeleton is looked up. Two functions do so for all:
    :func:`skeletonllm.storage.finished` opens the folder of a stage, and
    :func:`skeletonllm.shards.read_index` that of a release or of shards.

    Raises:
        UsageError: One has the name but not the definition of a skeleton known here.
    """
    path = join(folder, TOPOLOGIES)
    return register_definitions(read_json(path), path) if exists(path) else {}


def merge_definitions(folders: Iterable[str]) -> dict[str, Any]:
    """Definitions of the skeletons of several folders by name, as :data:`TOPOLOGIES` holds them.

    Raises:
        UsageError: Two folders define one name differently.
    """
    return {
        name: topology.to_json()
        for folder in folders
        for name, topology in load_topologies(folder).items()
    }
