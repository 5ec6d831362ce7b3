"""``manifest.json`` of a release: every file with its hash, and where all of it came from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from schemas import RELEASE_VERSION
from skeletonllm.clip_folders import read_lineage
from skeletonllm.errors import ReleaseError
from skeletonllm.release.inputs import Contents, Inputs, StageOutput
from skeletonllm.release.statistics import SourceHashes
from skeletonllm.shards.manifest import RELEASE, read_manifest
from skeletonllm.storage import check_version, exists, join, list_files, read_json, sha256_of
from skeletonllm.storage.layout import MANIFEST, READER
from skeletonllm.storage.tables import TableFile, iter_batches
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
        "shards": pc.count_distinct(contents.index.column("shard")).as_py(),
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


def count_views(
    negatives: pa.Table | TableFile, rationales: pa.Table | TableFile
) -> dict[str, list[dict[str, Any]]]:
    """What :func:`describe_views` gives, of the two tables; ``verify`` counts again.

    Args:
        negatives: Rows of :data:`schemas.NEGATIVE`.
        rationales: Rows of :data:`schemas.RATIONALE`.
    """
    return summarize_views(negatives.select(["view", "view_sha256"]), _kept_views(rationales))


def _kept_views(rationales: pa.Table | TableFile) -> Iterator[Sequence[Mapping[str, Any]] | None]:
    for table in iter_batches(rationales, ["status", "views"]):
        kept = table.filter(pc.not_equal(table.column("status"), "rejected"))
        yield from kept.column("views").to_pylist()


def describe_lineage(
    inputs: Inputs,
    sources: SourceHashes,
    rationales: pa.Table | TableFile,
    parent: str | None,
    code: str,
) -> dict[str, Any]:
    """The lineage: code, sources, stages, parent release, and teacher with its cost.

    Args:
        inputs: The opened stage folders.
        sources: Of every clip of the release.
        rationales: Rows of :data:`schemas.RATIONALE` in the release.
        parent: Folder of the release this one replaces; None if it replaces nothing.
        code: Name and version of the program that cuts it.
    """
    return {
        "code": code,
        "sources": sources.to_json(),
        "stages": _stages(inputs),
        "parent": None if parent is None else _parent(parent),
        "teacher": describe_teacher(rationales),
    }


def _stages(inputs: Inputs) -> list[dict[str, Any]]:
    """Each stage, and by their contents the stages that it read."""
    stages = list(inputs.stages())
    contents = {stage.sha256: stage.content_sha256 for stage in stages}
    return [_stage(stage, contents) for stage in stages]


def _stage(stage: StageOutput, contents: dict[str, str]) -> dict[str, Any]:
    """What a stage was told and what came out, without the folders of this machine.

    ``content_sha256`` covers all files but ``plan.json``, which names those folders; ``inputs``
    are such hashes of the stages that it read. ``code``, ``versions`` and ``reader`` are left out
    where the stage was finished by a program that did not say them yet.
    """
    config, manifest = stage.manifest["config"], stage.manifest
    read = {sha for edge in _EDGES for sha in read_lineage(config.get(edge, ()))}
    reader = join(stage.folder, READER)
    return {
        **{key: manifest[key] for key in ("stage", "version", "counts")},
        **{key: manifest[key] for key in ("code", "versions") if key in manifest},
        **({"reader": read_json(reader)} if exists(reader) else {}),
        "config": {k: _portable(k, v) for k, v in config.items() if k not in _EDGES},
        "inputs": sorted(contents[sha] for sha in read if sha in contents),
        "content_sha256": contents[stage.sha256],
    }


_EDGES = ("clips", "inputs")
"""Of a configuration: the hash of the manifest of each folder that the stage read."""


_PATHS = ("input",)
"""Of a configuration: what is a path. Plans from 2.2 on hold none."""


def _portable(key: str, value: Any) -> Any:
    """The last part of a path: the folders above it mean nothing on another machine.

    What is no path stays as it is: names of teachers, models and licences may have a slash.
    """
    is_path = key in _PATHS and isinstance(value, str)
    return value.rstrip("/").split("/")[-1] if is_path else value


def _parent(release: str) -> dict[str, str]:
    if not exists(join(release, MANIFEST)):
        raise ReleaseError("the parent is not a release", where=release, expected=MANIFEST)
    parent = read_manifest(release)  # of any version: what replaces an old release names it
    if not parent.is_release:
        raise ReleaseError("the parent is the output of a stage", where=release)
    named = parent.identity
    return {"name": named.name, "version": named.version, "manifest_sha256": named.sha256}


def describe_teacher(rationales: pa.Table | TableFile) -> dict[str, Any]:
    """Names of the teachers, hashes of their prompts, tokens and cost in US dollars."""
    names: set[str] = set()
    prompts: set[str | None] = set()
    tokens: Counter[str] = Counter(tokens_in=0, tokens_out=0)
    usd = 0.0
    columns = ["teacher", "prompt_sha256", *tokens, "usd"]
    for table in iter_batches(rationales, columns):
        names.update(pc.unique(table.column("teacher")).to_pylist())
        prompts.update(pc.unique(table.column("prompt_sha256")).to_pylist())
        for name in tokens:
            tokens[name] += pc.sum(table.column(name), min_count=0).as_py()
        usd = sum(table.column("usd").to_pylist(), usd)
    return {
        "names": sorted(names),
        "prompts": sorted(prompt for prompt in prompts if prompt),  # where nobody was asked
        **tokens,
        "usd": round(usd, 6),
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
