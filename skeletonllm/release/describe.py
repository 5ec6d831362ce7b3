"""The facts of a release at a glance: the data behind ``inspect``."""

from __future__ import annotations

from typing import Any

from schemas import manifest_faults
from skeletonllm.errors import ReleaseError, UsageError
from skeletonllm.release.manifest import SCHEMA, check_readable
from skeletonllm.storage import exists, join, read_json
from skeletonllm.storage.layout import MANIFEST
from skeletonllm.views.asked_views import read_asked_views


def is_release(path: str) -> bool:
    """Whether the folder holds a finished release (and not, say, a finished stage)."""
    manifest = join(path, MANIFEST)
    stated = read_json(manifest) if exists(manifest) else None
    return isinstance(stated, dict) and stated.get("schema") == SCHEMA


def describe_release(path: str) -> dict[str, Any]:
    """Name, version, audience, counts, views, size, lineage, licences, statistics of a release.

    Nothing is verified: this reads two small files.

    Raises:
        UsageError: The folder is not a release.
        ReleaseError: Its manifest is damaged.
        SchemaError: It is of another major version.

    Example:
        >>> describe_release("releases/lab/1.0.0")["counts"]["samples"]  # doctest: +SKIP
        1484
    """
    if not is_release(path):
        hint = "Give the folder of one version: <root>/<name>/<version>."
        raise UsageError("this is not a release", where=path, hint=hint)
    manifest = read_json(join(path, MANIFEST))
    check_readable(manifest, path)
    if faults := manifest_faults(manifest):
        hint = "`skeletonllm verify` lists all that is wrong."
        raise ReleaseError(faults[0], where=join(path, MANIFEST), hint=hint)
    named = {
        k: manifest[k] for k in ("name", "version", "audience", "counts", "lineage", "licences")
    }
    return {
        **named,
        "views": read_asked_views(path),
        "bytes": sum(entry["bytes"] for entry in manifest["files"]),
        "files": len(manifest["files"]),
        "statistics": read_json(join(path, "statistics.json")),
    }
