"""The files of a release but the tars, made in a local folder, and all of it checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from schemas import SAMPLE, manifest_faults
from skeletonllm.errors import ReleaseError
from skeletonllm.release.card import make_card
from skeletonllm.release.changes import write_changes
from skeletonllm.release.croissant import make_croissant
from skeletonllm.release.draft import Draft
from skeletonllm.release.inputs import Inputs
from skeletonllm.release.manifest import build_manifest, list_entries
from skeletonllm.release.report import make_report
from skeletonllm.release.verify.inspection import Run, check_samples, find_described_faults
from skeletonllm.release.verify.leaks import find_leaks
from skeletonllm.shards.index import iter_index, write_index
from skeletonllm.storage import TOPOLOGIES, join, write_bytes, write_json
from skeletonllm.storage.layout import INDEX, SHARDS, TARS, table_file
from skeletonllm.storage.tables import TableFile, write_tables
from skeletonllm.storage.transfer import OutgoingFile, list_stamps, remove_others

_SHOWN = 5
"""Faults that a refusal names."""


def make_files(
    folder: str, plan: Draft, shards: Sequence[OutgoingFile], run: Run
) -> dict[str, Any]:
    """Write all that is no tar into a local folder; the manifest of the release, not yet written.

    The tars are read and checked where they lie.

    Args:
        folder: On this machine.
        plan: What the release says.
        shards: What :func:`list_tars` gave.
        run: How the tars are checked.

    Raises:
        ReleaseError: ``verify`` would call something a fault, or the parent is damaged.
    """
    remove_others(folder, [file.path for file in shards])
    _write_tables(folder, plan)
    entries = _list_entries(folder, shards)
    places = {f.path: f.url for f in shards}
    checked = check_samples(folder, build_manifest(plan.head, entries), {}, run, places=places)
    plan = replace(plan, leaks=tuple(find_leaks(checked.seen.facts)))
    changes = write_changes(folder, plan, entries)
    tars = plan.inputs.shards.folder
    make_report(folder, plan.head, plan.leaks, tars=tars, pictures=plan.pictures)
    write_bytes(join(folder, "README.md"), make_card(plan, changes).encode())
    entries = _list_entries(folder, shards, entries)
    write_json(join(folder, "croissant.json"), make_croissant(plan.head, plan.licences, entries))
    manifest = build_manifest(plan.head, _list_entries(folder, shards, entries))
    _refuse_faults(manifest_faults(manifest))
    _refuse_faults([*checked.faults, *find_described_faults(folder, manifest, checked, set())])
    return manifest


_GROUPS = {"negatives": 1 << 17, "rationales": 1 << 12, "rejects": 1 << 16, "questions": 1 << 15}
"""Rows of one row group of each table: some 20 MB of what is in it."""


def _write_tables(folder: str, plan: Draft) -> None:
    index = (_conform(rows, SAMPLE.arrow) for rows in iter_index(plan.inputs.shards.folder))
    write_index(join(folder, table_file(INDEX)), index)
    for name, group in _GROUPS.items():
        table: TableFile = getattr(plan.contents, name)
        if name != "questions" or len(table):
            rows = (_conform(rows, table.schema) for rows in table.batches())
            write_tables(join(folder, table_file(name)), rows, table.schema, group)
    skeletons = plan.numbers["topologies"]  # a clip that was left out may have had another one
    made = {name: one for name, one in plan.contents.topologies.items() if name in skeletons}
    write_json(join(folder, TOPOLOGIES), made)
    write_json(join(folder, "licences.json"), plan.licences)
    write_json(join(folder, "statistics.json"), plan.numbers)


def _conform(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """The rows in the order and form of their schema, whatever wrote them."""
    return rows.select(schema.names).cast(schema)


def _list_entries(
    folder: str, shards: Sequence[OutgoingFile], hashed: Sequence[dict[str, Any]] = ()
) -> list[dict[str, Any]]:
    """``{path, sha256, bytes}`` of all files of the release that there are so far, by path."""
    tars = [{"path": f.path, "sha256": f.sha256, "bytes": f.bytes} for f in shards]
    found = [*tars, *list_entries(folder, [*hashed, *tars])]  # some tars may be there already
    return [entry for _, entry in sorted({entry["path"]: entry for entry in found}.items())]


def list_tars(inputs: Inputs) -> list[OutgoingFile]:
    """The tars of a release, where they lie in the folder of their stage."""
    folder = inputs.shards.folder
    stamps = list_stamps(join(folder, TARS))
    return [
        OutgoingFile(
            f"{SHARDS}/{(name := entry['path'].rpartition('/')[2])}",
            entry["sha256"],
            entry["bytes"],
            join(folder, entry["path"]),
            stamps.get(name),
        )
        for entry in inputs.shards.manifest["files"]
        if entry["path"].endswith(".tar")
    ]


def _refuse_faults(faults: Sequence[str]) -> None:
    """What ``verify`` would call a fault is not released."""
    if faults:
        more = f"; and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
        raise ReleaseError(
            f"{len(faults)} fault{'s' * (len(faults) > 1)}: {'; '.join(faults[:_SHOWN])}{more}",
            hint="Repair the clips or tables, and build the shards again.",
        )
