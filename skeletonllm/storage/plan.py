"""Plans and manifests: how a stage's folder is claimed, resumed and finished.

``plan.json`` is written first and says what will be done; parts follow, one a unit;
``manifest.json`` comes last. So a folder always tells what it is: planned, unfinished or finished.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from io import BufferedReader
from typing import IO, Any, cast

from skeletonllm.errors import OutputMismatch, ReleaseError, UsageError
from skeletonllm.storage.files import (
    exists,
    join,
    list_files,
    read_json,
    remove_partials,
    sha256_of,
    write_json,
)
from skeletonllm.storage.layout import MANIFEST, PARTS, PLAN, WORK
from skeletonllm.storage.topologies import load_topologies
from skeletonllm.storage.versions import STAGE_VERSION, check_json, check_object
from skeletonllm.version import name_packers, name_version

STAGE = "skeletonllm.stage"
_STATED = {"schema": STAGE, "schema_version": STAGE_VERSION}
_PLANNED = {"stage": str, "version": str, "config": dict, "units": list}
_FINISHED = {"stage": str, "version": str, "config": dict, "files": list, "counts": dict}
MAX_UNIT_ITEMS = 512
"""Inputs of one unit: what a killed worker can lose. Smaller units make many small files."""
MAX_UNIT_BYTES = 64 << 20
"""Bytes of the inputs of one unit: large files make units of their own, so memory stays even."""


@dataclass(frozen=True)
class StatedFile:
    """A file of a finished stage, as its manifest states it.

    Args:
        url: Where it lies.
        sha256: Of its bytes.
        stage: Name of the stage that wrote it.
    """

    url: str
    sha256: str
    stage: str

    def __str__(self) -> str:
        """Where it lies."""
        return self.url

    def compare(self, file: IO[bytes]) -> None:
        """Hash the open file, and leave it at its start.

        Raises:
            ReleaseError: It was changed since its stage was finished.
        """
        found = hashlib.file_digest(cast(BufferedReader, file), "sha256").hexdigest()
        file.seek(0)
        if found != self.sha256:
            raise self._differ(f"sha256 {found}", f"sha256 {self.sha256}, as")

    def miss(self) -> ReleaseError:
        """What to raise where it is not there."""
        return self._differ("no such file", "one, since")

    def _differ(self, found: str, expected: str) -> ReleaseError:
        again = f"run `skeletonllm {self.stage.replace('_', '-')}` again, into another folder"
        return ReleaseError(
            found,
            expected=f"{expected} the manifest of {self.stage} says",
            where=self.url,
            hint=f"A finished folder was changed: {again}, or copy this file again.",
        )


@dataclass(frozen=True)
class Unit:
    """The inputs of one Ray task, and the number of the one part it writes.

    Args:
        index: Its number.
        inputs: Where they lie now.
        stated: What the plan says of them, the same wherever they lie; where empty, ``inputs``.
        parts: Where the inputs are parts of finished stages: the same with their hashes. No plan
            holds them, since it holds the hash of the manifest that states them.
    """

    index: int
    inputs: tuple[str, ...]
    stated: tuple[str, ...] = ()
    parts: tuple[StatedFile, ...] = ()

    @property
    def part(self) -> str:
        """``part-NNNNN``, the stem of the files this unit writes."""
        return f"part-{self.index:05d}"


@dataclass(frozen=True)
class Plan:
    """What a stage will do.

    Args:
        stage: Name of the stage.
        version: Version of the stage's own logic; raised when its output would change.
        config: Everything else the output depends on, as plain JSON data.
        units: The work, cut once and for all.
    """

    stage: str
    version: str
    config: dict[str, Any]
    units: tuple[Unit, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain data, as stored in ``plan.json``."""
        units = [list(unit.stated or unit.inputs) for unit in self.units]
        return {**_STATED, **asdict(self), "units": units}


def cut_units(items: Iterable[tuple[str, int]], most: int = MAX_UNIT_ITEMS) -> tuple[Unit, ...]:
    """Units of ``most`` inputs or 64 MB at most, in the given order.

    Args:
        items: Name and size in bytes of each input.
        most: Most inputs of one unit.
    """
    units: list[tuple[str, ...]] = []
    names: list[str] = []
    room = MAX_UNIT_BYTES
    for name, size in items:
        if names and (len(names) >= most or size > room):
            units.append(tuple(names))
            names, room = [], MAX_UNIT_BYTES
        names.append(name)
        room -= size
    if names:
        units.append(tuple(names))
    return tuple(Unit(i, inputs) for i, inputs in enumerate(units))


def claim(output: str, plan: Plan) -> bool:
    """Whether the folder of this plan is already finished; a new folder gets its ``plan.json``.

    Args:
        output: The stage's folder.
        plan: What the stage will do.

    Returns:
        True if the folder is already finished, so that nothing is left to do.

    Raises:
        OutputMismatch: It holds something else; nothing was touched.
        SchemaError: It was begun in another major version of the layout; nothing was touched.
    """
    planned = join(output, PLAN)
    if not exists(planned):
        if list_files(output):
            raise OutputMismatch(
                "the folder is not empty and holds no plan.json",
                where=output,
                hint="Choose another --output.",
            )
        write_json(planned, plan.to_json())
    _refuse_other(output, read_plan(output), plan.to_json())
    remove_partials(output)
    return exists(join(output, MANIFEST))


def read_plan(folder: str) -> dict[str, Any]:
    """The plan of a stage's folder, as plain data.

    Raises:
        UsageError: There is no plan, or it is damaged.
        SchemaError: It is of another major version of the layout.
    """
    return _read(join(folder, PLAN), "the plan of a stage", _PLANNED)


def _read(url: str, what: str, fields: Mapping[str, type]) -> dict[str, Any]:
    data: dict[str, Any] = read_json(url)
    check_json("a stage's folder", data, STAGE_VERSION, url)
    check_object(data, url, what, fields)
    return data


def stage_of(folder: str) -> str | None:
    """Which stage a folder is of, finished or not; None if it has no plan of ours.

    Raises:
        SchemaError: It is of another major version of the layout.
    """
    url = join(folder, PLAN)
    plan = read_json(url) if exists(url) else None
    if not isinstance(plan, dict) or "stage" not in plan:
        return None
    check_json("a stage's folder", plan, STAGE_VERSION, url)
    return str(plan["stage"])


def _refuse_other(output: str, found: dict[str, Any], wanted: dict[str, Any]) -> None:
    flat_found, flat_wanted = _flatten(found), _flatten(wanted)
    for key in sorted(flat_found.keys() | flat_wanted.keys()):
        old, new = flat_found.get(key), flat_wanted.get(key)
        if old != new:
            raise OutputMismatch(
                f"made with {key} = {_short(old)}",
                expected=f"{key} = {_short(new)}",
                where=output,
                hint="Nothing was overwritten: choose another --output, or delete this folder.",
            )


def _flatten(plan: dict[str, Any]) -> dict[str, Any]:
    """The keys of a plan and of its configuration, but for what it states of its layout."""
    keys = {k: v for k, v in plan.items() if k not in {*_STATED, "config"}}
    return {**keys, **{f"config.{k}": v for k, v in plan["config"].items()}}


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:60]}... ({len(text)} characters)"


def finish(output: str, plan: Plan, sum_up: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The manifest of a stage: the hash of every file, and the counts. It is written last.

    Args:
        output: The stage's folder, with every part in it.
        plan: What the stage did.
        sum_up: Reads the parts, writes what describes them all, and returns their counts by name.

    Raises:
        UsageError: The folder is finished, and its manifest is damaged.
    """
    manifest = join(output, MANIFEST)
    if not exists(manifest):
        counts = sum_up()
        remove_partials(output)
        made = [path for path in list_files(output) if not path.startswith(f"{WORK}/")]
        files = [_entry(output, path) for path in made]
        head = {**_STATED, "stage": plan.stage, "version": plan.version, "config": plan.config}
        head |= {"code": name_version(), "versions": name_packers()}
        write_json(manifest, {**head, "files": files, "counts": counts})
    return _read_manifest(output)


def _read_manifest(output: str) -> dict[str, Any]:
    url = join(output, MANIFEST)
    manifest = _read(url, "the manifest of a stage", _FINISHED)
    for entry in manifest["files"]:
        check_object(entry, url, "a file of the manifest", {"path": str, "sha256": str})
    return manifest


def _entry(output: str, path: str) -> dict[str, Any]:
    digest, size = sha256_of(join(output, path))
    return {"path": path, "sha256": digest, "bytes": size}


def list_stated(output: str, manifest: Mapping[str, Any], kind: str) -> list[StatedFile]:
    """The parquet files of one kind that a finished folder is said to hold, in order of name.

    What else lies beside them is no part of it.

    Args:
        output: The stage's folder.
        manifest: What :func:`finished` gave.
        kind: The folder in it, such as ``parts``.
    """
    entries = sorted((entry["path"], entry["sha256"]) for entry in manifest["files"])
    return [
        StatedFile(join(output, path), sha256, manifest["stage"])
        for path, sha256 in entries
        if path.startswith(f"{kind}/") and path.endswith(".parquet")
    ]


def finished(output: str, stage: str) -> dict[str, Any]:
    """The manifest of a finished stage; the skeletons that its folder defines are registered.

    Args:
        output: The stage's folder.
        stage: Name of the stage that wrote it.

    Raises:
        UsageError: The folder is missing, unfinished, of another stage, or defines a known
            skeleton otherwise; or its manifest is damaged.
        SchemaError: It is of another major version of the layout.
    """
    if not exists(join(output, MANIFEST)):
        state = "is unfinished" if exists(join(output, PLAN)) else f"is no output of {stage}"
        hint = f"Run `skeletonllm {stage.replace('_', '-')}` on it to the end first."
        raise UsageError(f"the folder {state}", where=output, hint=hint)
    stated = read_json(join(output, MANIFEST))
    if isinstance(stated, dict) and stated.get("stage") != stage:
        raise UsageError(
            f"a folder of stage {stated.get('stage')!r}", expected=f"{stage!r}", where=output
        )
    manifest = _read_manifest(output)
    load_topologies(output)
    return manifest


def stated_parts(outputs: Sequence[str], stage: str) -> list[StatedFile]:
    """All parts of finished folders of a stage, in order of folder and name.

    Each has its hash, which who reads it compares.

    Args:
        outputs: The folders.
        stage: Name of the stage that wrote them.

    Raises:
        UsageError: See :func:`finished`.
        SchemaError: See there.
    """
    manifests = [(output, finished(output, stage)) for output in outputs]
    return [part for output, manifest in manifests for part in list_stated(output, manifest, PARTS)]
