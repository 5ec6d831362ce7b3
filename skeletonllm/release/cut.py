"""Cutting a release: finished stage folders become one immutable folder with hashes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from schemas import manifest_faults
from schemas.versions import SEMVER
from skeletonllm.errors import ReleaseError, UsageError
from skeletonllm.release.card import make_card
from skeletonllm.release.changes import write_changes
from skeletonllm.release.croissant import make_croissant
from skeletonllm.release.draft import Draft, draft_release
from skeletonllm.release.inputs import Inputs, open_inputs
from skeletonllm.release.manifest import build_manifest, code_version, list_entries
from skeletonllm.release.report import make_report
from skeletonllm.release.verify.inspection import check_samples, find_described_faults
from skeletonllm.release.verify.leaks import find_leaks
from skeletonllm.shards.index import write_index
from skeletonllm.storage import (
    TOPOLOGIES,
    exists,
    join,
    list_files,
    read_bytes,
    sha256_of,
    write_bytes,
    write_json,
    write_table,
)
from skeletonllm.storage.files import filesystem
from skeletonllm.storage.layout import INDEX, MANIFEST, SHARDS, table_file

_SHOWN = 5
"""Faults that a refusal names."""
_NAME = re.compile(r"^[a-z0-9][a-z0-9_-]*$")


def cut_release(
    root: str,
    name: str,
    version: str,
    *,
    shards_dir: str,
    clips_dirs: Sequence[str],
    negatives_dir: str | None = None,
    rationales_dir: str | None = None,
    parent: str | None = None,
    audience: str = "internal",
    published: str | None = None,
    code: str | None = None,
) -> str:
    """The path of the new release, ``<root>/<name>/<version>``.

    The folder is built beside its place and renamed, so that a release is whole or not there. The
    same inputs give the same bytes; cutting them again changes nothing.

    Args:
        root: Folder of all releases.
        name: Lower-case letters, digits, ``-`` and ``_``.
        version: MAJOR.MINOR.PATCH.
        shards_dir: Finished ``build_shards`` folder.
        clips_dirs: The finished ``normalize`` folders it was built from.
        negatives_dir: The finished ``mine_negatives`` folder it was built from, if any.
        rationales_dir: The finished ``build_rationales`` folder it was built from, if any.
        parent: The release this one replaces. It is an input as the others are: its manifest's
            hash is in the lineage, and what changed since is in ``changes.md`` and on the card.
        audience: ``internal`` or ``public``; ``public`` refuses clips whose licence forbids
            redistribution.
        published: The day on which it is given out, YYYY-MM-DD, for ``croissant.json``; a release
            takes no day from the clock, since the same inputs give the same bytes.
        code: Name and version of the program that cuts it; by default this package's.

    Raises:
        UsageError: The name, version, audience, day or a stage folder is not valid.
        ReleaseError: The licences forbid it, the inputs do not belong together, a shard is damaged,
            ``verify`` would call something a fault, or this version exists with other bytes.

    Example:
        >>> cut_release("releases", "lab", "1.0.0", shards_dir="out/shards",
        ...     clips_dirs=["out/clips"])  # doctest: +SKIP
        'releases/lab/1.0.0'
    """
    _check_name(name, version)
    _check_day(published)
    inputs = open_inputs(shards_dir, clips_dirs, negatives_dir, rationales_dir)
    made_by = code or code_version()
    plan = draft_release(
        inputs, name, version, audience=audience, parent=parent, published=published, code=made_by
    )
    building = join(root, name, f".{version}.building")
    _remove(building)
    try:
        _write(building, plan)
    except ReleaseError:
        _remove(building)
        raise
    return _publish(building, join(root, name, version))


def _check_name(name: str, version: str) -> None:
    if not _NAME.match(name):
        raise UsageError(f"name {name!r}", expected="lower-case letters, digits, - and _")
    if not SEMVER.match(version):
        raise UsageError(f"version {version!r}", expected="MAJOR.MINOR.PATCH, such as 1.0.0")


def _check_day(published: str | None) -> None:
    if published is None:
        return
    try:
        found = date.fromisoformat(published).isoformat()
    except ValueError:
        found = None
    if found != published:
        raise UsageError(f"day {published!r}", expected="YYYY-MM-DD, such as 2026-11-27")


def _write(folder: str, plan: Draft) -> None:
    """All files of a release, the manifest last."""
    _copy_shards(plan.inputs, folder)
    write_index(join(folder, table_file(INDEX)), plan.contents.index)
    asked = ("questions",) if len(plan.contents.questions) else ()
    for name in ("negatives", "rationales", "rejects", *asked):
        write_table(join(folder, table_file(name)), getattr(plan.contents, name))
    write_json(join(folder, TOPOLOGIES), plan.contents.topologies)
    write_json(join(folder, "licences.json"), plan.licences)
    write_json(join(folder, "statistics.json"), plan.numbers)
    entries = list_entries(folder)
    checked = check_samples(folder, build_manifest(plan.head, entries), {})
    plan = replace(plan, leaks=tuple(find_leaks(checked.seen.facts)))
    changes = write_changes(folder, plan)
    make_report(folder, plan)
    write_bytes(join(folder, "README.md"), make_card(plan, changes).encode())
    entries = list_entries(folder, entries)
    write_json(join(folder, "croissant.json"), make_croissant(plan, entries))
    manifest = build_manifest(plan.head, list_entries(folder, entries))
    faults = manifest_faults(manifest)
    assert not faults, faults
    _refuse_faults([*checked.faults, *find_described_faults(folder, manifest, checked, set())])
    write_json(join(folder, MANIFEST), manifest)


def _refuse_faults(faults: Sequence[str]) -> None:
    """What ``verify`` would call a fault is not released."""
    if faults:
        more = f"; and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
        raise ReleaseError(
            f"{len(faults)} fault{'s' * (len(faults) > 1)}: {'; '.join(faults[:_SHOWN])}{more}",
            hint="Repair the clips or tables, and build the shards again.",
        )


def _copy_shards(inputs: Inputs, folder: str) -> None:
    """Copy the tars, each checked against the hash its stage wrote down."""
    for entry in inputs.shards.manifest["files"]:
        if entry["path"].endswith(".tar"):
            source = join(inputs.shards.folder, entry["path"])
            data = read_bytes(source)
            if hashlib.sha256(data).hexdigest() != entry["sha256"]:
                hint = "Delete this shards folder and build it again."
                raise ReleaseError("its sha256 differs from the manifest", where=source, hint=hint)
            write_bytes(join(folder, SHARDS, entry["path"].rpartition("/")[2]), data)


def _publish(building: str, target: str) -> str:
    """Put the built folder into its place, unless one with the same bytes is there already."""
    if exists(join(target, MANIFEST)):
        differing = _differing(building, target)
        _remove(building)
        if differing:
            raise ReleaseError(
                f"this version exists with other contents ({', '.join(differing[:4])})",
                where=target,
                hint="A release never changes: choose a new version.",
            )
        return target
    if list_files(target):
        raise ReleaseError("the folder holds files but no release", where=target)
    _remove(target)  # an empty folder would swallow what is moved onto it
    fs, path = filesystem(target)
    if "file" in fs.protocol:
        fs.mv(filesystem(building)[1], path, recursive=True)
    else:
        _copy_manifest_last(building, target)
        _remove(building)
    return target


def _differing(building: str, target: str) -> list[str]:
    """Paths of files that differ between the two folders, or are in one of them only."""
    new = {path: sha256_of(join(building, path)) for path in list_files(building)}
    old = {path: sha256_of(join(target, path)) for path in list_files(target)}
    return sorted(path for path in new.keys() | old.keys() if new.get(path) != old.get(path))


def _copy_manifest_last(building: str, target: str) -> None:
    """Where nothing can be renamed: a folder without a manifest is no release yet."""
    for path in sorted(list_files(building), key=lambda p: (p == MANIFEST, p)):
        write_bytes(join(target, path), read_bytes(join(building, path)))


def _remove(folder: str) -> None:
    fs, path = filesystem(folder)
    if fs.exists(path):
        fs.rm(path, recursive=True)
