"""The manifest of a release, and the files that it lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from schemas import RELEASE_VERSION, manifest_faults
from schemas.release import FILE_KEYS, LINEAGE_KEYS, MANIFEST_KEYS, STAGE_KEYS, find_layout
from schemas.versions import is_later
from skeletonllm.errors import UsageError
from skeletonllm.release.gate import AUDIENCES
from skeletonllm.release.manifest import SCHEMA, check_readable
from skeletonllm.release.verify.tables import TABLES
from skeletonllm.storage import exists, join, list_files, read_json, sha256_of
from skeletonllm.storage.layout import MANIFEST, SHARDS, table_file

LICENCES, STATISTICS, CROISSANT, CARD = (
    *("licences.json", "statistics.json", "croissant.json", "README.md"),
)
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
    return manifest, faults or list(_head_faults(manifest))


def count_stated(release: str) -> int:
    """How many samples the manifest states; 0 if it cannot be read."""
    try:
        counts = read_json(join(release, MANIFEST))["counts"]
        return int(counts["samples"])
    except (UsageError, LookupError, TypeError, ValueError):
        return 0


def _head_faults(manifest: dict[str, Any]) -> Iterator[str]:
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


def _find_unknown_keys(manifest: dict[str, Any]) -> Iterator[str]:
    """What the manifest says beside what a cut writes: nobody reads it, and nobody checks it."""
    lineage = manifest["lineage"]
    parts = [("manifest", manifest, MANIFEST_KEYS), ("manifest: lineage", lineage, LINEAGE_KEYS)]
    for number, stage in enumerate(lineage.get("stages", [])):
        parts.append((f"manifest: lineage.stages.{number}", stage, STAGE_KEYS))
    parts += [(f"manifest: {e['path']!r}", e, FILE_KEYS) for e in manifest["files"]]
    for name, part, known in parts:
        if unknown := sorted(set(part) - known):
            yield f"{name}: no release has {', '.join(map(repr, unknown))}"


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
