"""``manifest.json`` of a release: every file with its hash, and where all of it came from."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from schemas import RELEASE_VERSION
from skeletonllm.clip_folders import read_lineage
from skeletonllm.errors import ReleaseError
from skeletonllm.release.inputs import Contents, Inputs, StageOutput
from skeletonllm.release.statistics import ClipFacts
from skeletonllm.shards.manifest import RELEASE, read_manifest
from skeletonllm.storage import check_version, exists, join, list_files, read_json, sha256_of
from skeletonllm.storage.layout import MANIFEST, READER
from skeletonllm.version import name_version
from skeletonllm.views.asked_views import summarize_views

SCHEMA = RELEASE


def check_readable(manifest: dict[str, Any], release: str) -> None:
    """Refuse a release whose layout is of another major version.

    Args:
        manifest: Its manifest.
        release: Its folder.

    Raises:
        SchemaError: Names both versions.
    """
    stated = manifest.get("schema_version")
    check_version("a release", stated, RELEASE_VERSION, join(release, MANIFEST))


def code_version() -> str:
    """``skeletonllm <version>`` of the installed package."""
    return name_version()


def count_contents(contents: Contents) -> dict[str, int]:
    """Number of samples, shards, negatives, rationales and rejects; ``verify`` counts again.

    Questions are counted where there are any.
    """
    asked = {"questions": len(contents.questions)} if len(contents.questions) else {}
    return {
        "samples": len(contents.index),
        "shards": len(set(contents.index.column("shard").to_pylist())),
        "negatives": len(contents.negatives),
        "rationales": len(contents.rationales),
        "rejects": len(contents.rejects),
        **asked,
    }


def describe_views(contents: Contents) -> dict[str, list[dict[str, Any]]]:
    """For which views negatives were mined and rationales asked for, with hashes and rows.

    Rejected rationales do not count: no sample holds them.
    """
    return count_views(contents.negatives, contents.rationales)


def count_views(negatives: pa.Table, rationales: pa.Table) -> dict[str, list[dict[str, Any]]]:
    """What :func:`describe_views` gives, of the two tables; ``verify`` counts again.

    Args:
        negatives: Rows of :data:`schemas.NEGATIVE`.
        rationales: Rows of :data:`schemas.RATIONALE`.
    """
    kept = rationales.filter(pc.not_equal(rationales.column("status"), "rejected"))
    return summarize_views(negatives, kept.column("views").to_pylist())


def describe_lineage(
    inputs: Inputs, facts: Sequence[ClipFacts], rationales: pa.Table, parent: str | None, code: str
) -> dict[str, Any]:
    """The lineage: code, sources, stages, parent release, and teacher with its cost.

    Args:
        inputs: The opened stage folders.
        facts: Of every clip of the release.
        rationales: Rows of :data:`schemas.RATIONALE` in the release.
        parent: Folder of the release this one replaces; None if it replaces nothing.
        code: Name and version of the program that cuts it.
    """
    return {
        "code": code,
        "sources": hash_sources((f.row["corpus"], f.row["source_sha256"]) for f in facts),
        "stages": _stages(inputs),
        "parent": None if parent is None else _parent(parent),
        "teacher": describe_teacher(rationales),
    }


def hash_sources(sources: Iterable[tuple[str, str]]) -> dict[str, dict[str, Any]]:
    """Corpus -> number of source files, and one hash over their sorted hashes.

    Args:
        sources: Corpus and ``source_sha256`` of each clip.
    """
    hashes: dict[str, set[str]] = defaultdict(set)
    for corpus, sha256 in sources:
        hashes[corpus].add(sha256)
    return {
        corpus: {"files": len(files), "sha256": _hash_of(sorted(files))}
        for corpus, files in sorted(hashes.items())
    }


def _hash_of(lines: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _stages(inputs: Inputs) -> list[dict[str, Any]]:
    """Each stage, and by their contents the stages that it read."""
    stages = list(inputs.stages())
    contents = {stage.sha256: _hash_contents(stage) for stage in stages}
    return [_stage(stage, contents) for stage in stages]


def _stage(stage: StageOutput, contents: dict[str, str]) -> dict[str, Any]:
    """What a stage was told and what came out, without the folders of this machine.

    ``content_sha256`` covers all files but ``plan.json``, which names those folders; ``inputs``
    are such hashes of the stages that it read. ``code`` and ``reader`` are left out where the
    stage was finished by a program that did not say them yet.
    """
    config, manifest = stage.manifest["config"], stage.manifest
    read = {sha for edge in _EDGES for sha in read_lineage(config.get(edge, ()))}
    reader = join(stage.folder, READER)
    return {
        **{key: manifest[key] for key in ("stage", "version", "counts")},
        **({"code": manifest["code"]} if "code" in manifest else {}),
        **({"reader": read_json(reader)} if exists(reader) else {}),
        "config": {k: _portable(v) for k, v in config.items() if k not in _EDGES},
        "inputs": sorted(contents[sha] for sha in read if sha in contents),
        "content_sha256": contents[stage.sha256],
    }


_EDGES = ("clips", "inputs")
"""Of a configuration: the hash of the manifest of each folder that the stage read."""


def _hash_contents(stage: StageOutput) -> str:
    entries = [e for e in stage.manifest["files"] if e["path"] != "plan.json"]
    return _hash_of([f"{e['path']} {e['sha256']}" for e in entries])


def _portable(value: Any) -> Any:
    """The last part of a path: the folders above it mean nothing on another machine."""
    return value.rstrip("/").split("/")[-1] if isinstance(value, str) else value


def _parent(release: str) -> dict[str, str]:
    if not exists(join(release, MANIFEST)):
        raise ReleaseError("the parent is not a release", where=release, expected=MANIFEST)
    parent = read_manifest(release)  # of any version: what replaces an old release names it
    if not parent.is_release:
        raise ReleaseError("the parent is the output of a stage", where=release)
    named = parent.identity
    return {"name": named.name, "version": named.version, "manifest_sha256": named.sha256}


def describe_teacher(rationales: pa.Table) -> dict[str, Any]:
    """Names of the teachers, hashes of their prompts, tokens and cost in US dollars."""
    columns = {c: rationales.column(c).to_pylist() for c in ("teacher", "prompt_sha256")}
    sums = {c: sum(rationales.column(c).to_pylist()) for c in ("tokens_in", "tokens_out")}
    return {
        "names": sorted(set(columns["teacher"])),
        "prompts": sorted(set(columns["prompt_sha256"]) - {None}),  # where nobody was asked
        **sums,
        "usd": round(sum(rationales.column("usd").to_pylist()), 6),
    }


def list_entries(folder: str, hashed: Sequence[dict[str, Any]] = ()) -> list[dict[str, Any]]:
    """``{path, sha256, bytes}`` of every file that lies in ``folder`` now, by path.

    Args:
        folder: Where they lie.
        hashed: Entries of files that were hashed, and not written since.
    """
    known = {entry["path"]: entry for entry in hashed}
    return [known.get(path) or _hash_file(folder, path) for path in list_files(folder)]


def _hash_file(folder: str, path: str) -> dict[str, Any]:
    digest, size = sha256_of(join(folder, path))
    return {"path": path, "sha256": digest, "bytes": size}


def build_manifest(head: dict[str, Any], entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The manifest of a release, as plain data.

    Args:
        head: ``name``, ``version``, ``audience``, ``counts``, ``views``, ``lineage``, ``licences``.
        entries: Every file of the release but the manifest.
    """
    return {**make_head(head), "files": list(entries)}


def make_head(head: dict[str, Any]) -> dict[str, Any]:
    """All of a manifest but its files."""
    return {"schema": SCHEMA, "schema_version": RELEASE_VERSION, **head}
