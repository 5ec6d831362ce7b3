"""What a change of the clips rewrites, and how large whole tars are beside the text they came from.

    python -m benchmarks.release.layout [--samples 10000] [--shared ../shared] [--json FILE]

A corpus of ``--samples`` made clips, all of one short motion, is built by `build-shards`; then with
one clip more, one label changed, one motion corrected, and with nothing changed but the order and
the size of the parts of clips. Tars are compared by their hashes. The other table is of the real
NTU RGB+D files of ``--shared``: each once, with rationales and negatives, as the stages write them.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import tyro

from benchmarks.ingest.corpus import list_originals
from benchmarks.table import publish_table
from jobs.common import cluster
from pipelines.negatives import NegativesConfig, mine_negatives
from pipelines.normalize import NormalizeConfig, normalize_corpus
from pipelines.rationales import RationalesConfig, build_rationales
from pipelines.shards import ShardsConfig, build_shards
from skeletonllm.clip import Clip, clips_to_table
from skeletonllm.storage import read_json, write_json, write_table
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.clips import make_clip
from skeletonllm.testing.stage_folders import finish_stage

LABELS = ("sit down", "throw", "jump up", "hand waving")
Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this benchmark."""

    samples: int = 10_000
    """Clips of the made corpus."""
    shared: Path = Path("../shared")
    """Folder of the real files."""
    json: str | None = None
    """File for the tables."""


def main(flags: Flags) -> None:
    """Print both tables."""
    with tempfile.TemporaryDirectory() as folder, cluster(0):
        publish_table("tars rewritten", measure_changes(Path(folder), flags.samples), flags.json)
        files = list_originals(flags.shared, Path(folder))
        if files:
            row = measure_size(Path(folder) / "real", files)
            publish_table("bytes of whole tars", [row], flags.json and f"{flags.json}.size")


def measure_changes(root: Path, samples: int) -> list[Row]:
    """A row for each change: how many tars were written anew.

    Args:
        root: Scratch folder.
        samples: Clips of the corpus.
    """
    clips = _make_clips(samples + 1)
    base = clips[:samples]
    middle = samples // 2
    relabelled = replace(base[middle], label=LABELS[(middle + 1) % 4], label_id=(middle + 1) % 4)
    corrected = replace(base[middle], motion=synthesize(LABELS[0], seed=2, fps=5))
    changes = {
        "nothing, in parts of 100 and backwards": base[::-1],
        "one clip more": clips,
        "one label changed": [*base[:middle], relabelled, *base[middle + 1 :]],
        "one motion corrected": [*base[:middle], corrected, *base[middle + 1 :]],
        "one clip less": base[1:],
    }
    before, _ = _build(root / "before", base, 512)
    rows = []
    for name, changed in changes.items():
        after, seconds = _build(root / "after", changed, 100 if "backwards" in name else 512)
        written = [path for path, sha256 in after.items() if before.get(path) != sha256]
        rows.append(
            {
                "changed": name,
                "clips": len(changed),
                "tars": len(after),
                "written anew": len(written),
                "seconds of build-shards": round(seconds, 1),
            }
        )
        shutil.rmtree(root / "after")
    return rows


def _make_clips(count: int) -> list[Clip]:
    motions = [synthesize(label, seed=1, fps=5) for label in LABELS]
    return [
        make_clip(
            motions[i % 4],
            clip_id=f"made/{i:06d}",
            corpus="made",
            label=LABELS[i % 4],
            label_id=i % 4,
            label_namespace="made",
        )
        for i in range(count)
    ]


def _build(root: Path, clips: Sequence[Clip], each: int) -> tuple[dict[str, str], float]:
    """Path -> hash of each tar, and the seconds of the stage."""
    for number, start in enumerate(range(0, len(clips), each)):
        table = clips_to_table(clips[start : start + each])
        write_table(str(root / f"clips/parts/part-{number:05d}.parquet"), table)
    skeleton = clips[0].motion.topology
    write_json(str(root / "clips/topologies.json"), {skeleton.name: skeleton.to_json()})
    folder = finish_stage(str(root / "clips"), "normalize", {"corpus": "made"}, {})
    start_s = time.perf_counter()
    manifest = build_shards(ShardsConfig(clips=(folder,), output=str(root / "shards")))
    seconds = time.perf_counter() - start_s
    files = {entry["path"]: entry["sha256"] for entry in manifest["files"]}
    return {path: sha256 for path, sha256 in files.items() if path.startswith("tars/")}, seconds


def measure_size(root: Path, files: Sequence[Path]) -> Row:
    """Bytes of text and of the tars of the same clips, with all that is told of them.

    Args:
        root: Scratch folder.
        files: Of NTU RGB+D.
    """
    raw = root / "raw"
    raw.mkdir(parents=True)
    for path in files:
        (raw / path.name).symlink_to(path.resolve())
    clips = (str(root / "clips"),)
    normalize_corpus(NormalizeConfig("ntu_rgbd", str(raw), clips[0]))
    build_rationales(RationalesConfig(clips, str(root / "rationales")))
    mine_negatives(NegativesConfig(clips, str(root / "negatives")))
    told = {name: str(root / name) for name in ("rationales", "negatives")}
    shards = root / "shards"
    build_shards(ShardsConfig(clips=clips, output=str(shards), **told))
    text = sum(path.stat().st_size for path in files)
    tars = sum(path.stat().st_size for path in shards.glob("tars/*"))
    counts = read_json(str(shards / "manifest.json"))["counts"]
    return {
        "files": len(files),
        "samples": counts["samples"],
        "rationales": counts["rationales"],
        "text, kB": text // 1000,
        "tars, kB": tars // 1000,
        "of the text": f"1/{text / tars:.1f}",
    }


if __name__ == "__main__":
    main(tyro.cli(Flags))
