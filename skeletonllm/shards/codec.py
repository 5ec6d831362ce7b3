"""A clip as the two members of a WebDataset sample, and back.

``<key>.json`` holds everything that is text or number (label, rationales, captions, provenance),
``<key>.motion.npz`` the arrays. Same clip, same bytes; nothing is ever unpickled.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from schemas import CLIP, RATIONALE, SAMPLE
from skeletonllm.clip import Caption, Clip
from skeletonllm.errors import ReleaseError, SchemaError, SkeletonLLMError
from skeletonllm.motion import BoolArray, Motion
from skeletonllm.shards.npz import Arrays, pack_npz, unpack_npz
from skeletonllm.shards.quantize import choose_quantum, dequantize_motion, quantize_motion
from skeletonllm.storage import check_version
from skeletonllm.topology import Topology, get_topology

MOTION = "motion.npz"
META = "json"
VERSION = SAMPLE.version
"""Of the two members' layout; stored in the JSON as ``sample_version``. The index has the same, so
that a release whose samples cannot be read is refused when it is opened."""
_UNREADABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What damaged text or arrays may raise."""


@dataclass(frozen=True, eq=False)
class Sample:
    """One clip of a release with all that a stage may train on.

    Args:
        clip: Motion (quantized) and metadata.
        rationales: Rows of :data:`schemas.RATIONALE`, as plain data.
        negatives: All other classes that a view may show, hardest first. A stream sets them, from
            the table beside the tars; if its view may take none, to a sequence that raises once it
            is looked into. So it does for rationales and questions.
        questions: Rows of :data:`schemas.QUESTION`, as plain data; set by a stream too.
        weight: 0 for a slot that only keeps the ranks in step; its loss must not count.
    """

    clip: Clip
    rationales: Sequence[Mapping[str, Any]] = ()
    negatives: Sequence[str] = ()
    questions: Sequence[Mapping[str, Any]] = ()
    weight: float = 1.0

    @property
    def motion(self) -> Motion:
        """The clip's motion."""
        return self.clip.motion

    @property
    def label(self) -> str | None:
        """The clip's class."""
        return self.clip.label


def key_of(clip_id: str) -> str:
    """A key without dots or slashes (WebDataset cuts at the first dot), readable and unique.

    Example:
        >>> key_of("ntu60/S001C001P001R001A001")
        'ntu60-S001C001P001R001A001-0b229f5d57'
    """
    readable = re.sub(r"[^A-Za-z0-9_]+", "-", clip_id).strip("-")[:60]
    return f"{readable}-{hashlib.sha256(clip_id.encode()).hexdigest()[:10]}"


def encode(clip: Clip, rationales: Sequence[Mapping[str, Any]] = ()) -> dict[str, bytes]:
    """The members of a sample by extension: ``json`` and ``motion.npz``.

    Args:
        clip: The clip.
        rationales: Its rows of :data:`schemas.RATIONALE`, as plain data.

    Raises:
        ReleaseError: The clip is too long for a sample.
    """
    motion = clip.motion
    arrays, quantum = quantize_motion(motion), choose_quantum(motion)
    words = {name: getattr(motion, name) for name in _OF_MOTION}
    first, *_ = clip.frame_index
    if clip.frame_index != tuple(range(first, first + motion.num_frames)):
        arrays["frame_index"] = np.asarray(clip.frame_index, dtype=np.int32)
    if clip.filled is not None:
        arrays["filled"] = clip.filled
    meta = {
        **{name: getattr(clip, name) for name in (*_PLAIN, *_TUPLES)},
        **words,
        "sample_version": VERSION,
        "topology": motion.topology.name,
        "topology_sha256": motion.topology.sha256,
        "motion_sha256": motion.sha256,
        "decoded_sha256": _restore_motion(motion.topology, arrays, quantum, words).sha256,
        "first_frame": first,
        "quantum": quantum,
        "captions": [vars(caption) for caption in clip.captions],
        "rationales": [dict(row) for row in rationales],
    }
    return {META: to_canonical_json(meta), MOTION: pack_npz(arrays)}


def to_canonical_json(data: Any) -> bytes:
    """Plain data as JSON: the same data, the same bytes.

    Raises:
        ValueError: A number is NaN or infinite, which JSON has no word for.
    """
    text = json.dumps(
        data, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )
    return text.encode()


_PLAIN = (
    "clip_id corpus source_uri source_sha256 label label_id label_namespace "
    "subject camera setup repetition profile licence"
).split()
_TUPLES = ("person_ids", "flags")
_OF_MOTION = "fps space metric image_size num_frames num_persons".split()


def decode(sample: Mapping[str, Any]) -> Sample:
    """Inverse of :func:`encode`; takes what plain ``webdataset`` yields.

    Raises:
        ReleaseError: A member is missing or damaged, or the topology here is another one.
        SchemaError: The sample was written in another major version.

    Example:
        >>> for raw in webdataset.WebDataset("shard-000000.tar"):  # doctest: +SKIP
        ...     sample = decode(raw)
    """
    return decode_with_parts(sample)[0]


def decode_with_parts(
    sample: Mapping[str, Any], *, closely: bool = False
) -> tuple[Sample, dict[str, Any], Arrays]:
    """What :func:`decode` gives, with the text and the arrays that it was made of.

    Args:
        sample: Its members.
        closely: See :func:`skeletonllm.shards.npz.unpack_npz`.

    Raises:
        ReleaseError: See :func:`decode`.
        SchemaError: See there.
    """
    where = str(sample.get("__key__", "sample"))
    try:
        meta = orjson.loads(sample[META])
        if meta["sample_version"] != VERSION:
            check_version("a sample", meta["sample_version"], VERSION, where)
        arrays = unpack_npz(sample[MOTION], closely=closely)
        return _assemble(meta, arrays), meta, arrays
    except SchemaError:  # no damage: a stream must end here, not go on without its samples
        raise
    except (SkeletonLLMError, *_UNREADABLE) as error:
        cause = f"{type(error).__name__}: {error}"
        hint = "Run `skeletonllm verify` on the release."
        raise ReleaseError(f"unreadable sample ({cause})", where=where, hint=hint) from error


def _assemble(meta: dict[str, Any], arrays: Arrays) -> Sample:
    """Of what another minor version wrote, unknown keys are left, and missing ones defaulted."""
    motion = _assemble_motion(meta, arrays)
    frame_index = _read_frame_index(meta, arrays, motion.num_frames)
    plain = {name: meta[name] for name in _PLAIN if name in meta}
    clip = Clip(
        motion=motion,
        frame_index=frame_index,
        captions=tuple(map(_read_caption, meta.get("captions", ()))),
        person_ids=tuple(meta["person_ids"]),
        flags=tuple(meta.get("flags", ())),
        filled=_read_filled(arrays, motion),
        **plain,
    )
    return Sample(clip, tuple(meta.get("rationales", ())))


def _assemble_motion(meta: dict[str, Any], arrays: Arrays) -> Motion:
    topology = get_topology(meta["topology"])
    if topology.sha256 != meta["topology_sha256"]:
        raise ReleaseError(f"topology {topology.name!r} is defined otherwise here")
    return _restore_motion(topology, arrays, meta["quantum"], meta)


def _restore_motion(
    topology: Topology, arrays: Arrays, quantum: float, words: Mapping[str, Any]
) -> Motion:
    """The motion of the arrays, as whoever reads the sample gets it."""
    size = words.get("image_size")
    return Motion.of_sound_values(
        *dequantize_motion(arrays, quantum),
        topology=topology,
        fps=words["fps"],
        space=words["space"],
        metric=words["metric"],
        image_size=None if size is None else (size[0], size[1]),
    )


def _read_frame_index(meta: dict[str, Any], arrays: Arrays, frames: int) -> tuple[int, ...]:
    if "frame_index" not in arrays:
        return tuple(range(meta["first_frame"], meta["first_frame"] + frames))
    index = tuple(arrays["frame_index"].tolist())
    if len(index) != frames:
        raise ValueError(f"frame_index of {len(index)} frames, motion of {frames}")
    return index


def _read_filled(arrays: Arrays, motion: Motion) -> BoolArray | None:
    filled = arrays.get("filled")
    if filled is None:
        return None
    if filled.shape != motion.confidence.shape:
        raise ValueError(f"filled of shape {filled.shape}")
    return filled.astype(np.bool_)


def _read_caption(row: Mapping[str, Any]) -> Caption:
    return Caption(row["text"], row.get("start_s", 0.0), row.get("end_s", 0.0))


def member_types() -> pa.Schema:
    """The Arrow type of each member, for readers that would guess it from the first samples.

    A guess fails where those hold no label, subject or caption. Of the arrays, all but ``deltas``
    are null where a sample has none.
    """
    of_clip = [
        *_PLAIN,
        *_TUPLES,
        *_OF_MOTION,
        "topology",
        "topology_sha256",
        "motion_sha256",
        "captions",
    ]
    known = [CLIP.arrow.field(name) for name in of_clip if name != "image_size"]
    others = {
        "image_size": pa.list_(pa.int32()),
        "decoded_sha256": pa.string(),
        "first_frame": pa.int32(),
        "quantum": pa.float64(),
        "sample_version": pa.string(),
        "rationales": pa.list_(pa.struct(list(RATIONALE.arrow))),
    }
    arrays = {name: _nested(kind, depth) for name, (kind, depth) in ARRAYS.items()}
    return pa.schema({META: pa.struct([*known, *others.items()]), MOTION: pa.struct(arrays)})


def list_unknown_fields(meta: Mapping[str, Any]) -> list[str]:
    """Fields of a sample's text, and of its captions, that :func:`encode` does not write."""
    unknown = set(meta) - TEXT_FIELDS
    captions = meta.get("captions")
    for caption in captions if isinstance(captions, list) else ():
        if isinstance(caption, dict):
            unknown.update(f"captions.{name}" for name in set(caption) - _OF_CAPTION)
    return sorted(unknown)


ARRAYS = {
    "deltas": (pa.int8(), 5),
    "far": (pa.int64(), 1),
    "far_at": (pa.int32(), 1),
    "frame_index": (pa.int32(), 1),
    "present": (pa.bool_(), 2),
    "confidence": (pa.uint16(), 3),
    "orientations": (pa.int8(), 5),
    "filled": (pa.bool_(), 3),
}
"""Type and number of dimensions of each array of ``motion.npz``."""


_OF_CAPTION = frozenset(field.name for field in fields(Caption))


def _nested(kind: pa.DataType, depth: int) -> pa.DataType:
    return kind if depth == 0 else pa.list_(_nested(kind, depth - 1))


TEXT_FIELDS = frozenset(field.name for field in member_types().field(META).type)
"""Every field that the text of a sample may have; none of them holds a joint."""
