"""A small folder of shards, as a trainer and a stream read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from skeletonllm.clip import Clip
from skeletonllm.shards import encode, read_index, write_shard
from skeletonllm.storage import join, list_files, sha256_of, write_json, write_table
from skeletonllm.storage.layout import INDEX, MANIFEST, TARS
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.clips import make_clip

LABELS = ("hand waving", "jump up", "sit down", "throw")
"""Actions that a tiny model tells apart within a hundred steps."""


def write_release(folder: str, per_action: int = 6) -> str:
    """Write synthesized clips of four actions by two subjects, in one shard; give the folder.

    Args:
        folder: Where to.
        per_action: Clips of each action.
    """
    makers = ((label, take) for take in range(per_action) for label in LABELS)
    samples = [encode(_clip(label, take)) for label, take in makers]
    write_shards(folder, samples, per_shard=len(samples))
    return write_manifest(folder)


def write_manifest(folder: str) -> str:
    """Write the manifest of a stage over all files of a folder as they are now; give the folder.

    Args:
        folder: Such as one that :func:`write_shards` filled.
    """
    hashed = [(path, *sha256_of(join(folder, path))) for path in list_files(folder)]
    files = [{"path": path, "sha256": digest, "bytes": size} for path, digest, size in hashed]
    write_json(join(folder, MANIFEST), {"stage": "build_shards", "files": files})
    return folder


def damage_clip(folder: str, clip_id: str) -> None:
    """Overwrite bytes in the middle of one clip; the index still names its place.

    Args:
        folder: What :func:`write_release` wrote, on a local disk.
        clip_id: Which clip.
    """
    (row,) = [r for r in read_index(folder).to_pylist() if r["clip_id"] == clip_id]
    shard = Path(folder, TARS, row["shard"])
    data = bytearray(shard.read_bytes())
    middle = row["offset"] + row["size"] // 2
    data[middle : middle + 100] = bytes(100)
    shard.write_bytes(data)


def write_shards(folder: str, samples: Sequence[Mapping[str, bytes]], per_shard: int) -> None:
    """Write ``tars/`` and ``index/`` of a folder; plan and manifest are left to the caller.

    Args:
        folder: Where to.
        samples: What :func:`skeletonllm.shards.encode` gives, in their order.
        per_shard: Samples of each tar.
    """
    for number, start in enumerate(range(0, len(samples), per_shard)):
        url = join(folder, TARS, f"shard-{number:06d}.tar")
        index = write_shard(url, samples[start : start + per_shard], start=start)
        write_table(join(folder, INDEX, f"part-{number:05d}.parquet"), index)


def _clip(label: str, take: int) -> Clip:
    subject = 1 + take % 2
    return make_clip(
        synthesize(label, subject=subject, seed=take, fps=10),
        clip_id=f"lab/{label}/{take}",
        source_uri=f"raw/{label}/{take}",
        label=label,
        label_id=LABELS.index(label),
        label_namespace="lab",
        subject=str(subject),
    )
