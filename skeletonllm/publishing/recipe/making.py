"""A recipe of a release: what may be given away where the motions may not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from schemas import ANNOTATION, RATIONALE, SAMPLE
from skeletonllm.errors import ReleaseError
from skeletonllm.publishing.recipe.annotations import annotate_samples, refuse_quotations
from skeletonllm.publishing.recipe.card import describe_recipe, make_recipe_card
from skeletonllm.publishing.recipe.layout import (
    AUDIENCE,
    OF_RELEASE,
    OWN,
    VERSION,
    annotation_file,
    list_taken,
)
from skeletonllm.publishing.standing import drop_manifest, list_missing, refuse_strangers
from skeletonllm.release.diff.side import Side, open_side
from skeletonllm.release.gate import list_closed
from skeletonllm.release.manifest import check_readable, list_entries
from skeletonllm.release.verify.files import CARD, CROISSANT, LICENCES, STATISTICS, list_tars
from skeletonllm.release.verify.tars import plan_tars
from skeletonllm.shards.checked_files import (
    load_checked_topologies,
    read_checked,
    read_checked_table,
)
from skeletonllm.shards.manifest import RECIPE, read_manifest, refuse_inside
from skeletonllm.shards.strange import refuse_strange
from skeletonllm.storage import (
    exists,
    join,
    read_bytes,
    write_bytes,
    write_json,
    write_table,
)
from skeletonllm.storage.files import remove_partials
from skeletonllm.storage.layout import INDEX, MANIFEST, SHARDS, table_file


def make_recipe(release: str, root: str) -> str:
    """Write the recipe of a release, and give its folder, ``<root>/<name>/<version>``.

    It holds ids, annotations, rationales, negatives, questions, numbers and hashes, and no motion.
    Who has the corpora makes the release of it: :func:`rebuild_release`. The manifest is written
    last; the same release gives the same bytes. A recipe that is there and has lost files, or has
    damaged ones, is made again.

    Args:
        release: Folder of the release, of any audience.
        root: Folder of all recipes.

    Raises:
        UsageError: It is no release, or the root lies in one.
        ReleaseError: A sample or file is not what the release says, a rationale quotes a caption
            that may not be passed on, or another recipe of this
            version is there.
        SchemaError: It is of another major version.

    Example:
        >>> make_recipe("releases/lab/1.0.0", "recipes")  # doctest: +SKIP
        'recipes/lab/1.0.0'
    """
    with refuse_strange(release):
        return _make(release, root)


def _make(release: str, root: str) -> str:
    side = open_side(release)
    check_readable(side.data, release)
    load_checked_topologies(side.manifest)
    taken = list_taken(side.data["files"])
    refuse_inside(join(root, side.identity.name))
    folder = join(root, side.identity.name, side.identity.version)
    whole = exists(join(folder, MANIFEST)) and _is_whole(folder, side)
    refuse_strangers(folder, _list_paths(side, taken))
    if whole:
        return folder
    drop_manifest(folder)
    remove_partials(folder)
    _write_annotations(side, folder)
    for path in taken:
        write_bytes(join(folder, path), read_checked(release, path, side.manifest))
    for path in OWN:
        write_bytes(join(folder, OF_RELEASE, path), _read_own(side, path))
    head = _make_head(side)
    numbers, licences = side.read_json(STATISTICS), side.read_json(LICENCES)
    entries = _list_own(folder)
    card = make_recipe_card(head, numbers, licences, entries)
    write_bytes(join(folder, CARD), card.encode())
    entries = [e for e in list_entries(folder, entries) if e["path"] != CROISSANT]
    write_json(join(folder, CROISSANT), describe_recipe(side.read_json(CROISSANT), entries))
    write_json(join(folder, MANIFEST), {**head, "files": list_entries(folder, entries)})
    return folder


def _is_whole(folder: str, side: Side) -> bool:
    """Whether the recipe that is there is this one, with all files that its manifest lists.

    Raises:
        ReleaseError: It is another one, or no recipe; it is not overwritten.
    """
    there = read_manifest(folder)
    of = there.data.get("release")
    if not there.is_recipe or not isinstance(of, dict):
        found = "what is here is no recipe"
        raise ReleaseError(found, where=folder, hint="Nothing was overwritten: choose another -o.")
    if of.get("manifest_sha256") != side.identity.sha256:
        found = "a recipe of another release of this name and version is here"
        raise ReleaseError(found, where=folder, hint="Nothing was overwritten: choose another -o.")
    return not list_missing(folder, there.data["files"])


def _list_paths(side: Side, taken: Sequence[str]) -> list[str]:
    """Of all files that the recipe will have, but for its manifest."""
    tars = (path.removeprefix(f"{SHARDS}/") for path in list_tars(side.data))
    return [*taken, *OWN, *(join(OF_RELEASE, path) for path in OWN), *map(annotation_file, tars)]


def _list_own(folder: str) -> list[dict[str, Any]]:
    """Entries of all but what speaks of others, which an earlier try may have left."""
    left = [path for path in OWN if exists(join(folder, path))]
    return [entry for entry in list_entries(folder) if entry["path"] not in left]


def _read_own(side: Side, path: str) -> bytes:
    folder = side.manifest.folder
    if path == MANIFEST:
        return read_bytes(join(folder, MANIFEST))
    return read_checked(folder, path, side.manifest)


def _make_head(side: Side) -> dict[str, Any]:
    """All of the manifest but its files. Anyone may have it: it holds no clip."""
    data = side.data
    kept = ("name", "version", "published", "counts", "views", "lineage", "licences")
    return {
        "schema": RECIPE,
        "schema_version": VERSION,
        **{key: data[key] for key in kept if key in data},
        "audience": AUDIENCE,
        "release": {"manifest_sha256": side.identity.sha256, "audience": data.get("audience")},
    }


def _write_annotations(side: Side, folder: str) -> None:
    """A part for each tar, tar by tar: one of them is held at a time."""
    release = side.manifest.folder
    index = read_checked_table(release, table_file(INDEX), side.manifest, SAMPLE)
    closed = list_closed(side.read_json(LICENCES))
    unnamed = _list_unnamed(side, index)
    tars = set(list_tars(side.data))
    entries = [entry for entry in side.data["files"] if entry["path"] in tars]
    for task in plan_tars(release, entries, index, None, {}, folder=""):
        path, rows = task.entry["path"], [] if task.rows is None else task.rows.load().to_pylist()
        shard = path.removeprefix(f"{SHARDS}/")
        table = annotate_samples(read_bytes(join(release, path)), rows, closed)
        if faults := ANNOTATION.faults(table):
            raise ReleaseError("; ".join(faults[:3]), where=join(release, path))
        refuse_quotations(table, unnamed, closed)
        write_table(join(folder, annotation_file(shard)), table)


def _list_unnamed(side: Side, index: pa.Table) -> pa.Array:
    """Clips without a class that have rationales: these conclude with a caption."""
    unnamed = index.filter(pc.is_null(index.column("label"))).column("clip_id")
    with side.open_table(table_file("rationales"), RATIONALE) as told:
        return unnamed.filter(pc.is_in(unnamed, value_set=told.column("clip_id")))
