"""One sample: what its row of the index says of it, and what it says of itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import orjson
import pyarrow.compute as pc

from schemas.versions import is_later
from skeletonllm.errors import ReleaseError, SchemaError
from skeletonllm.release.verify.facts import (
    Facts,
    FactsOfTar,
    list_columns,
    take_rows,
)
from skeletonllm.release.verify.references import STEP_SLACK_S
from skeletonllm.release.verify.tables import SHOWN
from skeletonllm.release.verify.told import find_conclusion_fault
from skeletonllm.shards import Sample, hash_bytes, read_members
from skeletonllm.shards.codec import (
    META,
    MOTION,
    VERSION,
    decode_with_parts,
    list_unknown_fields,
    to_canonical_json,
)
from skeletonllm.shards.forms import find_array_fault, find_text_fault
from skeletonllm.shards.hashes import hash_parts
from skeletonllm.shards.index_rows import describe_sample
from skeletonllm.shards.members import is_as_written
from skeletonllm.shards.npz import Arrays
from skeletonllm.storage.layout import SHARDS

BEFORE_DECODED = "3.0.0"
"""The last version whose samples do not state the hash of their decoded motion."""
_ELSEWHERE = frozenset(("num_questions",))
"""Columns that are not made of the sample; the table of questions gives them."""


def check_sample(
    data: bytes, row: Mapping[str, Any], facts: FactsOfTar
) -> tuple[str | None, list[Any] | None]:
    """What is wrong with a sample, if anything; and its rationales, if it can be read.

    What is known of it is added to the facts, whatever the index says.

    Args:
        data: The bytes that the row points at.
        row: Of the index.
        facts: Of its tar.
    """
    try:
        members = read_members(data, row["key"])
        sample, meta, arrays = decode_with_parts(members, closely=True)
    except (ReleaseError, SchemaError) as error:
        return f"the index does not point at it ({error})", None
    if fault := find_text_fault(meta):
        return fault, None
    decoded = sample.motion.sha256
    facts.add(meta, sample.motion, arrays, decoded)
    fault = (
        _find_unknown(data, members, meta, arrays)
        or _compare_row(meta, row)
        or _compare_text(meta, sample, decoded)
        or find_conclusion_fault(sample.clip, meta["rationales"])
    )
    # Last: what is wrong within a sample also has another hash, and says less.
    hashes = {
        "bytes_hash": hash_bytes(data),
        "content_hash": hash_parts(members[META], meta, arrays),
    }
    return fault or _compare_hashes(hashes, row), meta["rationales"]


def _find_unknown(
    data: bytes, members: Mapping[str, bytes], meta: Mapping[str, Any], arrays: Arrays
) -> str | None:
    """What a sample holds beside what is written, unless a later version wrote it."""
    if not is_as_written(data, members):
        return "its bytes in the tar are more than its members as they are written"
    if is_later(meta["sample_version"], VERSION):
        return None
    if others := sorted(set(members) - {"__key__", META, MOTION}):
        return f"members {', '.join(others)}, which no sample has"
    if unknown := list_unknown_fields(meta):
        return f"fields {', '.join(unknown)} in its text, which no sample has"
    if not _is_canonical(members[META], meta):
        return "its text is not written as JSON is here: a key twice, or space between"
    return find_array_fault(arrays)


def _is_canonical(text: bytes, meta: Mapping[str, Any]) -> bool:
    """Whether a sample's text is what its writer makes of it; other readers may take the rest."""
    if orjson.dumps(meta, option=orjson.OPT_SORT_KEYS) == text:  # often, and in a tenth of the time
        return True
    return to_canonical_json(meta) == text


def find_version_faults(facts: Facts, version: str) -> Iterator[str]:
    """Samples of another version than the index, of which they have it.

    Args:
        facts: Rows of :data:`skeletonllm.release.verify.facts.FACTS`.
        version: That of the index.
    """
    stated = list_columns(facts, ["sample_version"]).column(0)
    others = pc.not_equal(stated, version).to_numpy()
    if not others.any():
        return
    rows = take_rows(facts, ["clip_id", "shard", "sample_version"], others)
    for row in rows.slice(0, SHOWN).to_pylist():
        named = f"{SHARDS}/{row['shard']}, clip {row['clip_id']}"
        yield f"{named}: sample_version {row['sample_version']} in an index of {version}"
    if len(rows) > SHOWN:
        yield f"{len(rows) - SHOWN} more samples are of another version than the index"


def _compare_row(meta: Mapping[str, Any], row: Mapping[str, Any]) -> str | None:
    """Every column that the writer makes of a sample, made again."""
    for name, value in describe_sample(meta).items():
        if row[name] != value and name not in _ELSEWHERE:
            return f"{name} {value!r}; the index says {row[name]!r}"
    return None


def _compare_text(meta: Mapping[str, Any], sample: Sample, decoded: str) -> str | None:
    """What the text of a sample says of its arrays."""
    motion = sample.motion
    for name in ("num_frames", "num_persons"):
        if meta[name] != getattr(motion, name):
            return f"{name} {meta[name]} in its text; its arrays have {getattr(motion, name)}"
    if len(meta["person_ids"]) != motion.num_persons:
        return f"{len(meta['person_ids'])} person_ids for {motion.num_persons} persons"
    if fault := _find_time_fault(meta, sample):
        return fault
    stated = meta.get("decoded_sha256")
    if stated is None and not states_decoded(meta["sample_version"]):
        return None
    if stated != decoded:
        said = f"decoded_sha256 {str(stated)[:12]} in its text"
        return f"{said}; its arrays are another motion, {decoded[:12]}"
    return None


def _find_time_fault(meta: Mapping[str, Any], sample: Sample) -> str | None:
    """What its text says of frames and seconds that its motion does not have."""
    first = sample.clip.frame_index[0]
    if meta["first_frame"] != first:
        return f"first_frame {meta['first_frame']} in its text; its arrays begin with {first}"
    last = sample.motion.duration_s + STEP_SLACK_S
    for caption in sample.clip.captions:
        if not 0 <= caption.start_s <= min(caption.end_s, last):
            said = f"from {caption.start_s:g} to {caption.end_s:g} s"
            return f"a caption {said}, which is no stretch of its {last:.2f} s"
    return None


@cache
def states_decoded(version: str) -> bool:
    """Whether samples of this version state the hash of their decoded motion.

    A sample's own word counts only because :func:`find_version_faults` holds it against the index.
    """
    return is_later(version, BEFORE_DECODED)


def _compare_hashes(hashes: Mapping[str, bytes], row: Mapping[str, Any]) -> str | None:
    for name, found in hashes.items():
        if row[name] != found:
            return f"{name} {found.hex()}; the index says {row[name].hex()}"
    return None
