"""``manifest.json`` of a release, as a JSON Schema would say it, in plain Python."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from schemas.versions import SEMVER

RELEASE_VERSION = "2.3.0"
"""Version of the layout of a release: its manifest, and the files beside it.

It stands for what ``croissant.json`` and the head of the card say too, with the columns that they
declare: ``verify`` makes both again for a release of this version.

2.2 did not say of a stage with which Python, numpy and zlib it packed. 2.1 had no ``changes.md``;
the lineage did not say of a stage which code finished it, which reader read, and which stages it
read. 2.0 did not say for which views negatives were mined and rationales asked for. Major 1 called
the flags of a clip quality, and the namespace of a negative corpus.
"""

_SHA256 = re.compile(r"^[0-9a-f]{64}$")
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
    if not SEMVER.match(manifest["version"]):
        yield f"manifest: version {manifest['version']!r} is not MAJOR.MINOR.PATCH"
    for entry in manifest["files"]:
        if not isinstance(entry, dict) or not isinstance(entry.get("path"), str):
            yield f"manifest: a file without a path: {str(entry)[:80]!r}"
            return
    paths = [entry["path"] for entry in manifest["files"]]
    if len(set(paths)) != len(paths):
        yield "manifest: a file is listed twice"
    for entry in manifest["files"]:
        if not _SHA256.match(str(entry.get("sha256"))) or not isinstance(entry.get("bytes"), int):
            yield f"manifest: {entry['path']!r} lacks a sha256 or a size in bytes"
