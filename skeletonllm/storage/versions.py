"""A file of another major version, or of another form, is refused with a sentence that says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from skeletonllm.errors import SchemaError, UsageError

if TYPE_CHECKING:
    import pyarrow as pa

    from schemas import TableSchema

STAGE_VERSION = "2.2.0"
"""Version of the layout of a stage's folder, stated in ``plan.json`` and ``manifest.json``. 2.1
named its inputs by where they lay; 2.0 did not say which code finished the folder, and which reader
read. Major 1, which they did not state
yet, named the folder of the parts after the stage."""

FIRST = "1.0.0"
"""Version of a JSON file that states none: those written before versions were stated."""


def check_version(layout: str, found: object, ours: str, where: str) -> None:
    """Let files of the same major version pass, whatever their minor.

    Args:
        layout: What the version is of, for example ``a stage's folder``.
        found: The version that the file states.
        ours: The version that this code writes.
        where: The file.

    Raises:
        SchemaError: Another major version, or none.
    """
    # Not at the top: whatever is in `schemas` brings pandera, which takes a second to import, and
    # `--help` needs none of it.
    from schemas.versions import is_later, same_major  # noqa: PLC0415

    if same_major(found, ours):
        return
    other = "later" if is_later(found, ours) else "earlier"
    raise SchemaError(
        f"written in version {found} of {layout}",
        expected=f"{ours} or another {ours.partition('.')[0]}.x",
        where=where,
        hint="Run the job that makes it again, into another folder, or read it with the "
        f"{other} version of skeletonllm that wrote it.",
    )


def check_json(layout: str, data: Any, ours: str, where: str) -> None:
    """The same for a JSON file, which states its version as ``schema_version``.

    Args:
        layout: What the version is of.
        data: The content of the file.
        ours: The version that this code writes.
        where: The file.

    Raises:
        SchemaError: Another major version, or no JSON object.
    """
    if not isinstance(data, dict):
        raise SchemaError(f"a JSON {type(data).__name__}", expected=layout, where=where)
    check_version(layout, data.get("schema_version", FIRST), ours, where)


def check_object(data: object, url: str, expected: str, fields: Mapping[str, type]) -> None:
    """Refuse data that is not an object with these fields.

    Args:
        data: Of a JSON file.
        url: The file, for the message.
        expected: What it should be, likewise.
        fields: Name -> type of its value: dict, list or str.

    Raises:
        UsageError: Names what is missing or of another type.
    """
    if not isinstance(data, dict):
        raise UsageError(f"a JSON {type(data).__name__}", expected=expected, where=url)
    for name, kind in fields.items():
        if not isinstance(data.get(name), kind):
            found = f"{name!r} is a {type(data[name]).__name__}" if name in data else f"no {name!r}"
            wanted = f"{expected}, whose {name!r} is a {kind.__name__}"
            raise UsageError(found, expected=wanted, where=url)


def check_table(schema: TableSchema, found: pa.Schema, where: str) -> None:
    """The same for a parquet file, which states schema and version in its metadata.

    Args:
        schema: What the reader expects.
        found: The Arrow schema of the file.
        where: The file.

    Raises:
        SchemaError: A file that is not ours, of another table, or of another major version.
    """
    from schemas.base import stated_name, stated_version  # noqa: PLC0415 - see above

    name = stated_name(found)
    if name != schema.name:
        described = "no schema in its metadata" if name is None else f"a table of schema {name!r}"
        wanted = f"schema {schema.name!r}, version {schema.version}"
        hint = "Give a file that a job of skeletonllm wrote."
        raise SchemaError(described, expected=wanted, where=where, hint=hint)
    check_version(f"the table {name!r}", stated_version(found), schema.version, where)
