"""How a recipe lies in its folder, and how to tell one from a release."""

from __future__ import annotations

from typing import Any

from schemas.versions import same_major
from skeletonllm.errors import ReleaseError, SchemaError, UsageError
from skeletonllm.release.verify.files import CHANGES, LICENCES, STATISTICS
from skeletonllm.release.verify.tables import OPTIONAL, TABLES
from skeletonllm.shards.manifest import RECIPE, Manifest, read_manifest
from skeletonllm.storage import TOPOLOGIES, exists, join, read_json
from skeletonllm.storage.layout import MANIFEST, table_file

VERSION = "1.0.0"
"""Of the layout of a recipe."""

AUDIENCE = "public"
"""Of every recipe: it holds no clip."""

ANNOTATIONS = "annotations"
"""A parquet file a tar of the release, of :data:`schemas.ANNOTATION`, in the order of the tar."""

OF_RELEASE = "release"
"""Files of the full release that the recipe has its own of: manifest, card, Croissant."""

OWN = (MANIFEST, "README.md", "croissant.json")
"""Those files."""

TAKEN = (
    *(table_file(name) for name in (*TABLES, *OPTIONAL)),
    *(TOPOLOGIES, LICENCES, STATISTICS, CHANGES),
)
"""Files of a release that its recipe holds as they are; none of them tells where a joint was."""

PICTURED = "report.html"
"""The one file beside the tars that shows motions. It is drawn again when the release is."""


def annotation_file(shard: str) -> str:
    """Where the annotations of a tar lie.

    Example:
        >>> annotation_file("shard-000000.tar")
        'annotations/shard-000000.parquet'
    """
    return f"{ANNOTATIONS}/{shard.removesuffix('.tar')}.parquet"


def is_recipe(folder: str) -> bool:
    """Whether the folder holds a finished recipe."""
    manifest = join(folder, MANIFEST)
    stated = read_json(manifest) if exists(manifest) else None
    return isinstance(stated, dict) and stated.get("schema") == RECIPE


def open_recipe(folder: str) -> Manifest:
    """The manifest of a recipe.

    Raises:
        UsageError: It is no recipe.
        ReleaseError: The manifest is damaged, or there is none.
        SchemaError: The recipe is of another major version.
    """
    manifest = read_manifest(folder)
    if not manifest.is_recipe:
        hint = "Give a folder that `skeletonllm make-recipe` wrote."
        raise UsageError("this is no recipe", where=folder, hint=hint)
    stated = manifest.data.get("schema_version")
    if not same_major(stated, VERSION):
        found = f"a recipe of version {stated!r}"
        raise SchemaError(found, expected=VERSION, where=join(folder, MANIFEST))
    return manifest


def list_taken(files: list[dict[str, Any]]) -> list[str]:
    """Paths of a release that its recipe holds as they are: tables, terms, numbers, skeletons.

    Raises:
        ReleaseError: It has a file that nobody here knows, and that may show a motion.
    """
    paths = {entry["path"] for entry in files if not entry["path"].endswith(".tar")}
    if unknown := sorted(paths - {PICTURED, *OWN, *TAKEN}):
        hint = "Install the version of skeletonllm that cut it."
        raise ReleaseError(f"files that no recipe knows: {', '.join(unknown)}", hint=hint)
    return sorted(paths & set(TAKEN))
