"""Where one sample of a release came from, by what the release itself holds."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from schemas import NEGATIVE, QUESTION, RATIONALE, SAMPLE
from skeletonllm.errors import ReleaseError, UsageError
from skeletonllm.release.diff.side import Side, TableReader, open_side
from skeletonllm.release.manifest import check_readable
from skeletonllm.release.trace.stages import find_making, find_unknown
from skeletonllm.shards import hash_bytes, hash_content, read_members
from skeletonllm.shards.codec import META
from skeletonllm.shards.index import read_range
from skeletonllm.shards.strange import refuse_strange
from skeletonllm.storage.layout import INDEX, SHARDS, table_file

HARDEST = 5
"""Candidates that are shown of each ranking."""
_NAMED = 5
_OF_CLIP = (
    "corpus source_uri source_sha256 first_frame num_frames num_persons fps label label_id "
    "label_namespace subject camera setup repetition flags profile licence topology "
    "topology_sha256 motion_sha256 decoded_sha256 quantum sample_version"
).split()
_OF_RATIONALE = (
    "rationale_id variant attempt status grounded teacher prompt_sha256 request_sha256 "
    "answer_sha256 finish_reason tokens_in tokens_out usd views"
).split()


@dataclass(frozen=True)
class Trail:
    """All that a release holds of where one sample came from, as plain data.

    Args:
        release: Name, version, hash of the manifest, code that cut it, and its parent.
        sample: Id, key, tar and its hash, place in it, and hashes; they were checked.
        clip: What the sample says of itself: source file and its hash, frames, profile, label.
        made_by: The ``normalize`` stages of the lineage that may have made it: one, unless two
            folders of one corpus were run alike.
        stages: The stages after them, in their order: versions, parameters, code.
        rationales: Its rationales, refused ones too: teacher, hashes of prompt, request and answer,
            tokens and cost. ``model`` is part of the teacher's name.
        negatives: The hardest candidates of its class, by view.
        questions: Its questions: how many of each kind and source.
        licence: Its terms.
        unknown: What the release does not hold, as sentences.
    """

    release: dict[str, Any]
    sample: dict[str, Any]
    clip: dict[str, Any]
    made_by: list[dict[str, Any]]
    stages: list[dict[str, Any]]
    rationales: list[dict[str, Any]]
    negatives: list[dict[str, Any]]
    questions: list[dict[str, Any]]
    licence: dict[str, Any]
    unknown: list[str]

    def to_json(self) -> dict[str, Any]:
        """Plain data, as ``skeletonllm trace --json`` writes it."""
        return asdict(self)


def trace_clip(release: str, clip_id: str) -> Trail:
    """Where a sample came from.

    Args:
        release: Folder of the release.
        clip_id: Of the sample.

    Raises:
        UsageError: It is no release, or has no such clip.
        ReleaseError: The sample, or a table, is not what the manifest or the index says.
        SchemaError: It is of another major version.

    Example:
        >>> trace_clip("releases/lab/1.0.0", "lab/walk_01").clip["source_uri"]  # doctest: +SKIP
        'recordings/walk_01.bvh'
    """
    with refuse_strange(release):
        return _trace(release, clip_id)


def _trace(release: str, clip_id: str) -> Trail:
    side = open_side(release)
    check_readable(side.data, release)
    row = _find_row(side, clip_id)
    members = read_checked_sample(side, row)
    meta = orjson.loads(members[META])
    lineage = side.data.get("lineage", {})
    made_by = find_making(lineage, meta)
    stages = [s for s in lineage.get("stages", []) if s.get("stage") != "normalize"]
    rationales = _read_rationales(side, clip_id)
    licences = side.read_json("licences.json")
    return Trail(
        release=_describe_release(side, lineage),
        sample=_describe_sample(side, row),
        clip={name: meta[name] for name in _OF_CLIP if name in meta},
        made_by=made_by,
        stages=stages,
        rationales=rationales,
        negatives=_read_negatives(side, meta),
        questions=_count_questions(side, clip_id),
        licence={
            "id": meta["licence"],
            **{k: v for k, v in licences.get(meta["licence"], {}).items() if k != "clips"},
        },
        unknown=list(find_unknown(lineage, made_by, rationales, stages)),
    )


def _find_row(side: Side, clip_id: str) -> dict[str, Any]:
    with side.open_table(table_file(INDEX), SAMPLE) as index:
        ids = index.column("clip_id")
        at = pc.index(ids, clip_id).as_py()
        if at < 0:
            near = ids.filter(pc.match_substring(ids, clip_id))[:_NAMED].to_pylist()
            hint = f"Ids that hold it: {', '.join(near)}." if near else "Ids are <corpus>/<file>."
            raise UsageError(f"no clip {clip_id!r}", where=side.manifest.folder, hint=hint)
        (row,) = _take(index, SAMPLE.arrow.names, pa.array([at]))
        return row


def _take(table: TableReader, names: list[str], rows: pa.Array) -> list[dict[str, Any]]:
    """Some rows of a table, its columns read one after the other."""
    return pa.table({name: table.column(name).take(rows) for name in names}).to_pylist()


def read_checked_sample(side: Side, row: dict[str, Any]) -> dict[str, Any]:
    """The members of a sample, if they are those that the index has the hashes of.

    Args:
        side: The release.
        row: Its row of the index.

    Raises:
        ReleaseError: They are not.
    """
    data = read_range(side.manifest.folder, row)
    hint = "Run `skeletonllm verify` on the release."
    where = f"sample {row['key']}"
    if hash_bytes(data) != row["bytes_hash"]:
        raise ReleaseError("its bytes are not those of the index", where=where, hint=hint)
    members = read_members(data, row["key"])
    if hash_content(members) != row["content_hash"]:
        raise ReleaseError("its content is not that of the index", where=where, hint=hint)
    return members


def _describe_release(side: Side, lineage: dict[str, Any]) -> dict[str, Any]:
    named = side.identity
    return {
        "name": named.name,
        "version": named.version,
        "manifest_sha256": named.sha256,
        "code": lineage.get("code"),
        "parent": lineage.get("parent"),
    }


def _describe_sample(side: Side, row: dict[str, Any]) -> dict[str, Any]:
    path = f"{SHARDS}/{row['shard']}"
    listed = side.manifest.files.get(path)
    return {
        **{name: row[name] for name in ("clip_id", "key", "position", "offset", "size")},
        **{name: row[name].hex() for name in ("bytes_hash", "content_hash")},
        "tar": path,
        "tar_sha256": None if listed is None else listed.sha256,
    }


def _read_rationales(side: Side, clip_id: str) -> list[dict[str, Any]]:
    with side.open_table("rationales.parquet", RATIONALE) as table:
        rows = pc.indices_nonzero(pc.equal(table.column("clip_id"), clip_id))
        return _take(table, _OF_RATIONALE, rows)


def _read_negatives(side: Side, meta: dict[str, Any]) -> list[dict[str, Any]]:
    if meta["label"] is None:
        return []
    with side.open_table("negatives.parquet", NEGATIVE) as table:
        label, namespace = (table.column(n) for n in ("label", "label_namespace"))
        mine = pc.and_(pc.equal(label, meta["label"]), pc.equal(namespace, meta["label_namespace"]))
        near = pc.and_(mine, pc.less_equal(table.column("rank"), HARDEST))
        names = ["view", "view_sha256", "rank", "candidate", "score", "sources", "reasons"]
        rows = _take(table, names, pc.indices_nonzero(near))
    return sorted(rows, key=lambda row: (row["view"], row["rank"]))


def _count_questions(side: Side, clip_id: str) -> list[dict[str, Any]]:
    with side.open_table("questions.parquet", QUESTION) as table:
        rows = pc.indices_nonzero(pc.equal(table.column("clip_id"), clip_id))
        asked = _take(table, ["kind", "source"], rows)
    counts = Counter((row["kind"], row["source"]) for row in asked)
    return [{"kind": k, "source": s, "count": n} for (k, s), n in sorted(counts.items())]
