"""The manifest of a release, and the files that it lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from schemas import RELEASE_VERSION, manifest_faults
from schemas.release import (
    FILE_KEYS,
    LICENCE_KEYS,
    LINEAGE_KEYS,
    MANIFEST_KEYS,
    PACKER_KEYS,
    PARENT_KEYS,
    READER_KEYS,
    RELEASE_NAME,
    STAGE_KEYS,
    STAGES,
    find_layout,
    is_day,
    is_sha256,
)
from schemas.versions import is_later, parse_version
from skeletonllm.errors import UsageError
from skeletonllm.release.gate import AUDIENCES
from skeletonllm.release.manifest import SCHEMA, check_readable
from skeletonllm.release.verify.tables import TABLES
from skeletonllm.storage import exists, join, list_files, read_json, sha256_of
from skeletonllm.storage.layout import MANIFEST, SHARDS, table_file

LICENCES, STATISTICS, CROISSANT, CARD = (
    *("licences.json", "statistics.json", "croissant.json", "README.md"),
)
CHANGES = "changes.md"
_REQUIRED = (
    *map(table_file, TABLES),
    *(CARD, CROISSANT, LICENCES, "report.html", STATISTICS, "topologies.json"),
)
_TAR = re.compile(rf"{SHARDS}/[^/]+\.tar")


def read_manifest(release: str) -> tuple[dict[str, Any], list[str]]:
    """The manifest of a release, and what is wrong with its form; then none of it can be used.

    Raises:
        UsageError: The folder has no manifest.
        SchemaError: It is of another major version.
    """
    if not exists(join(release, MANIFEST)):
        hint = "Give the folder of one version: <root>/<name>/<version>."
        raise UsageError(f"no {MANIFEST}", where=release, hint=hint)
    try:
        manifest = read_json(join(release, MANIFEST))
    except UsageError as error:
        return {}, [str(error)]
    stated = manifest.get("schema", SCHEMA) if isinstance(manifest, dict) else SCHEMA
    if stated != SCHEMA:
        version = manifest.get("schema_version")
        return {}, [f"manifest: schema {stated!r} {version}; expected {SCHEMA!r}"]
    if isinstance(manifest, dict) and "schema_version" in manifest:
        check_readable(manifest, release)
    faults = manifest_faults(manifest)
    return manifest, faults or list(find_manifest_faults(manifest))


def count_stated(release: str) -> int:
    """How many samples the manifest states; 0 if it cannot be read."""
    try:
        counts = read_json(join(release, MANIFEST))["counts"]
        return int(counts["samples"])
    except (UsageError, LookupError, TypeError, ValueError):
        return 0


def find_manifest_faults(manifest: dict[str, Any]) -> Iterator[str]:
    """What a manifest of the right form says that no cut writes."""
    if manifest.get("audience") not in AUDIENCES:
        expected = " or ".join(AUDIENCES)
        yield f"manifest: audience {manifest.get('audience')!r}; expected {expected}"
    version = manifest["schema_version"]
    if find_layout(version) is None:
        yield f"manifest: schema_version {version!r}, which no release was written in"
    for key in ("counts", "lineage", "licences"):
        if not manifest[key]:
            yield f"manifest: {key!r} is empty"
    if not is_later(version, RELEASE_VERSION):
        yield from _find_unknown_keys(manifest)
        yield from _find_strange_values(manifest)


def _find_unknown_keys(manifest: dict[str, Any]) -> Iterator[str]:
    """What the manifest says beside what a cut writes: nobody reads it, and nobody checks it."""
    lineage = manifest["lineage"]
    parts = [
        ("manifest", manifest, MANIFEST_KEYS),
        ("manifest: licences", manifest["licences"], LICENCE_KEYS),
        ("manifest: lineage", lineage, LINEAGE_KEYS),
        ("manifest: lineage.parent", lineage.get("parent") or {}, PARENT_KEYS),
    ]
    for number, stage in enumerate(lineage.get("stages", [])):
        name = f"manifest: lineage.stages.{number}"
        parts.append((name, stage, STAGE_KEYS))
        parts.append((f"{name}.reader", stage.get("reader", {}), READER_KEYS))
        parts.append((f"{name}.versions", stage.get("versions", {}), PACKER_KEYS))
    parts += [(f"manifest: {e['path']!r}", e, FILE_KEYS) for e in manifest["files"]]
    for name, part, known in parts:
        if unknown := sorted(set(part) - known):
            yield f"{name}: no release has {', '.join(map(repr, unknown))}"


def _find_strange_values(manifest: dict[str, Any]) -> Iterator[str]:
    """Values that no cut writes, of what is compared with nothing else."""
    if "published" in manifest and not is_day(manifest["published"]):
        yield f"manifest: published {manifest['published']!r}; expected YYYY-MM-DD"
    if "rebuilt_of" in manifest and not is_sha256(manifest["rebuilt_of"]):
        yield f"manifest: rebuilt_of {manifest['rebuilt_of']!r}; expected a sha256"
    counted = manifest["licences"].get("clips")
    if not isinstance(counted, dict) or not all(map(_is_count, counted.values())):
        yield f"manifest: licences.clips is {counted!r}; expected a number of clips a licence"
    if (parent := manifest["lineage"].get("parent")) is not None:
        named = RELEASE_NAME.fullmatch(parent["name"]) and parse_version(parent["version"])
        if not named or not is_sha256(parent["manifest_sha256"]):
            yield f"manifest: lineage.parent {parent} names no release"
    stages = manifest["lineage"].get("stages", [])
    for number, stage in enumerate(stages):
        if fault := _find_strange_stage(stage):
            yield f"manifest: lineage.stages.{number} {fault}"
    for name in STAGES[1:3]:  # clips come from many folders, and of the shards there is one
        if (count := sum(stage["stage"] == name for stage in stages)) > 1:
            yield f"manifest: lineage: {count} stages {name}; expected one"


def _find_strange_stage(stage: dict[str, Any]) -> str | None:
    if stage["stage"] not in STAGES:
        return f"is {stage['stage']!r}; expected {', '.join(STAGES)}"
    if not all(map(is_sha256, (stage["content_sha256"], *stage.get("inputs", ())))):
        return "names contents or inputs that are no sha256"
    if not all(map(_is_count, stage["counts"].values())):
        return f"counts {stage['counts']!r}"
    told = (*stage.get("reader", {}).values(), *stage.get("versions", {}).values())
    if not all(value is None or isinstance(value, str) for value in told):
        return "has a reader or versions that are no texts"
    return None


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0


def find_later_layout(manifest: dict[str, Any]) -> Iterator[str]:
    """What is not checked of a release that was cut by a later version."""
    version = manifest["schema_version"]
    if is_later(version, RELEASE_VERSION):
        yield (
            f"manifest: schema_version {version}, later than {RELEASE_VERSION}: files, members and "
            "fields that are not known here are not checked"
        )


def list_tars(manifest: dict[str, Any]) -> list[str]:
    """Paths of the tars that a manifest lists, sorted."""
    paths = (entry["path"] for entry in manifest["files"])
    return sorted(p for p in paths if p.startswith(f"{SHARDS}/") and p.endswith(".tar"))


def find_file_faults(release: str, manifest: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """``(path, fault)`` of each missing, changed, extra or unlisted file.

    The bytes of the tars are left to who reads them.

    Args:
        release: Its folder.
        manifest: Of the right form.
    """
    listed = {entry["path"]: entry for entry in manifest["files"]}
    present = set(list_files(release, unfinished=True)) - {MANIFEST}
    for path in sorted(present - set(listed)):
        yield path, f"{path}: not in the manifest"
    for path in sorted(path for path in listed if not _is_known(path, manifest)):
        yield path, f"{path}: no file of a release"
    for path in sorted(set(_REQUIRED) - set(listed)):
        yield path, f"{path}: the manifest does not list it, and a release needs it"
    tars = set(list_tars(manifest))
    for path, entry in sorted(listed.items()):
        if path not in present:
            yield path, f"{path}: missing"
        elif path not in tars:
            fault = compare_bytes(entry, *sha256_of(join(release, path)))
            if fault:
                yield path, fault


def _is_known(path: str, manifest: dict[str, Any]) -> bool:
    """Whether a cut of the layout that the manifest states may write this file."""
    layout = find_layout(manifest["schema_version"])
    if layout is None or layout.files is None:
        return True
    return path in layout.files or path in _REQUIRED or _TAR.fullmatch(path) is not None


def compare_bytes(entry: dict[str, Any], sha256: str, size: int) -> str | None:
    """What differs between a file and its entry in the manifest; None if nothing does.

    Args:
        entry: ``{path, sha256, bytes}``.
        sha256: Of the file, in hex.
        size: Of the file in bytes.
    """
    path = entry["path"]
    if size != entry["bytes"]:
        return f"{path}: {size} bytes; the manifest says {entry['bytes']}"
    if sha256 != entry["sha256"]:
        return f"{path}: sha256 {sha256[:12]}; the manifest says {entry['sha256'][:12]}"
    return None
