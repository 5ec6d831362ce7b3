"""The parts of finished clip folders: what every stage after ``normalize`` starts from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from schemas import CLIP, REJECT
from skeletonllm.clip import Clip, salvage_clips
from skeletonllm.errors import UsageError
from skeletonllm.rejects import Reject
from skeletonllm.storage import (
    Unit,
    exists,
    iter_tables,
    join,
    parts,
    read_table,
    sha256_of,
    write_table,
)
from skeletonllm.storage.layout import REJECTS


def clip_units(clips: Sequence[str]) -> tuple[Unit, ...]:
    """One unit a clips part, in order of folder and name."""
    return tuple(Unit(i, (url,)) for i, url in enumerate(parts(clips, "normalize")))


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


def read_unit(unit: Unit, stage: str) -> tuple[list[Clip], list[Reject]]:
    """The clips of the one part that is a unit's input, and the rows of it that are no clip.

    Args:
        unit: One part of finished clips.
        stage: The stage that reads it.
    """
    (url,) = unit.inputs
    rejects: list[Reject] = []
    return salvage_clips(read_table(url, schema=CLIP), stage, rejects), rejects


def write_rejects(output: str, unit: Unit, rejects: Sequence[Reject]) -> None:
    """Write the rejects of a unit; before the part that marks the unit as done.

    Args:
        output: Folder of the stage.
        unit: Which part.
        rejects: Its rows, possibly none.
    """
    table = pa.Table.from_pylist([reject.to_row() for reject in rejects], schema=REJECT.arrow)
    write_table(join(output, REJECTS, f"{unit.part}.parquet"), table)


def count_rejects(output: str) -> Counter[str]:
    """How many rejects a folder holds by code."""
    codes: Counter[str] = Counter()
    for _, table in iter_tables(join(output, REJECTS), ["code"], REJECT):
        codes.update(table.column("code").to_pylist())
    return codes
