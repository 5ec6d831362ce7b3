"""The parts of finished clip folders: what every stage after ``normalize`` starts from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from skeletonllm.clip import Clip, clips_from_table
from skeletonllm.errors import UsageError
from skeletonllm.storage import Unit, exists, join, parts, read_table, sha256_of


def clip_units(clips: Sequence[str]) -> tuple[Unit, ...]:
    """One unit a clips part, in order of folder and name."""
    return tuple(Unit(i, (url,)) for i, url in enumerate(parts(clips, "normalize", "clips")))


def lineage(folders: Sequence[str]) -> dict[str, Any]:
    """Hash of the manifest of each input folder: a changed input is another configuration.

    Raises:
        UsageError: A folder is not the finished output of a stage.
    """
    for folder in folders:
        if not exists(join(folder, "manifest.json")):
            hint = "Run the job that writes it, to the end."
            raise UsageError("no finished output of a job", where=folder, hint=hint)
    return {folder: sha256_of(join(folder, "manifest.json"))[0] for folder in folders}


def contents(units: Sequence[Sequence[str]], clips: Mapping[str, str]) -> list[tuple[str, str]]:
    """(hash of the folder, name of the part) of each unit, however its path is spelled.

    Args:
        units: Inputs of each unit, one clips part each.
        clips: Hash of each folder, as :func:`lineage` gives it.
    """
    urls = [url for (url,) in units]
    return [(clips[url.rsplit("/", 2)[0]], url.rsplit("/", 1)[1]) for url in urls]


def read_unit(unit: Unit) -> list[Clip]:
    """The clips of the one part that is a unit's input."""
    (url,) = unit.inputs
    return clips_from_table(read_table(url))
