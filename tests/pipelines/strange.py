"""A finished `clips/` folder with sound clips and with every kind that once ended a job."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from skeletonllm.clip import Clip, clips_to_table
from skeletonllm.licences import get_licence
from skeletonllm.motion import Motion
from skeletonllm.storage import Plan, Unit, claim, finish, join, write_json, write_table
from skeletonllm.synthesis import synthesize
from skeletonllm.topology import COCO_17, KINECT_V2, Topology, register_topology

BROKEN = "lab/broken_row"
"""A row that is no clip: a confidence of 2."""
NOBODY = ("lab/nobody", "lab/nobody_of_two", "lab/unseen")
"""Clips in which no joint is ever observed."""


def strange_motions() -> dict[str, Motion]:
    """A motion of each kind, by what is strange about it."""
    bare = register_topology(Topology("no_bones", KINECT_V2.joints, ()))
    point = register_topology(Topology("one_joint", ("pelvis",), ()))
    own = register_topology(
        Topology("own_joints", tuple(f"pelvis.{i}" for i in range(5)), ((0, 1), (1, 2)))
    )
    wave = synthesize("hand waving", subject=1, seed=0, fps=10, space="world")
    flat = synthesize("hand waving", topology=COCO_17, subject=1, seed=0, fps=10)
    nobody = _absent(wave)
    return {
        "no_bones": replace(wave, topology=bare),
        "no_bones_no_unit": replace(wave, topology=bare, metric=False),
        "no_bones_one_frame": replace(wave, topology=bare).select_frames([0]),
        "one_joint": _of_joints(wave, point),
        "one_joint_one_frame": _of_joints(wave, point).select_frames([0]),
        "no_known_joint": _of_joints(wave, own),
        "one_frame": wave.select_frames([0]),
        "two_frames": wave.select_frames([0, 1]),
        "still": wave.select_frames([0] * 20),
        "all_at_one_place": replace(wave, joints=np.zeros_like(wave.joints)),
        "flat": flat,
        "flat_one_frame": flat.select_frames([0]),
        "nobody": nobody,
        "nobody_of_two": nobody.select_persons([0, 0]),
        "unseen": replace(nobody, present=wave.present),
    }


def _of_joints(motion: Motion, topology: Topology) -> Motion:
    at = list(range(len(topology)))
    confidence = np.ascontiguousarray(motion.confidence[:, :, at])
    joints = np.ascontiguousarray(motion.joints[:, :, at])
    return replace(motion, joints=joints, confidence=confidence, topology=topology)


def _absent(motion: Motion) -> Motion:
    return replace(
        motion,
        joints=np.zeros_like(motion.joints),
        confidence=np.zeros_like(motion.confidence),
        present=np.zeros_like(motion.present),
    )


def make_clip(name: str, motion: Motion, label: str = "wave") -> Clip:
    return Clip(
        motion=motion,
        clip_id=f"lab/{name}",
        corpus="lab",
        source_uri=f"raw/{name}.bvh",
        source_sha256="0" * 64,
        frame_index=tuple(range(motion.num_frames)),
        person_ids=tuple(str(p) for p in range(motion.num_persons)),
        label=label,
        label_id=0 if label == "wave" else 1,
        label_namespace="lab",
        licence="cc0-1.0",
    )


def sound_clips() -> list[Clip]:
    moves = {"wave": "hand waving", "throw": "throw"}
    return [
        make_clip(f"{label}_{i}", synthesize(action, subject=i, seed=i, fps=10), label)
        for label, action in moves.items()
        for i in range(2)
    ]


def write_strange_clips(folder: Path) -> str:
    """Three parts: strange ones with a row that is no clip, sound ones, and strange ones again."""
    strange = [make_clip(name, motion) for name, motion in strange_motions().items()]
    broken = make_clip(BROKEN.removeprefix("lab/"), strange[0].motion)
    parts = [[*strange[:8], broken], sound_clips(), strange[8:]]
    topologies: dict[str, object] = {}
    for number, clips in enumerate(parts):
        table = clips_to_table(clips)
        topologies |= {c.motion.topology.name: c.motion.topology.to_json() for c in clips}
        if broken in clips:
            table = _break(table)
        write_table(join(str(folder), "parts", f"part-{number:05d}.parquet"), table)
    write_json(join(str(folder), "topologies.json"), topologies)
    write_json(join(str(folder), "licences.json"), {"cc0-1.0": get_licence("cc0-1.0").to_json()})
    plan = Plan("normalize", "1", {"corpus": "lab", "profile": "raw"}, (Unit(0, ()),))
    write_json(join(str(folder), "plan.json"), plan.to_json())
    claim(str(folder), plan)
    finish(str(folder), plan, lambda: {"clips": sum(map(len, parts)), "rejects": 0})
    return str(folder)


def _break(table: pa.Table) -> pa.Table:
    """The last clip's joints are seen with a confidence of 2."""
    at = table.schema.get_field_index("confidence")
    values = table.column("confidence").to_pylist()
    row = table.slice(len(table) - 1).to_pylist()[0]
    values[-1] = [2.0] * (row["num_frames"] * row["num_persons"] * row["num_joints"])
    field = table.schema.field(at)
    return table.set_column(at, field, pa.array(values, field.type))
