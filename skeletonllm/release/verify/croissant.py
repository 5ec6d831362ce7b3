"""``croissant.json`` against the release: its files, its tables, its terms.

That of a release of this version is made again and compared whole. The form of others may be
another: they stay right when this version describes its own otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from typing import Any

import pyarrow as pa

from schemas import RELEASE_VERSION
from skeletonllm.release.croissant import data_type, list_terms, make_croissant
from skeletonllm.release.verify.differences import find_differences
from skeletonllm.release.verify.files import CROISSANT
from skeletonllm.release.verify.tables import SHOWN, TABLES, Tables
from skeletonllm.release.verify.terms import find_terms_form_fault
from skeletonllm.storage.layout import table_file


def find_croissant_faults(
    described: Any, manifest: Mapping[str, Any], licences: Any, tables: Tables
) -> Iterator[str]:
    """What the description says otherwise than the release is.

    Args:
        described: Content of ``croissant.json``.
        manifest: Of the right form.
        licences: Content of ``licences.json``; None if it is damaged.
        tables: Of the release.
    """
    known = None if find_terms_form_fault(licences) else licences
    faults = list(_find_faults(described, manifest, known, tables))
    yield from (f"{CROISSANT}: {fault}" for fault in faults)
    same = manifest["schema_version"] == RELEASE_VERSION
    if same and known is not None and not faults:
        files = [entry for entry in manifest["files"] if entry["path"] != CROISSANT]
        try:
            made = make_croissant(manifest, known, files)
        except (AttributeError, LookupError, TypeError) as error:
            yield f"{CROISSANT}: the manifest lacks what it tells ({type(error).__name__}: {error})"
            return
        yield from compare_croissant(described, made)


def compare_croissant(described: Any, made: Mapping[str, Any]) -> Iterator[str]:
    """Where a description differs from one that was made again.

    Args:
        described: Content of ``croissant.json``.
        made: Likewise.
    """
    yield from find_differences(CROISSANT, _by_id(described), _by_id(made))


def _by_id(described: Any) -> Any:
    """The same with files and record sets by their ids: their order says nothing."""
    if not isinstance(described, Mapping):
        return described
    return {key: _name_all(value) if key in _LISTS else value for key, value in described.items()}


_LISTS = ("distribution", "recordSet")


def _name_all(items: Any) -> Any:
    if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
        return items
    named = {str(item.get("@id")): item for item in items}
    return named if len(named) == len(items) else items


def _find_faults(
    described: Any, manifest: Mapping[str, Any], licences: Any, tables: Tables
) -> Iterator[str]:
    if not isinstance(described, Mapping):
        yield f"a JSON {type(described).__name__} and no object"
        return
    lists = {key: described.get(key) for key in _LISTS}
    for key, value in lists.items():
        if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
            yield f"{key!r} is no list of objects"
            return
    expected = {"name": manifest["name"], "version": manifest["version"]}
    if licences is not None:
        expected["license"] = list_terms(licences)
    for key, value in expected.items():
        if described.get(key) != value:
            yield f"{key} is {described.get(key)!r}; expected {value!r}"
    yield from _find_file_faults(described["distribution"], manifest)
    for name, table in tables.items():
        if name in TABLES:
            sets = [item for item in described["recordSet"] if item.get("name") == name]
            yield from _find_table_faults(name, table.schema, sets)


def _find_file_faults(
    distribution: list[Mapping[str, Any]], manifest: Mapping[str, Any]
) -> Iterator[str]:
    """Each file of the release is described with its hash, or is one of a set."""
    objects = {str(item["contentUrl"]): item for item in distribution if "contentUrl" in item}
    patterns = [str(item["includes"]) for item in distribution if "includes" in item]
    files = {e["path"]: e for e in manifest["files"] if e["path"] != CROISSANT}
    for path, entry in sorted(files.items()):
        item = objects.get(path)
        if item is None:
            if not any(fnmatch(path, pattern) for pattern in patterns):
                yield f"{path} is not described"
        elif item.get("sha256") != entry["sha256"]:
            yield f"sha256 of {path} is {str(item.get('sha256'))[:12]}, not that of the file"
        elif item.get("contentSize") != f"{entry['bytes']} B":
            yield f"size of {path} is {item.get('contentSize')!r}; it has {entry['bytes']} bytes"
    for path in sorted(set(objects) - set(files)):
        if "://" not in path:
            yield f"{path} is described, and no file of the release"


def _find_table_faults(
    name: str, schema: pa.Schema, sets: list[Mapping[str, Any]]
) -> Iterator[str]:
    """Each field of a table's description is a column of its type."""
    if len(sets) != 1:
        yield f"{len(sets)} record sets of {table_file(name)}; expected one"
        return
    types = {field.name: data_type(field.type) for field in schema if _is_flat(field.type)}
    fields = sets[0].get("field")
    pairs = map(_read_field, fields if isinstance(fields, list) else ())
    found = {column: kind for column, kind in pairs if column is not None}
    # A column that a later minor version knows is not in the table as it is read here, and one that
    # was added since is not in the description.
    wrong = [c for c in sorted(types.keys() & found.keys()) if types[c] != found[c]]
    missing = [] if found.keys() & types.keys() else sorted(types)
    for column in (*wrong[:SHOWN], *missing[:1]):
        stated = found.get(column, "not described")
        yield f"column {column} of {table_file(name)} is {stated}; the table has {types[column]}"


def _read_field(item: Any) -> tuple[str | None, str]:
    """Column and type that a field describes."""
    source = item.get("source") if isinstance(item, Mapping) else None
    extract = source.get("extract") if isinstance(source, Mapping) else None
    column = extract.get("column") if isinstance(extract, Mapping) else None
    named = column if isinstance(column, str) else None
    return named, str(item.get("dataType")) if isinstance(item, Mapping) else ""


def _is_flat(kind: pa.DataType) -> bool:
    return not (pa.types.is_nested(kind) or pa.types.is_fixed_size_binary(kind))
