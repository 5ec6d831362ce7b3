"""A clip as the two members of a WebDataset sample, and back.

``<key>.json`` holds everything that is text or number (label, negatives, rationales, captions,
provenance), ``<key>.motion.npz`` the arrays. Same clip, same bytes; nothing is ever unpickled.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from schemas import CLIP, RATIONALE, SAMPLE
from skeletonllm.clip import Caption, Clip
from skeletonllm.errors import ReleaseError, SchemaError, SkeletonLLMError
from skeletonllm.motion import Motion
from skeletonllm.shards.quantize import Arrays, dequantize_motion, quantize_motion
from skeletonllm.storage import check_version
from skeletonllm.topology import get_topology

MOTION = "motion.npz"
META = "json"
VERSION = SAMPLE.version
"""Of the two members' layout; stored in the JSON as ``sample_version``. The index has the same, so
that a release whose samples cannot be read is refused when it is opened."""
_UNREADABLE = (KeyError, TypeError, ValueError, EOFError, OSError, zlib.error, zipfile.BadZipFile)


@dataclass(frozen=True, eq=False)
class Sample:
    """One clip of a release with all that a stage may train on.

    Args:
        clip: Motion (quantized) and metadata.
        rationales: Rows of :data:`schemas.RATIONALE`, as plain data.
        negatives: All other classes, hardest first; a view cuts it to what may be shown. A stream
            whose view may take none gives a sequence that raises once it is looked into; so it does
            for rationales.
        questions: Rows of :data:`schemas.QUESTION`, as plain data; set by the stream.
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


def encode(
    clip: Clip, rationales: Sequence[Mapping[str, Any]], negatives: Sequence[str] = ()
) -> dict[str, bytes]:
    """The members of a sample by extension: ``json`` and ``motion.npz``.

    Args:
        clip: The clip.
        rationales: Its rows of :data:`schemas.RATIONALE`, as plain data.
        negatives: All other classes, hardest first, by the ranking over all clips; those of other
            views are a table beside the tars.
    """
    motion = clip.motion
    arrays = quantize_motion(motion)
    arrays["frame_index"] = np.asarray(clip.frame_index, dtype=np.int32)
    if clip.filled is not None:
        arrays["filled"] = clip.filled
    meta = {
        **{name: getattr(clip, name) for name in _PLAIN},
        **{name: getattr(motion, name) for name in _OF_MOTION},
        "sample_version": VERSION,
        "topology": motion.topology.name,
        "topology_sha256": motion.topology.sha256,
        "motion_sha256": motion.sha256,
        "captions": [vars(caption) for caption in clip.captions],
        "rationales": [dict(row) for row in rationales],
        "negatives": list(negatives),
    }
    text = json.dumps(meta, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return {META: text.encode(), MOTION: _pack(arrays)}


_PLAIN = (
    "clip_id corpus source_uri source_sha256 person_ids label label_id label_namespace "
    "subject camera setup repetition flags profile licence"
).split()
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
    where = str(sample.get("__key__", "sample"))
    try:
        meta = json.loads(sample[META])
        check_version("a sample", meta["sample_version"], VERSION, where)
        return _assemble(meta, _unpack(sample[MOTION]))
    except SchemaError:  # no damage: a stream must end here, not go on without its samples
        raise
    except (SkeletonLLMError, *_UNREADABLE) as error:
        cause = f"{type(error).__name__}: {error}"
        hint = "Run `skeletonllm verify` on the release."
        raise ReleaseError(f"unreadable sample ({cause})", where=where, hint=hint) from error


def _assemble(meta: dict[str, Any], arrays: Arrays) -> Sample:
    topology = get_topology(meta["topology"])
    if topology.sha256 != meta["topology_sha256"]:
        raise ReleaseError(f"topology {topology.name!r} is defined otherwise here")
    joints, present, confidence, orientations = dequantize_motion(arrays)
    size = meta["image_size"]
    motion = Motion(
        joints=joints,
        present=present,
        confidence=confidence,
        topology=topology,
        fps=meta["fps"],
        space=meta["space"],
        metric=meta["metric"],
        image_size=None if size is None else (size[0], size[1]),
        orientations=orientations,
    )
    plain = {name: _frozen(meta[name]) for name in _PLAIN}
    filled = arrays.get("filled")
    clip = Clip(
        motion=motion,
        frame_index=tuple(arrays["frame_index"].tolist()),
        captions=tuple(Caption(**caption) for caption in meta["captions"]),
        filled=None if filled is None else filled.astype(np.bool_),
        **plain,
    )
    return Sample(clip, tuple(meta["rationales"]), tuple(meta["negatives"]))


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def member_types() -> pa.Schema:
    """The Arrow type of each member, for readers that would guess it from the first samples.

    A guess fails where those hold no label, subject or caption. Of the arrays, ``confidence``,
    ``orientations`` and ``filled`` are null where a sample has none.
    """
    of_clip = [*_PLAIN, *_OF_MOTION, "topology", "topology_sha256", "motion_sha256", "captions"]
    known = [CLIP.arrow.field(name) for name in of_clip if name != "image_size"]
    others = {
        "image_size": pa.list_(pa.int32()),
        "sample_version": pa.string(),
        "rationales": pa.list_(pa.struct(list(RATIONALE.arrow))),
        "negatives": pa.list_(pa.string()),
    }
    arrays = {name: _nested(kind, depth) for name, (kind, depth) in _ARRAYS.items()}
    return pa.schema({META: pa.struct([*known, *others.items()]), MOTION: pa.struct(arrays)})


_ARRAYS = {
    "first": (pa.int16(), 3),
    "deltas": (pa.int16(), 4),
    "origin": (pa.float64(), 1),
    "quantum": (pa.float64(), 0),
    "present": (pa.bool_(), 2),
    "frame_index": (pa.int32(), 1),
    "confidence": (pa.uint16(), 3),
    "orientations": (pa.int16(), 4),
    "filled": (pa.bool_(), 3),
}
"""Type and number of dimensions of each array of ``motion.npz``."""


def _nested(kind: pa.DataType, depth: int) -> pa.DataType:
    return kind if depth == 0 else pa.list_(_nested(kind, depth - 1))


def _pack(arrays: Arrays) -> bytes:
    """An ``.npz`` without the clock: numpy's own writer leaves dates to the zip library."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(arrays):
            member = io.BytesIO()
            array = np.ascontiguousarray(arrays[name]) if arrays[name].ndim else arrays[name]
            np.lib.format.write_array(member, array, allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            info.create_system = 3  # or the file would say which system wrote it
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, member.getvalue())
    return buffer.getvalue()


def _unpack(data: bytes) -> Arrays:
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}
