"""The finished stage folders of a release, read and checked against each other."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from schemas import NEGATIVE, QUESTION, RATIONALE, REJECT, SAMPLE, TableSchema
from skeletonllm.clip_folders import read_lineage, refuse_twins
from skeletonllm.errors import ReleaseError
from skeletonllm.shards.index import find_index
from skeletonllm.shards.manifest import find_manifest
from skeletonllm.storage import (
    TOPOLOGIES,
    exists,
    finished,
    join,
    merge_definitions,
    read_bytes,
    read_json,
    sha256_of,
)
from skeletonllm.storage.layout import MANIFEST, PARTS, PLAN, READER, REJECTS
from skeletonllm.storage.plan import StatedFile, list_stated
from skeletonllm.storage.tables import TableFile
from skeletonllm.storage.versions import check_object
from skeletonllm.views.questions import QUESTIONS, has_questions

LICENCES = "licences.json"
"""Of ``normalize``: the terms of its clips."""
MADE_BY = {
    "clips": "normalize",
    "negatives": "mine_negatives",
    "rationales": "build_rationales",
    "shards": "build_shards",
}
"""Folder -> the stage that writes it."""


@dataclass(frozen=True)
class StageOutput:
    """The finished folder of one stage.

    Args:
        folder: Where it lies.
        manifest: Its ``manifest.json``.
        sha256: Hash of that file: the identity of the folder.
    """

    folder: str
    manifest: dict[str, Any]
    sha256: str

    def find(self, path: str) -> StatedFile:
        """A file, as the manifest states it.

        Raises:
            ReleaseError: The manifest does not list it.
        """
        where, entries = join(self.folder, path), self.manifest["files"]
        for sha256 in (entry["sha256"] for entry in entries if entry["path"] == path):
            return StatedFile(where, sha256, self.manifest["stage"])
        hint = "It was put there since; take it away."
        raise ReleaseError("a file that the manifest does not list", where=where, hint=hint)

    @property
    def content_sha256(self) -> str:
        """Hash of all files but ``plan.json``, which named the folders of a machine until 2.2."""
        entries = [e for e in self.manifest["files"] if e["path"] != PLAN]
        lines = [f"{e['path']} {e['sha256']}" for e in entries]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


@dataclass(frozen=True)
class Inputs:
    """All stage folders of a release; negatives and rationales may be missing."""

    shards: StageOutput
    clips: tuple[StageOutput, ...]
    negatives: StageOutput | None
    rationales: StageOutput | None

    def stages(self) -> Iterator[StageOutput]:
        """Every folder, in the order in which they were made."""
        yield from self.clips
        yield from (s for s in (self.negatives, self.rationales) if s is not None)
        yield self.shards


def open_inputs(
    shards: str, clips: Sequence[str], negatives: str | None, rationales: str | None
) -> Inputs:
    """The finished folders of all stages, checked to belong together.

    Args:
        shards: Output of ``build_shards``.
        clips: Outputs of ``normalize``.
        negatives: Output of ``mine_negatives``; None if there is none.
        rationales: Output of ``build_rationales``; None if there is none.

    Raises:
        UsageError: One is missing, unfinished or of another stage, or defines a skeleton otherwise
            than one before it; or two folders of clips hold the same.
        ReleaseError: The shards were not built from these folders, all of them and no other.
    """
    inputs = Inputs(
        _open(shards, "shards"),
        tuple(_open(folder, "clips") for folder in clips),
        None if negatives is None else _open(negatives, "negatives"),
        None if rationales is None else _open(rationales, "rationales"),
    )
    refuse_twins(clips, [stage.content_sha256 for stage in inputs.clips])
    _check_lineage(inputs)
    return inputs


def _open(folder: str, kind: str) -> StageOutput:
    manifest = finished(folder, MADE_BY[kind])
    return StageOutput(folder, manifest, sha256_of(join(folder, MANIFEST))[0])


def _check_lineage(inputs: Inputs) -> None:
    """Refuse folders the shards were not built from: labels and statistics would differ."""
    built_from = read_lineage(inputs.shards.manifest["config"].get("inputs", ()))
    given = {stage.sha256: stage.folder for stage in inputs.stages() if stage is not inputs.shards}
    missing = sorted(f"{sha256[:12]}..." for sha256 in built_from if sha256 not in given)
    extra = sorted(folder for sha256, folder in given.items() if sha256 not in built_from)
    lost = f"built from {len(missing)} more, whose manifest.json has sha256 {', '.join(missing)}"
    problems = [lost] if missing else []
    problems += [f"not built from {extra}, which was given"] if extra else []
    if problems:
        raise ReleaseError(
            "; ".join(problems),
            where=inputs.shards.folder,
            hint="Give the folders the shards were built from (`sha256sum` of their manifest.json "
            "tells which), or build the shards again.",
        )


@dataclass(frozen=True)
class Contents:
    """The tables and definitions that go into a release beside the tars; none is held.

    Of a release without questions, their table is empty and not written.
    """

    index: TableFile
    negatives: TableFile
    rationales: TableFile
    rejects: TableFile
    questions: TableFile
    topologies: dict[str, Any]
    licences: dict[str, Any]

    def without(self, clip_ids: Sequence[str]) -> Contents:
        """Without the rationales of clips that the shards left out.

        Args:
            clip_ids: These clips.
        """
        left_out = pa.array(sorted(set(clip_ids)), pa.string())
        return replace(self, rationales=self.rationales.leave_out("clip_id", left_out))


def open_contents(inputs: Inputs) -> Contents:
    """The tables of all folders.

    Raises:
        ReleaseError: Two folders define a licence differently, there is no index, or a file of
            definitions is not the one that its manifest lists.
    """
    for stage in inputs.clips:
        _check_definitions(stage)
    folders = [stage.folder for stage in inputs.clips]
    explained = [] if inputs.rationales is None else [inputs.rationales]
    ranked = [] if inputs.negatives is None else [inputs.negatives]
    shards = inputs.shards
    asked = [QUESTIONS] if has_questions(shards.folder) else []
    index = find_index(find_manifest(shards.folder))
    return Contents(
        index=TableFile([shards.find(path) for path in index], SAMPLE),
        negatives=open_parts(ranked, PARTS, NEGATIVE),
        rationales=open_parts(explained, PARTS, RATIONALE),
        rejects=open_parts(inputs.stages(), REJECTS, REJECT),
        questions=TableFile([shards.find(path) for path in asked], QUESTION),
        topologies=merge_definitions(folders),
        licences=_merged(folders, LICENCES),
    )


def open_parts(stages: Iterable[StageOutput], kind: str, schema: TableSchema) -> TableFile:
    """The parts that the manifests of finished stages list, read against their hashes.

    The lineage states the hash of each folder's contents, so what lies beside them or was changed
    since does not get into a release.

    Args:
        stages: In order.
        kind: The folder of the parts in each.
        schema: Of them.
    """
    files = [file for stage in stages for file in list_stated(stage.folder, stage.manifest, kind)]
    return TableFile(files, schema)


def _check_definitions(stage: StageOutput) -> None:
    """Refuse small files beside the parts that are not those of the manifest."""
    for path in (TOPOLOGIES, LICENCES, READER):
        if exists(join(stage.folder, path)):
            stage.find(path).compare(io.BytesIO(read_bytes(join(stage.folder, path))))


def _merged(folders: Sequence[str], name: str) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for folder in folders:
        path = join(folder, name)
        stated = read_json(path) if exists(path) else {}
        check_object(stated, path, "definitions by name", {})
        for key, value in stated.items():
            if merged.setdefault(key, value) != value:
                hint = "Normalize both corpora with the same terms."
                raise ReleaseError(f"two definitions of {key!r}", where=path, hint=hint)
    return merged
