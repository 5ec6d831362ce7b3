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
    read_table,
    sha256_of,
    write_table,
)
from skeletonllm.storage.layout import REJECTS
from skeletonllm.storage.plan import stated_parts


def clip_units(clips: Sequence[str]) -> tuple[Unit, ...]:
    """One unit a clips part, in order of folder and name.

    A plan states them by content: the hash of the folder's manifest, and the name of the part.
    """
    units: list[Unit] = []
    listed = [stated_parts([folder], "normalize") for folder in clips]
    for parts, sha256 in zip(listed, lineage(clips), strict=True):
        for part in parts:
            stated = (_state(sha256, part.url),)
            units.append(Unit(len(units), (part.url,), stated, (part,)))
    return tuple(units)


def _state(sha256: str, url: str) -> str:
    return f"{sha256}/{url.rsplit('/', 1)[1]}"


def lineage(folders: Sequence[str]) -> list[str]:
    """Hash of the manifest of each input folder: a changed input is another configuration.

    Raises:
        UsageError: A folder is not the finished output of a stage, or is given twice.
    """
    for folder in folders:
        if not exists(join(folder, "manifest.json")):
            hint = "Run the job that writes it, to the end."
            raise UsageError("no finished output of a job", where=folder, hint=hint)
    hashes = [sha256_of(join(folder, "manifest.json"))[0] for folder in folders]
    refuse_twins(folders, hashes)
    return hashes


def refuse_twins(folders: Sequence[str], hashes: Sequence[str]) -> None:
    """Refuse one output that is given twice: all of it would count twice.

    Args:
        folders: As they were given.
        hashes: Of each: where two are equal, so are the folders.

    Raises:
        UsageError: Names the first two.
    """
    first: dict[str, str] = {}
    for folder, sha256 in zip(folders, hashes, strict=True):
        if sha256 in first:
            found = f"one output is given twice: {first[sha256]} and {folder} hold the same"
            raise UsageError(found, hint="Give each folder once.")
        first[sha256] = folder


def read_lineage(stated: Sequence[str] | Mapping[str, str]) -> list[str]:
    """What :func:`lineage` gave when a plan was made, of any version.

    Args:
        stated: As the plan has it; before version 2.2 of a stage's layout by folder.
    """
    return list(stated.values()) if isinstance(stated, Mapping) else list(stated)


def stated_units(plan: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """What a plan says of the clips parts of its units, in the words of :func:`clip_units`.

    Args:
        plan: That of a stage that reads clips, of any version.
    """
    clips = plan["config"]["clips"]
    if not isinstance(clips, Mapping):
        return [tuple(unit) for unit in plan["units"]]
    return [(_state(clips[url.rsplit("/", 2)[0]], url),) for (url,) in plan["units"]]


def read_unit(unit: Unit, stage: str) -> tuple[list[Clip], list[Reject]]:
    """The clips of the one part that is a unit's input, and the rows of it that are no clip.

    Args:
        unit: One part of finished clips.
        stage: The stage that reads it.

    Raises:
        ReleaseError: The part was changed since its stage was finished.
    """
    (part,) = unit.parts or unit.inputs
    rejects: list[Reject] = []
    return salvage_clips(read_table(part, schema=CLIP), stage, rejects), rejects


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
