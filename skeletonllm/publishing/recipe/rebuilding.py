"""A recipe and the raw files of its corpora -> the whole release."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from schemas import REJECT, SAMPLE
from skeletonllm.errors import ReleaseError, tell_first
from skeletonllm.publishing.recipe.card import find_packers
from skeletonllm.publishing.recipe.checking import inspect_recipe
from skeletonllm.publishing.recipe.describing import write_descriptions
from skeletonllm.publishing.recipe.layout import (
    OF_RELEASE,
    annotation_file,
    list_taken,
    open_recipe,
)
from skeletonllm.publishing.recipe.origins import Origins
from skeletonllm.publishing.recipe.tars import TarRebuilt, TarTask, rebuild_tar
from skeletonllm.publishing.standing import drop_manifest, list_missing, refuse_strangers
from skeletonllm.rejects import Reject
from skeletonllm.release.verify.files import list_tars
from skeletonllm.release.verify.tars import plan_tars
from skeletonllm.shards.index import write_index
from skeletonllm.shards.manifest import read_manifest, refuse_inside
from skeletonllm.storage import (
    TOPOLOGIES,
    exists,
    hold_lock,
    join,
    read_bytes,
    read_json,
    read_table,
    sha256_of,
    write_bytes,
    write_table,
)
from skeletonllm.storage.files import filesystem, remove_partials
from skeletonllm.storage.layout import INDEX, MANIFEST, table_file
from skeletonllm.storage.lock import Lock
from skeletonllm.version import name_packers

Run = Callable[[Callable[[TarTask], TarRebuilt], Sequence[TarTask]], Iterable[TarRebuilt]]
"""How the tars are made: ``map``, or the same on many cores, in any order."""

REFUSED = "rejects"
"""What could not be made again lies in ``<version>.rejects.parquet`` beside the release."""


@dataclass(frozen=True)
class RebuiltRelease:
    """What became of a release that was made anew.

    Args:
        folder: Where it lies; nothing but tars lies there where clips are missing.
        samples: How many clips it has.
        same: Whether every byte is that of the release.
        rejects: Clips that could not be made again; empty where it is whole.
        remarks: What else is worth knowing, as sentences.
        table: Where the rejects are listed; None where there are none.
    """

    folder: str
    samples: int
    same: bool
    rejects: tuple[Reject, ...] = field(repr=False)
    remarks: tuple[str, ...]
    table: str | None


def rebuild_release(
    recipe: str, corpora: Sequence[str], root: str, run: Run = map
) -> RebuiltRelease:
    """Make the release of a recipe, ``<root>/<name>/<version>``, of raw files.

    Each clip is read and normalized as the lineage says, and its motion compared with the hash in
    the recipe. Tars that stand are not made again, so the same command goes on where it was
    stopped, and puts right what has lost files since. The manifest is written last, and only where
    every clip is what it was, and ``verify`` would find no fault.

    Args:
        recipe: Its folder.
        corpora: ``NAME=FOLDER`` for each corpus; NAME may be ``module:Class`` of one's own reader.
        root: Folder of all releases.
        run: How the tars are made; ``pipelines.tars`` has one for many cores.

    Raises:
        UsageError: It is no recipe, a corpus is missing or unknown, or the root lies in a release.
        ReleaseError: The recipe is damaged or says what the raw files do not give, or another
            release of that version is there.
        SchemaError: It is of another major version.

    Example:
        >>> rebuild_release("recipes/lab/1.0.0", ["lab=raw"], "releases")  # doctest: +SKIP
        RebuiltRelease(folder='releases/lab/1.0.0', samples=1484, same=True, remarks=(), table=None)
    """
    manifest = open_recipe(recipe).data
    origins = Origins.parse(corpora, manifest["lineage"])
    if faults := inspect_recipe(recipe).faults:
        hint = "Fetch the recipe again; `skeletonllm verify` lists all faults."
        raise ReleaseError(tell_first(faults), where=recipe, hint=hint)
    folder = join(root, manifest["name"], manifest["version"])
    refuse_inside(join(root, manifest["name"]))
    with hold_lock(join(root, manifest["name"]), manifest["version"]) as lock:
        return _rebuild(recipe, folder, origins, run, lock)


def _rebuild(recipe: str, folder: str, origins: Origins, run: Run, lock: Lock) -> RebuiltRelease:
    of_release = read_json(join(recipe, OF_RELEASE, MANIFEST))
    index = read_table(join(recipe, table_file(INDEX)), schema=SAMPLE)
    same = exists(join(folder, MANIFEST)) and _is_same(folder, recipe)
    refuse_strangers(folder, [entry["path"] for entry in of_release["files"]])
    if exists(join(folder, MANIFEST)) and not list_missing(folder, _list_stated(folder)):
        said = () if same else ("it was rebuilt before, and is left as it is",)
        _remove_rejects(folder)
        return RebuiltRelease(folder, len(index), same, (), said, None)
    remove_partials(folder)
    _check_folders(recipe, index, origins)
    drop_manifest(folder)
    tasks = _plan(recipe, folder, of_release, index, origins)
    made = sorted(run(rebuild_tar, tasks), key=lambda tar: tar.path)
    rejects = tuple(reject for tar in made for reject in tar.rejects)
    if rejects:
        listed = _name_rejects(folder)
        rows = [reject.to_row() for reject in rejects]
        write_table(listed, pa.Table.from_pylist(rows, schema=REJECT.arrow))
        return RebuiltRelease(folder, len(index), False, rejects, _remark(origins, made), listed)
    for path in list_taken(of_release["files"]):
        write_bytes(join(folder, path), read_bytes(join(recipe, path)))
    if places := [tar.places for tar in made if tar.places is not None]:
        index = _replace_places(index, places)
        write_index(join(folder, table_file(INDEX)), index)
    lock.confirm()
    same = write_descriptions(recipe, folder)
    _remove_rejects(folder)
    why = () if same else _explain(made, of_release["lineage"])
    return RebuiltRelease(folder, len(index), same, (), _remark(origins, made) + why, None)


def _name_rejects(folder: str) -> str:
    return f"{folder}.{REFUSED}.parquet"


def _remove_rejects(folder: str) -> None:
    """What an earlier try listed is not true of a release that is whole."""
    fs, path = filesystem(_name_rejects(folder))
    if exists(_name_rejects(folder)):
        fs.rm_file(path)


def _is_same(folder: str, recipe: str) -> bool:
    """Whether the finished release that lies there has every byte of the one of the recipe.

    Raises:
        ReleaseError: It is another release, and no rebuilding of that one.
    """
    ours, _ = sha256_of(join(recipe, OF_RELEASE, MANIFEST))
    if sha256_of(join(folder, MANIFEST))[0] == ours:
        return True
    if read_json(join(folder, MANIFEST)).get("rebuilt_of") == ours:
        return False
    found = "another release of this name and version is here"
    raise ReleaseError(found, where=folder, hint="Nothing was overwritten: choose another -o.")


def _list_stated(folder: str) -> list[dict[str, Any]]:
    """The files that the manifest of a rebuilt release lists."""
    entries: list[dict[str, Any]] = read_manifest(folder).data["files"]
    return entries


def _check_folders(recipe: str, index: pa.Table, origins: Origins) -> None:
    """Look once for each corpus before anything is made: a wrong folder is one sentence.

    Raises:
        UsageError: A folder has nothing of its corpus.
    """
    first = index.group_by("corpus", use_threads=False).aggregate([("shard", "min")])
    for row in first.to_pylist():
        told = read_table(join(recipe, annotation_file(row["shard_min"]))).to_pylist()
        metas = (orjson.loads(annotation["json"]) for annotation in told)
        origins.list_sources(next(meta for meta in metas if meta["corpus"] == row["corpus"]))


def _plan(
    recipe: str, folder: str, of_release: dict[str, Any], index: pa.Table, origins: Origins
) -> list[TarTask]:
    topologies = read_json(join(recipe, TOPOLOGIES))
    tars = set(list_tars(of_release))
    entries = [entry for entry in of_release["files"] if entry["path"] in tars]
    return [
        TarTask(recipe, folder, task.entry, task.rows.load().to_pylist(), origins, topologies)
        for task in plan_tars(folder, entries, index, None, {}, folder="")
        if task.rows is not None
    ]


def _replace_places(index: pa.Table, places: Sequence[pa.Table]) -> pa.Table:
    """The index with the places, sizes and hashes of tars that were packed otherwise."""
    moved = pa.concat_tables(places)
    at = pc.index_in(index.column("clip_id"), value_set=moved.column("clip_id"))
    for name in ("offset", "size", "bytes_hash"):
        number = index.schema.get_field_index(name)
        new = moved.column(name).take(at)
        kept = pc.if_else(pc.is_valid(at), new, index.column(name))
        index = index.set_column(number, index.schema.field(number), kept)
    return index


def _remark(origins: Origins, made: Sequence[TarRebuilt]) -> tuple[str, ...]:
    others = sum(tar.other_files for tar in made)
    files = f"{others} raw files are others than were read then, and give the same motions"
    return (*origins.list_other_readers(), *([files] if others else []))


def _explain(made: Sequence[TarRebuilt], lineage: dict[str, Any]) -> tuple[str, ...]:
    """Why some files are other bytes, though every sample is the same."""
    if all(tar.same for tar in made):
        return ("all tars are the same bytes; report.html was drawn otherwise, or with pictures",)
    return _compare_packers(lineage)


def _compare_packers(lineage: dict[str, Any]) -> tuple[str, ...]:
    """Why tars of equal samples may be other bytes."""
    then, now = find_packers(lineage), name_packers()
    if then is None:
        return ("the release does not say which Python, numpy and zlib packed it",)
    differing = [f"{key} {then[key]} then, {now[key]} now" for key in now if then[key] != now[key]]
    return (f"packed by {'; '.join(differing)}",) if differing else ()
