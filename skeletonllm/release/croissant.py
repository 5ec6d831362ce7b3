"""``croissant.json``: the release for machines, as JSON-LD of schema.org and Croissant 1.0.

Specification: https://docs.mlcommons.org/croissant/docs/croissant-spec.html. The tars are one set
of files, whatever their number: their hashes are in ``manifest.json``. Records are those of the
tables; ``mlcroissant`` opens no tar of a set.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from schemas import NEGATIVE, QUESTION, RATIONALE, REJECT, SAMPLE, TableSchema
from skeletonllm.storage.layout import SHARDS

_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_FORMATS = {
    "html": "text/html",
    "json": "application/json",
    "md": "text/markdown",
    "parquet": "application/x-parquet",
    "tar": "application/x-tar",
}
_RECORDS = {"index": SAMPLE, "negatives": NEGATIVE, "rationales": RATIONALE, "rejects": REJECT}
_OPTIONAL = {"questions": QUESTION}


def make_croissant(
    head: Mapping[str, Any],
    licences: Mapping[str, Mapping[str, Any]],
    files: Sequence[dict[str, Any]],
) -> dict[str, Any]:
    """The Croissant description of a release, as a JSON-LD document; ``verify`` makes it again.

    Args:
        head: Of its manifest.
        licences: ``licences.json``.
        files: ``{path, sha256, bytes}`` of every file but this one and the manifest.
    """
    asked = {name: s for name, s in _OPTIONAL.items() if name in head["counts"]}
    tables = {**_RECORDS, **asked}
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": head["name"],
        "version": head["version"],
        "description": f"{head['counts']['samples']} clips of human motion as skeletons, with "
        f"{head['counts']['rationales']} rationales and ranked hard negatives.",
        "citeAs": _cite(head),
        **({"datePublished": head["published"]} if "published" in head else {}),
        "license": list_terms(licences),
        "isLiveDataset": False,
        "distribution": [
            *(describe_file(e) for e in files if not e["path"].endswith(".tar")),
            _TARS,
        ],
        "recordSet": [describe_table(name, schema) for name, schema in tables.items()],
    }


_TARS = {
    "@type": "cr:FileSet",
    "@id": "tars",
    "name": "tars",
    "description": "WebDataset tars; index.parquet says where each sample lies.",
    "encodingFormat": "application/x-tar",
    "includes": f"{SHARDS}/*.tar",
}


def _cite(head: Mapping[str, Any]) -> str:
    """BibTeX of the release; its corpora are to be cited too, as their pages ask."""
    named, code = f"{head['name']} {head['version']}", head["lineage"]["code"]
    corpora = ", ".join(head["lineage"]["sources"])
    key = f"{head['name']}_{head['version']}".replace(".", "_")
    note = f"Human motion as skeletons, from {corpora}; cut by {code}"
    return f"@misc{{{key}, title={{{named}}}, version={{{head['version']}}}, note={{{note}}}}}"


def list_terms(licences: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The page of each licence, or its name where it has none."""
    return [terms["url"] or f"unknown ({name})" for name, terms in licences.items()]


def describe_file(entry: dict[str, Any]) -> dict[str, Any]:
    """A file as Croissant has it, by its entry of a manifest."""
    path = entry["path"]
    return {
        "@type": "cr:FileObject",
        "@id": path,
        "name": path,
        "contentUrl": path,
        "contentSize": f"{entry['bytes']} B",
        "encodingFormat": _FORMATS[path.rsplit(".", 1)[-1]],
        "sha256": entry["sha256"],
    }


def describe_table(name: str, schema: TableSchema, files: str | None = None) -> dict[str, Any]:
    """The records of a table, and where its columns lie.

    Args:
        name: Of the table, which lies in ``<name>.parquet``.
        schema: Of its rows.
        files: Id of the set of files that it lies in, where it is no single one.
    """
    place = {"fileObject": {"@id": f"{name}.parquet"}}
    if files is not None:
        place = {"fileSet": {"@id": files}}
    fields = [field for column in schema.arrow for field in _fields(name, column, place)]
    keys = [{"@id": f"{name}/{column}"} for column in schema.unique[:1]]
    described = {"@type": "cr:RecordSet", "@id": name, "name": name, "field": fields}
    return {**described, "key": keys[0]} if keys else described


def _fields(table: str, column: pa.Field, place: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A field for each flat column.

    Croissant 1.0 cannot point into a list of structs, and has no type for the bytes of a hash.
    """
    if pa.types.is_nested(column.type) or pa.types.is_fixed_size_binary(column.type):
        return
    yield {
        "@type": "cr:Field",
        "@id": f"{table}/{column.name}",
        "name": f"{table}/{column.name}",
        "dataType": data_type(column.type),
        "source": {**place, "extract": {"column": column.name}},
    }


def data_type(kind: pa.DataType) -> str:
    """The word of schema.org for the type of a flat column."""
    if pa.types.is_boolean(kind):
        return "sc:Boolean"
    if pa.types.is_integer(kind):
        return "sc:Integer"
    return "sc:Float" if pa.types.is_floating(kind) else "sc:Text"
