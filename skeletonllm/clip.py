"""Clip: a motion and what is known about it; its way into a row of ``clips/`` and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from skeletonllm.errors import SchemaError
from skeletonllm.motion import BoolArray, FloatArray, Motion
from skeletonllm.rejects import ClipName, Reject, isolate_clip
from skeletonllm.topology import Topology, get_topology, register_definitions

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Caption:
    """A sentence about a motion; (0, 0) means the whole clip, as in HumanML3D."""

    text: str
    start_s: float = 0.0
    end_s: float = 0.0


@dataclass(frozen=True, eq=False)
class Clip:
    """One motion with its provenance.

    Args:
        clip_id: ``<corpus>/<source id>``, unique in a release.
        frame_index: Frame number in the source of each frame.
        person_ids: The corpus' own id of each person row, as text (64-bit ids do not survive
            float64).
        label_id: 0-based within ``label_namespace``.
        flags: What was noticed or repaired, for example ``identity_switch``.
        profile: The normalization recipe this clip went through.
        licence: Id into ``licences.json``.
        filled: Joints that were interpolated, bool [T, P, J], or None.
        slots: Place of each person among the bodies of its frame in the source, int16 [T, P], -1
            where absent; None where the source has no such order. Known between reader and
            normalization only (some published recipes go by it); no column of ``clips/``.
    """

    motion: Motion
    clip_id: str
    corpus: str
    source_uri: str
    source_sha256: str
    frame_index: tuple[int, ...]
    person_ids: tuple[str, ...]
    label: str | None = None
    label_id: int | None = None
    label_namespace: str | None = None
    captions: tuple[Caption, ...] = ()
    subject: str | None = None
    camera: str | None = None
    setup: str | None = None
    repetition: str | None = None
    flags: tuple[str, ...] = ()
    profile: str = "raw"
    licence: str = "unknown"
    filled: BoolArray | None = None
    slots: npt.NDArray[np.int16] | None = None

    def to_row(self) -> dict[str, Any]:
        """The clip as one row of :data:`schemas.CLIP`."""
        motion = self.motion
        size = motion.image_size or (None, None)
        everything_seen = bool((motion.confidence[motion.present] == 1).all())
        return {
            **{name: getattr(self, name) for name in _PLAIN},
            "motion_sha256": motion.sha256,
            "topology": motion.topology.name,
            "topology_sha256": motion.topology.sha256,
            "space": motion.space,
            "metric": motion.metric,
            "fps": motion.fps,
            "num_frames": motion.num_frames,
            "num_persons": motion.num_persons,
            "num_joints": motion.num_joints,
            "first_frame": min(self.frame_index),
            "last_frame": max(self.frame_index),
            "frame_index": list(self.frame_index),
            "person_ids": list(self.person_ids),
            "joints": motion.joints.reshape(-1),
            "present": motion.present.reshape(-1),
            "confidence": None if everything_seen else motion.confidence.reshape(-1),
            "orientations": _flat(motion.orientations),
            "filled": _flat(self.filled),
            "image_width": size[0],
            "image_height": size[1],
            "captions": [vars(caption) for caption in self.captions],
            "flags": list(self.flags),
        }

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> Clip:
        """Inverse of :meth:`to_row`; list columns may be Python lists or numpy arrays."""
        shape = (row["num_frames"], row["num_persons"], row["num_joints"])
        plain = {name: row[name] for name in _PLAIN}
        return cls(
            motion=_motion(row, shape),
            frame_index=tuple(int(i) for i in row["frame_index"]),
            person_ids=tuple(row["person_ids"]),
            captions=tuple(Caption(**caption) for caption in row["captions"]),
            flags=tuple(row["flags"]),
            filled=_shaped(row["filled"], shape, np.bool_),
            **plain,
        )


TOPOLOGIES = b"topologies"
"""Key of the schema's metadata under which a table of clips defines its skeletons."""

_PLAIN = (
    "clip_id corpus source_uri source_sha256 label label_id label_namespace "
    "subject camera setup repetition profile licence"
).split()


def clips_to_table(clips: Sequence[Clip]) -> pa.Table:
    """Rows of :data:`schemas.CLIP`, validated; the schema's metadata defines their skeletons.

    A reader may make a skeleton from a file (BVH, markers) in a process of its own; whoever reads
    the table afterwards must know it too.

    Raises:
        SchemaError: Lists every fault of the table.
    """
    import pyarrow as pa  # noqa: PLC0415 - only who has tables waits for pyarrow

    from schemas import CLIP  # noqa: PLC0415

    rows = [clip.to_row() for clip in clips]
    columns = [pa.array([row[field.name] for row in rows], field.type) for field in CLIP.arrow]
    table = pa.Table.from_arrays(columns, schema=CLIP.arrow)
    faults = CLIP.faults(table)
    if faults:
        raise SchemaError("; ".join(faults), where="clips")
    skeletons = {clip.motion.topology.name: clip.motion.topology.to_json() for clip in clips}
    defined = {TOPOLOGIES: json.dumps(skeletons, sort_keys=True).encode()}
    return table.replace_schema_metadata({**table.schema.metadata, **defined})


def clips_from_table(table: pa.Table) -> list[Clip]:
    """The clips of a table that was read from ``clips/``."""
    return [Clip.from_row(row) for row in _rows(table)]


def salvage_clips(table: pa.Table, stage: str, rejects: list[Reject]) -> list[Clip]:
    """The clips of a table, but for those whose row is no clip; they become rejects.

    Args:
        table: As it was read from ``clips/``.
        stage: The stage that reads it.
        rejects: Grows by what was left out.
    """
    clips = []
    for row in _rows(table):
        with isolate_clip(ClipName(row["clip_id"], row["source_uri"]), stage, rejects):
            clips.append(Clip.from_row(row))
    return clips


def _rows(table: pa.Table) -> list[dict[str, Any]]:
    """The rows of a table of clips, large lists as numpy arrays; its skeletons are known then."""
    register_topologies(table.schema)
    heavy = ("joints", "present", "confidence", "orientations", "filled")
    light: list[dict[str, Any]] = table.drop_columns(list(heavy)).to_pylist()
    for i, row in enumerate(light):
        for name in heavy:
            values = table.column(name)[i].values
            row[name] = None if values is None else values.to_numpy(zero_copy_only=False)
    return light


def register_topologies(schema: pa.Schema) -> dict[str, Topology]:
    """Register, and return by name, the skeletons that a table of clips defines.

    Raises:
        UsageError: Another skeleton of this name is registered.
    """
    stored = json.loads((schema.metadata or {}).get(TOPOLOGIES, b"{}"))
    return register_definitions(stored, "a table of clips")


def _flat(array: FloatArray | BoolArray | None) -> Any:
    return None if array is None else array.reshape(-1)


def _shaped(values: Any, shape: tuple[int, ...], dtype: type) -> Any:
    return None if values is None else np.array(values, dtype=dtype).reshape(shape)


def _motion(row: dict[str, Any], shape: tuple[int, int, int]) -> Motion:
    present = _shaped(row["present"], shape[:2], np.bool_)
    confidence = _shaped(row["confidence"], shape, np.float32)
    if confidence is None:
        confidence = np.broadcast_to(present[:, :, None], shape).astype(np.float32)
    width, height = row["image_width"], row["image_height"]
    return Motion(
        joints=_shaped(row["joints"], (*shape, 3), np.float32),
        present=present,
        confidence=confidence,
        topology=get_topology(row["topology"]),
        fps=row["fps"],
        space=row["space"],
        metric=row["metric"],
        image_size=None if width is None else (width, height),
        orientations=_shaped(row["orientations"], (*shape, 4), np.float32),
    )
