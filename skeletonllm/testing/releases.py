"""A small folder of shards with real motions, as a trainer reads it."""

from __future__ import annotations

from pathlib import Path

from skeletonllm.clip import Clip
from skeletonllm.shards import encode, read_index, write_shard
from skeletonllm.storage import join, write_json, write_table
from skeletonllm.storage.layout import INDEX, TARS
from skeletonllm.synthesis import synthesize

LABELS = ("hand waving", "jump up", "sit down", "throw")


def write_release(folder: str, per_action: int = 6) -> str:
    """Clips of four actions by two subjects, in one shard."""
    makers = ((label, take) for take in range(per_action) for label in LABELS)
    samples = (encode(_clip(label, take), [], []) for label, take in makers)
    index = write_shard(join(folder, TARS, "shard-000000.tar"), samples, start=0)
    write_table(join(folder, INDEX, "part-00000.parquet"), index)
    write_json(join(folder, "manifest.json"), {"stage": "build_shards"})
    return folder


def damage(folder: str, clip_id: str) -> None:
    """Overwrite bytes in the middle of one clip; the index still names its place."""
    (row,) = [r for r in read_index(folder).to_pylist() if r["clip_id"] == clip_id]
    shard = Path(folder, "shards", row["shard"])
    data = bytearray(shard.read_bytes())
    middle = row["offset"] + row["size"] // 2
    data[middle : middle + 100] = bytes(100)
    shard.write_bytes(data)


def _clip(label: str, take: int) -> Clip:
    subject = 1 + take % 2
    motion = synthesize(label, subject=subject, seed=take, fps=10)
    return Clip(
        motion=motion,
        clip_id=f"lab/{label}/{take}",
        corpus="lab",
        source_uri=f"raw/{label}/{take}",
        source_sha256="0" * 64,
        frame_index=tuple(range(motion.num_frames)),
        person_ids=tuple(str(p) for p in range(motion.num_persons)),
        label=label,
        label_id=LABELS.index(label),
        label_namespace="lab",
        subject=str(subject),
    )
