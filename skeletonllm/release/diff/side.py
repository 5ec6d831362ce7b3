"""One of the two releases that are compared: its manifest, and its tables a column at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from schemas import RELEASE_VERSION, TableSchema, manifest_faults
from schemas.base import stated_version
from schemas.versions import same_major
from skeletonllm.errors import ReleaseError, UsageError
from skeletonllm.shards.checked_files import open_checked, read_checked_json, refuse_broken
from skeletonllm.shards.manifest import Identity, Listed, Manifest, read_manifest
from skeletonllm.storage import join
from skeletonllm.storage.layout import INDEX, MANIFEST, SHARDS, table_file
from skeletonllm.storage.versions import check_table

BATCH = 8192
"""Rows read at once where a column holds texts: some 20 MB."""


@dataclass(frozen=True)
class Side:
    """A release to compare: finished, or still being built.

    Args:
        manifest: What it says of itself. Every file is checked against it as it is read.
        tars_at: Folder of its tars, where they do not lie in the release yet; "" if they do.
    """

    manifest: Manifest
    tars_at: str = ""

    @property
    def identity(self) -> Identity:
        """Name, version, and hash of the manifest; the hash is empty while it is being built."""
        return self.manifest.identity

    @property
    def data(self) -> dict[str, Any]:
        """The manifest as plain data."""
        return dict(self.manifest.data)

    @property
    def tars(self) -> str:
        """Folder of its tars."""
        return self.tars_at or join(self.manifest.folder, SHARDS)

    @property
    def readable(self) -> bool:
        """Whether its tables are of a layout that this version reads."""
        return same_major(self.data.get("schema_version"), RELEASE_VERSION)

    def read_json(self, name: str) -> dict[str, Any]:
        """A JSON file of the release; empty where it has none.

        Raises:
            ReleaseError: It differs from what the manifest lists.
        """
        if not self.manifest.has(name):
            return {}
        return dict(read_checked_json(self.manifest.folder, name, self.manifest))

    @contextmanager
    def open_table(self, name: str, schema: TableSchema) -> Iterator[TableReader]:
        """A table of the release, checked once and then read column by column.

        Args:
            name: ``index.parquet``, or another table, which is empty where it has none.
            schema: What the file must be of.

        Raises:
            ReleaseError: It is missing, or differs from what the manifest lists.
            SchemaError: It is of another table, or of another major version.
        """
        if not self.manifest.has(name) and name != table_file(INDEX):  # without it: no release
            yield TableReader(None, schema)
            return
        folder = self.manifest.folder
        where = join(folder, name)
        with (
            open_checked(folder, name, self.manifest) as file,
            refuse_broken(where),
            pq.ParquetFile(file, pre_buffer=False) as parquet,
        ):
            check_table(schema, parquet.schema_arrow, where)
            yield TableReader(parquet, schema)

    def state_version(self, name: str) -> str | None:
        """The version of a table that its file states, be it one that is not read here.

        None where there is no such file, or none of ours.

        Raises:
            ReleaseError: It differs from what the manifest lists.
        """
        if not self.manifest.has(name):
            return None
        folder = self.manifest.folder
        with (
            open_checked(folder, name, self.manifest) as file,
            refuse_broken(join(folder, name)),
        ):
            return stated_version(pq.read_schema(file))


class TableReader:
    """Columns of an open table; what an earlier minor version lacked has its default.

    Args:
        parquet: The open file; None for a table that is not there.
        schema: Of the table.
    """

    def __init__(self, parquet: pq.ParquetFile | None, schema: TableSchema) -> None:
        self._parquet, self._schema = parquet, schema

    def __len__(self) -> int:
        """Rows of the table."""
        return 0 if self._parquet is None else int(self._parquet.metadata.num_rows)

    @property
    def version(self) -> str | None:
        """The version that the file states; None where there is no file."""
        return None if self._parquet is None else stated_version(self._parquet.schema_arrow)

    def column(self, name: str) -> pa.Array:
        """One column of all rows."""
        field = self._schema.arrow.field(name)
        if self._parquet is None:
            return pa.array([], field.type)
        if name not in self._parquet.schema_arrow.names:
            return self._default(name, len(self))
        return self._parquet.read(columns=[name], use_threads=False).column(0).combine_chunks()

    def batches(self, names: Sequence[str]) -> Iterator[list[pa.Array]]:
        """These columns, some thousand rows at once.

        Args:
            names: Columns of flat values.
        """
        if self._parquet is None:
            return
        there = [name for name in names if name in self._parquet.schema_arrow.names]
        for batch in self._parquet.iter_batches(BATCH, columns=there, use_threads=False):
            yield [
                batch.column(name) if name in there else self._default(name, len(batch))
                for name in names
            ]

    def leaves(self, column: str, names: Sequence[str]) -> Iterator[pa.Array]:
        """Some fields of a list of structs, some thousand rows at once: lists of their values.

        Args:
            column: The list.
            names: The fields.
        """
        if self._parquet is None:
            return
        schema = self._parquet.schema
        parts = [schema.column(i).path.split(".") for i in range(len(schema))]
        # Such as `steps.list.element.text`, and `steps.list.element.causes.list.element`.
        found = [p for p in parts if p[0] == column and len(p) > 3 and p[3] in names]
        if not found:
            yield self._default(column, len(self))
            return
        paths = [".".join(path) for path in found]
        for batch in self._parquet.iter_batches(BATCH, columns=paths, use_threads=False):
            yield batch.column(0)

    def _default(self, name: str, rows: int) -> pa.Array:
        (found,) = [c for c in self._schema.columns if c.name == name]
        return pa.array([found.default] * rows, found.type)


def open_side(release: str) -> Side:
    """A finished release; of any version, since what replaces an old one is compared with it.

    Raises:
        UsageError: The folder is the output of a stage.
        ReleaseError: It has no manifest, or a damaged one.
    """
    manifest = read_manifest(release)
    if not manifest.is_release:
        hint = "Give the folder of one version: <root>/<name>/<version>."
        raise UsageError("this is not a release", where=release, hint=hint)
    side = Side(manifest)
    if side.readable and (faults := manifest_faults(side.data)):
        hint = "`skeletonllm verify` lists all that is wrong."
        raise ReleaseError(faults[0], where=join(release, MANIFEST), hint=hint)
    return side


def open_draft(
    folder: str, head: dict[str, Any], entries: Sequence[dict[str, Any]], tars: str
) -> Side:
    """A release that is being built, which has no manifest yet.

    Args:
        folder: Where it is built.
        head: What its manifest will say, but for the files.
        entries: ``{path, sha256, bytes}`` of the files that stand.
        tars: Folder in which its tars lie so far.
    """
    files = {entry["path"]: Listed(entry["sha256"], entry["bytes"]) for entry in entries}
    identity = Identity(head["name"], head["version"], "")
    return Side(Manifest(folder, identity, files, True, head), tars)
