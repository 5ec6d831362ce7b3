"""What a recipe tells of the clips of one tar, and nothing of their motions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from schemas import ANNOTATION
from skeletonllm.errors import ReleaseError
from skeletonllm.shards import decode, hash_bytes, hash_content, read_members
from skeletonllm.shards.codec import META, list_unknown_fields, to_canonical_json

CAPTIONS = "captions"
_PLAIN = ("clip_id", "source_uri", "source_sha256", "profile", "licence")


def annotate_samples(
    data: bytes, rows: Sequence[Mapping[str, Any]], closed: frozenset[str]
) -> pa.Table:
    """The annotations of the samples of a tar, in the order of their rows.

    Args:
        data: The bytes of the tar.
        rows: Of the index, of this tar.
        closed: Ids of the licences whose captions are left out.

    Raises:
        ReleaseError: A sample is damaged, or says more than is known here.
    """
    told = [_annotate(data, row, closed) for row in rows]
    return pa.Table.from_pylist(told, schema=ANNOTATION.arrow)


def _annotate(data: bytes, row: Mapping[str, Any], closed: frozenset[str]) -> dict[str, Any]:
    where = f"sample {row['key']}"
    sample = data[row["offset"] : row["offset"] + row["size"]]
    hint = "Run `skeletonllm verify` on the release."
    if hash_bytes(sample) != row["bytes_hash"]:
        raise ReleaseError("its bytes are not those of the index", where=where, hint=hint)
    members = read_members(sample, row["key"])
    if hash_content(members) != row["content_hash"]:
        raise ReleaseError("its content is not that of the index", where=where, hint=hint)
    meta = orjson.loads(members[META])
    if untold := find_untold(meta):
        hint = "Install the version of skeletonllm that cut the release."
        raise ReleaseError(untold, where=where, hint=hint)
    # Samples before 3.1 do not state it.
    decoded = meta.get("decoded_sha256") or decode(members).motion.sha256
    text = withhold_captions(members[META]) if meta["licence"] in closed else members[META]
    plain = {name: meta[name] for name in _PLAIN}
    return {**plain, "decoded_sha256": decoded, META: text.decode()}


def find_untold(meta: Mapping[str, Any]) -> str | None:
    """Why a recipe does not tell the text of a sample: it may say where a joint was."""
    unknown = list_unknown_fields(meta)
    return f"fields that no recipe knows, {', '.join(unknown)}" if unknown else None


def refuse_quotations(told: pa.Table, unnamed: pa.Array, closed: frozenset[str]) -> None:
    """Refuse rationales that quote a caption of a corpus whose words may not be passed on.

    Args:
        told: Annotations of a tar.
        unnamed: Ids of clips without a class whose rationales conclude with their caption.
        closed: Ids of the licences whose captions are left out.

    Raises:
        ReleaseError: There are such clips.
    """
    licences = pa.array(sorted(closed), pa.string())
    quoted = pc.is_in(told.column("clip_id"), value_set=unnamed)
    kept = pc.is_in(told.column("licence"), value_set=licences)
    found = told.filter(pc.and_(quoted, kept)).select(["clip_id", "licence"]).to_pylist()
    if found:
        clip, licence = found[0].values()
        raise ReleaseError(
            f"rationales of {clip!r} conclude with its caption, which {licence!r} keeps from being "
            "passed on",
            hint="Cut a release without rationales of clips that have no class, and make its "
            "recipe.",
        )


def withhold_captions(text: bytes) -> bytes:
    """The text of a sample without its captions: words of the corpus itself.

    The index says how many there are, and who rebuilds the sample has them in the raw files.
    """
    meta = orjson.loads(text)
    return to_canonical_json({key: value for key, value in meta.items() if key != CAPTIONS})


def restore_text(told: str, captions: Sequence[Mapping[str, Any]]) -> bytes:
    """The text of a sample as it stood in the release.

    Args:
        told: What the recipe tells of it.
        captions: Of the clip that was made anew; they are used where the recipe left them out.
    """
    meta = orjson.loads(told)
    if CAPTIONS in meta:
        return told.encode()
    return to_canonical_json({**meta, CAPTIONS: [dict(caption) for caption in captions]})
