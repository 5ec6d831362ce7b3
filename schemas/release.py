"""``manifest.json`` of a release, as a JSON Schema would say it, in plain Python."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeGuard

from schemas.versions import SEMVER, is_later

RELEASE_VERSION = "2.3.0"
"""Version of the layout of a release: its manifest, and the files beside it.

It stands for what ``croissant.json`` and the head of the card say too, with the columns that they
declare: ``verify`` makes both again for a release of this version.

2.2 did not say of a stage with which Python, numpy and zlib it packed. 2.1 had no ``changes.md``;
the lineage did not say of a stage which code finished it, which reader read, and which stages it
read. 2.0 did not say for which views negatives were mined and rationales asked for. Major 1 called
the flags of a clip quality, and the namespace of a negative corpus.
"""


@dataclass(frozen=True)
class Layout:
    """What a release of one version of the layout may hold.

    Args:
        tables: Name of a table -> the oldest and the newest version of its schema; None for no
            newest one.
        files: Those that it may have beside the tars and what every release has; None for any.
    """

    tables: Mapping[str, tuple[str, str | None]]
    files: frozenset[str] | None


LAYOUTS = {
    "2.0.0": Layout(
        {
            "index": ("2.0.0", "2.0.0"),
            "negatives": ("2.0.0", "2.0.0"),
            "rationales": ("1.0.0", "1.1.0"),
            "rejects": ("1.0.0", "1.0.0"),
        },
        frozenset(),
    ),
    "2.1.0": Layout(
        {
            "index": ("3.0.0", "3.1.0"),
            "negatives": ("2.1.0", "2.2.0"),
            "rationales": ("1.1.0", "1.2.0"),
            "rejects": ("1.0.0", "1.0.0"),
            "questions": ("1.0.0", "1.1.0"),
        },
        frozenset({"questions.parquet"}),
    ),
    "2.2.0": Layout(
        {
            "index": ("3.0.0", "3.1.0"),
            "negatives": ("2.2.0", "2.2.0"),
            "rationales": ("1.2.0", "1.2.0"),
            "rejects": ("1.0.0", "1.0.0"),
            "questions": ("1.1.0", "1.1.0"),
        },
        frozenset({"questions.parquet", "changes.md"}),
    ),
    "2.3.0": Layout(
        {
            "index": ("3.1.0", "3.1.0"),
            "negatives": ("2.2.0", "2.2.0"),
            "rationales": ("1.2.0", "1.2.0"),
            "rejects": ("1.0.0", "1.0.0"),
            "questions": ("1.1.0", "1.1.0"),
        },
        frozenset({"questions.parquet", "changes.md"}),
    ),
}
"""By the version that a manifest states; all that were ever written, of this major version."""


def find_layout(version: object) -> Layout | None:
    """What a release of this version may hold; None for a version that was never written.

    A later one than is known here may hold more, but nothing older than the newest known one.

    Example:
        >>> find_layout("2.1.0").tables["index"]
        ('3.0.0', '3.1.0')
    """
    if is_later(version, RELEASE_VERSION):
        known = LAYOUTS[RELEASE_VERSION].tables
        return Layout({name: (oldest, None) for name, (oldest, _) in known.items()}, None)
    return LAYOUTS.get(version) if isinstance(version, str) else None


_SHA256 = re.compile(r"[0-9a-f]{64}")
RELEASE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
"""A folder is called so, wherever the release goes; for ``fullmatch``."""
OF_NAME = "lower-case letters, digits, - and _"
_REQUIRED: dict[str, type] = {
    "schema": str,
    "schema_version": str,
    "name": str,
    "version": str,
    "files": list,
    "counts": dict,
    "lineage": dict,
    "licences": dict,
}


def manifest_faults(manifest: Any) -> list[str]:
    """Everything wrong with a release manifest's form; empty if it is valid.

    Example:
        >>> manifest_faults({})[0]
        "manifest: 'schema' is missing"
    """
    if not isinstance(manifest, dict):
        return [f"manifest: a JSON {type(manifest).__name__} and no object"]
    missing = [f"manifest: {key!r} is missing" for key in _REQUIRED if key not in manifest]
    return missing or list(_form_faults(manifest))


def _form_faults(manifest: dict[str, Any]) -> Iterator[str]:
    for key, kind in _REQUIRED.items():
        if not isinstance(manifest[key], kind):
            yield f"manifest: {key!r} is not a {kind.__name__}"
            return
    if not SEMVER.fullmatch(manifest["version"]):
        yield f"manifest: version {manifest['version']!r} is not MAJOR.MINOR.PATCH"
    if not RELEASE_NAME.fullmatch(manifest["name"]):
        yield f"manifest: name {manifest['name']!r} is not {OF_NAME}"
    for entry in manifest["files"]:
        if not isinstance(entry, dict) or not isinstance(entry.get("path"), str):
            yield f"manifest: a file without a path: {str(entry)[:80]!r}"
            return
    paths = [entry["path"] for entry in manifest["files"]]
    if len(set(paths)) != len(paths):
        yield "manifest: a file is listed twice"
    for entry in manifest["files"]:
        hashed = _SHA256.fullmatch(str(entry.get("sha256")))
        if not hashed or not isinstance(entry.get("bytes"), int):
            yield f"manifest: {entry['path']!r} lacks a sha256 or a size in bytes"
    yield from _lineage_faults(manifest["lineage"])


def is_sha256(value: object) -> TypeGuard[str]:
    """Whether it is a SHA-256 in hex."""
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None


def is_day(value: object) -> bool:
    """Whether it is a day as a release states it, YYYY-MM-DD.

    Example:
        >>> is_day("2026-11-27"), is_day("20261127"), is_day("yesterday")
        (True, False, False)
    """
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


MANIFEST_KEYS = frozenset({*_REQUIRED, "audience", "published", "views", "rebuilt_of"})
"""``rebuilt_of`` is of a release that was made of its recipe and the raw files."""
FILE_KEYS = frozenset({"path", "sha256", "bytes"})
_OF_LINEAGE: dict[str, type] = {"code": str, "sources": dict, "stages": list, "teacher": dict}
_OF_STAGE: dict[str, type] = {
    **dict.fromkeys(("stage", "version", "content_sha256"), str),
    **dict.fromkeys(("counts", "config"), dict),
}
_OF_LATER_STAGE: dict[str, type] = {"code": str, "versions": dict, "reader": dict, "inputs": list}
"""What 2.0 to 2.2 did not say of a stage."""
_OF_PARENT: dict[str, type] = dict.fromkeys(("name", "version", "manifest_sha256"), str)
_OF_SOURCE: dict[str, type] = {"files": int, "sha256": str}
LINEAGE_KEYS = frozenset({*_OF_LINEAGE, "parent"})
STAGE_KEYS = frozenset({*_OF_STAGE, *_OF_LATER_STAGE})
PARENT_KEYS = frozenset(_OF_PARENT)
READER_KEYS = frozenset({"name", "class", "package", "version"})
PACKER_KEYS = frozenset({"python", "numpy", "zlib"})
LICENCE_KEYS = frozenset({"redistribute", "clips"})
STAGES = ("normalize", "mine_negatives", "build_rationales", "build_shards")
"""Those that a release is made of."""


def _lineage_faults(lineage: dict[str, Any]) -> Iterator[str]:
    """The first part of the lineage that is of another form: readers take it as a cut writes it."""
    for name, part, needed, possible in _list_parts(lineage):
        if fault := _find_part_fault(part, needed, possible):
            yield f"manifest: {name} {fault}"
            return
    for number, stage in enumerate(lineage.get("stages", [])):
        if fault := _find_stage_fault(stage):
            yield f"manifest: lineage.stages.{number} {fault}"
            return
    for key in ("names", "prompts"):
        if not _are_texts(lineage.get("teacher", {}).get(key, [])):
            yield f"manifest: lineage.teacher.{key} is no list of texts"


Parts = Iterator[tuple[str, Any, Mapping[str, type], Mapping[str, type]]]


def _list_parts(lineage: dict[str, Any]) -> Parts:
    """Each object of the lineage: its name, itself, the keys that it must have and may have."""
    yield "lineage", lineage, {}, _OF_LINEAGE
    if lineage.get("parent") is not None:
        yield "lineage.parent", lineage["parent"], _OF_PARENT, {}
    for corpus, source in lineage.get("sources", {}).items():
        yield f"lineage.sources.{corpus}", source, _OF_SOURCE, {}
    for number, stage in enumerate(lineage.get("stages", [])):
        yield f"lineage.stages.{number}", stage, _OF_STAGE, _OF_LATER_STAGE


def _find_part_fault(
    part: Any, needed: Mapping[str, type], possible: Mapping[str, type]
) -> str | None:
    if not isinstance(part, dict):
        return f"is a {type(part).__name__} and no object"
    for key, kind in (*needed.items(), *possible.items()):
        if key not in part and key in needed:
            return f"has no {key!r}"
        if key in part and type(part[key]) is not kind:
            return f"has a {key!r} that is a {type(part[key]).__name__} and no {kind.__name__}"
    return None


def _find_stage_fault(stage: dict[str, Any]) -> str | None:
    named = (stage["config"].get("corpus", ""), stage.get("reader", {}).get("name", ""))
    if not _are_texts(named):
        return f"names a corpus or a reader {named!r}"
    if not all(type(count) in (int, float) for count in stage["counts"].values()):
        return f"counts {stage['counts']!r}"
    return None if _are_texts(stage.get("inputs", [])) else "has inputs that are no texts"


def _are_texts(values: Any) -> bool:
    return isinstance(values, list | tuple) and all(isinstance(value, str) for value in values)
