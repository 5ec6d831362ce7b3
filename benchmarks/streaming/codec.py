"""The codec of samples: how exact, how small, how fast, and what becomes of damage.

    python -m benchmarks.streaming.codec [--shared ../shared] [--flips 10000] [--json FILE]

The clips are the real NTU RGB+D files and UTD-MHAD of ``--shared``; without them, synthesized ones.
One run measures

- the largest error in each space, and what a stray joint and a walk of 60 m do to a clip,
- the bytes of the motion members beside those of the ``.skeleton`` text they were read from,
- seconds of one core of each part of reading a sample, in turns with ``tarfile``, ``json``,
  ``numpy.load`` and plain numpy on the same bytes; the least of all rounds, since other work on a
  machine only ever adds,
- and how many of ``--flips`` turned bits and ``--cuts`` cuts are caught.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import tyro

from benchmarks.ingest.corpus import list_originals
from benchmarks.streaming import plain_samples as plain
from benchmarks.streaming.flips import PackedSample, damage_samples, pack_samples
from benchmarks.table import publish_table
from skeletonllm.clip import Clip
from skeletonllm.corpora import get_reader, read_clips
from skeletonllm.motion import Motion
from skeletonllm.normalize import normalize
from skeletonllm.shards import decode, encode, hash_bytes, read_members
from skeletonllm.shards.npz import unpack_npz
from skeletonllm.shards.quantize import choose_quantum, dequantize_motion, quantize_motion
from skeletonllm.synthesis import synthesize

Row = dict[str, Any]
Part = Callable[[], object]


@dataclass(frozen=True)
class Flags:
    """Flags of this command."""

    shared: Path = Path("../shared")
    """Folder of the real files."""
    clips: int = 200
    """The most clips of each corpus that are timed."""
    rounds: int = 15
    """How often each part is timed, in turns."""
    flips: int = 10_000
    """Bits to turn, one a sample."""
    cuts: int = 2_000
    """Samples to cut."""
    seed: int = 0
    """Of the damage."""
    json: str | None = None
    """Also write the tables here; each under a name of its own."""


def main(flags: Flags) -> None:
    """Print all tables."""
    with tempfile.TemporaryDirectory() as folder:
        files = list_originals(flags.shared, Path(folder))
        ntu = read_corpus("ntu_rgbd", files)
        corpora = {"NTU RGB+D": ntu, **read_utd(flags.shared, Path(folder), flags.clips)}
        tables = {
            "Largest errors": measure_errors(ntu),
            "A joint that strays, and a long walk": measure_outliers(ntu[0].motion),
            "Bytes of motion members": measure_sizes(files, ntu),
            "Microseconds of a core a sample": [
                row for name in corpora for row in time_parts(name, corpora[name], flags)
            ],
            "Damage": count_damage(ntu, flags),
        }
    for title, rows in tables.items():
        publish_table(title, rows, name_file(flags.json, title))


def name_file(file: str | None, title: str) -> str | None:
    """``out/codec.json`` -> ``out/codec-damage.json``: a file a table.

    Args:
        file: What the user gave, if anything.
        title: Of the table.
    """
    if file is None:
        return None
    path = Path(file)
    words = title.split()
    return str(path.with_stem(f"{path.stem}-{words[-1].lower()}"))


def read_corpus(name: str, files: Sequence[Path]) -> list[Clip]:
    """The clips of some files, normalized; without orientations, as ``normalize`` leaves them.

    Args:
        name: Of the reader.
        files: Its sources.
    """
    reader = get_reader(name)
    clips = []
    for file in files:
        (source,) = reader.sources(str(file))
        for clip in map(normalize, read_clips(reader, source)[0]):
            clips.append(replace(clip, motion=replace(clip.motion, orientations=None)))
    return clips


def read_utd(shared: Path, scratch: Path, count: int) -> dict[str, list[Clip]]:
    """Clips of UTD-MHAD by its name, if it is there."""
    archive = shared / "data" / "corpora" / "utd_mhad.tar.xz"
    if not archive.exists():
        return {}
    with tarfile.open(archive) as tar:
        tar.extractall(scratch / "utd", filter="data")
    files = sorted((scratch / "utd").rglob("a*_skeleton.mat"))
    return {"UTD-MHAD": read_corpus("utd_mhad", files[:: max(1, len(files) // count)][:count])}


def measure_errors(clips: Sequence[Clip]) -> list[Row]:
    """A row a space: real clips, the same in pixels, and the same without a unit."""
    motions = [clip.motion for clip in clips]
    pixels = [synthesize("throw", seed=seed) for seed in range(8)]
    spaces = {
        "metric, mm": ([*motions], 1e3, 0.1),
        "not metric, unit": ([replace(m, metric=False) for m in motions], 1.0, 5e-5),
        "image, px": ([to_pixels(motion) for motion in pixels], 1.0, 0.05),
    }
    rows = []
    for name, (group, unit, bound) in spaces.items():
        worst = max(measure_error(motion, motion.observed) for motion in group)
        largest = max(float(np.abs(motion.joints).max()) for motion in group)
        rounding = float(np.spacing(np.float32(largest)))
        rows.append(
            {
                "space": name,
                "error": f"{worst * unit:.6f}",
                "bound": f"{bound:g}",
                "rounding of float32": f"{rounding * unit:.6f}",
            }
        )
        assert worst <= bound / unit + rounding, name
    return rows


def to_pixels(motion: Motion) -> Motion:
    """The motion as a camera of 500 px focal length sees it, 4 m away."""
    joints = motion.joints * 125 + np.float32(320)
    joints[..., 2] = 0
    joints *= motion.observed[..., None]
    size = (1280, 960)
    return replace(motion, joints=joints, space="image", metric=False, image_size=size)


def measure_error(motion: Motion, of: Any) -> float:
    """The largest error of the joints in ``of``, in the motion's unit.

    Args:
        motion: Is quantized and read back.
        of: Which joints, bool [T, P, J].
    """
    joints = dequantize_motion(quantize_motion(motion), choose_quantum(motion))[0]
    return float(np.abs(joints.astype(np.float64) - motion.joints)[of].max())


def measure_outliers(motion: Motion) -> list[Row]:
    """What one stray joint costs the others, and how exact a long walk is."""
    whole = len(encode(make_clip(motion))["motion.npz"])
    rows = [_outlier_row("as it is", motion, motion.observed, whole)]
    for distance in (50.0, 1e3, 1e6):
        joints, confidence = motion.joints.copy(), motion.confidence.copy()
        at = (len(joints) // 2, 0, 7)
        joints[at], confidence[at] = distance, 1
        moved = replace(motion, joints=joints, confidence=confidence)
        others = moved.observed.copy()
        others[at] = False
        rows.append(_outlier_row(f"one joint at {distance:g} m", moved, others, whole))
    frames = np.arange(1200) % motion.num_frames
    walk = motion.select_frames(frames)
    joints = walk.joints.copy()
    joints[..., 0] += np.linspace(-30, 30, 1200, dtype=np.float32)[:, None, None]
    walk = replace(walk, joints=joints * walk.observed[..., None])
    return [*rows, _outlier_row("a walk of 60 m, 1,200 frames", walk, walk.observed, whole)]


def _outlier_row(name: str, motion: Motion, others: Any, whole: int) -> Row:
    size = len(encode(make_clip(motion))["motion.npz"])
    return {
        "motion": name,
        "error of the other joints, mm": f"{1e3 * measure_error(motion, others):.4f}",
        "bytes": size,
        "more than as it is": size - whole,
    }


def make_clip(motion: Motion) -> Clip:
    """A clip of nothing but a motion."""
    return Clip(motion, "a/1", "a", "1", "0" * 64, tuple(range(motion.num_frames)), ("0",))


def measure_sizes(files: Sequence[Path], clips: Sequence[Clip]) -> list[Row]:
    """Bytes of text, of the members, and how they relate."""
    text = sum(file.stat().st_size for file in files)
    members = [encode(clip) for clip in clips]
    motion = sum(len(member["motion.npz"]) for member in members)
    words = sum(len(member["json"]) for member in members)
    samples = sum(len(sample.data) for sample in pack_samples(clips))
    sizes = {".skeleton text": text, "motion.npz": motion, "json": words, "in the tar": samples}
    return [
        {"of": name, "bytes": size, "of the text": f"1/{text / size:.1f}", "clips": len(clips)}
        for name, size in sizes.items()
    ]


def time_parts(corpus: str, clips: Sequence[Clip], flags: Flags) -> list[Row]:
    """A row a part of reading: ours, plain, and their ratio."""
    samples = pack_samples(clips[: flags.clips])
    rows = []
    for name, (ours, theirs) in list_parts(samples).items():
        times = time_in_turns([part for part in (ours, theirs) if part], flags.rounds)
        spent = [1e6 * seconds / len(samples) for seconds in times]
        ratio = f"{spent[1] / spent[0]:.1f}" if theirs else ""
        plain_us = f"{spent[1]:.1f}" if theirs else ""
        rows.append(
            {"corpus": corpus, "part": name, "ours": f"{spent[0]:.1f}", "plain": plain_us}
            | {"times as fast": ratio}
        )
    return rows


def list_parts(samples: Sequence[PackedSample]) -> dict[str, tuple[Part, Part | None]]:
    """What is timed, over all samples: ours, and the same in plain code."""
    members = [read_members(sample.data, sample.key) for sample in samples]
    arrays = [unpack_npz(member["motion.npz"]) for member in members]
    quanta = [json.loads(member["json"])["quantum"] for member in members]
    packed = [list_streams(member["motion.npz"]) for member in members]

    def read(sample: PackedSample) -> object:
        assert hash_bytes(sample.data) == sample.bytes_hash
        return decode(read_members(sample.data, sample.key))

    return {
        "all, hash checked": (
            lambda: [read(s) for s in samples] and None,
            lambda: [plain.read_sample(s.data) for s in samples] and None,
        ),
        "members of a tar": (
            lambda: [read_members(s.data, s.key) for s in samples] and None,
            lambda: [plain.read_members(s.data) for s in samples] and None,
        ),
        "json": (
            lambda: [orjson.loads(m["json"]) for m in members] and None,
            lambda: [json.loads(m["json"]) for m in members] and None,
        ),
        "arrays of an npz": (
            lambda: [unpack_npz(m["motion.npz"]) for m in members] and None,
            lambda: [plain.load_arrays(m["motion.npz"]) for m in members] and None,
        ),
        "inflate alone": (
            lambda: [zlib.decompress(s, -15, n) for each in packed for s, n in each] and None,
            None,
        ),
        "dequantize": (
            lambda: list(map(dequantize_motion, arrays, quanta)) and None,
            lambda: list(map(plain.dequantize, arrays, quanta)) and None,
        ),
        "hash, SHA-256": (lambda: [hash_bytes(s.data) for s in samples] and None, None),
        "hash, BLAKE2b": (
            lambda: [hashlib.blake2b(s.data, digest_size=16).digest() for s in samples] and None,
            None,
        ),
    }


def list_streams(data: bytes) -> list[tuple[bytes, int]]:
    """Each deflated stream of an npz, and its length unpacked."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
    starts = [entry.header_offset + 30 + len(entry.filename) for entry in entries]
    return [
        (data[start : start + entry.compress_size], entry.file_size)
        for start, entry in zip(starts, entries, strict=True)
    ]


def time_in_turns(parts: Sequence[Part], rounds: int) -> list[float]:
    """Least seconds of a core of each part.

    Args:
        parts: Are run in turns.
        rounds: How often each.
    """
    least = [float("inf")] * len(parts)
    for _ in range(rounds):
        for number, part in enumerate(parts):
            before = time.process_time()
            part()
            least[number] = min(least[number], time.process_time() - before)
    return least


def count_damage(clips: Sequence[Clip], flags: Flags) -> list[Row]:
    """How many damaged samples ended how."""
    outcomes = damage_samples(clips, flags.flips, flags.cuts, flags.seed)
    total = flags.flips + flags.cuts
    expected = ("caught", "harmless", "silent", "uncaught", "silent behind the hash", "unchanged")
    names = [*expected, *sorted(set(outcomes) - set(expected))]
    return [{"outcome": n, "samples": outcomes[n], "of": total} for n in names]


if __name__ == "__main__":
    main(tyro.cli(Flags))
