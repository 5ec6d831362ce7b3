"""From NTU text to finished clips: how fast, how small, in how much memory, and how it grows.

    python -m benchmarks.ingest.throughput --published FOLDER [--clips 10000] [--json FILE]

The real files of ``--shared`` are copied under new names until there are ``--clips`` (10,000 make
2.4 GB); without them, synthesized ones are. One run measures

- parsing: ours on every file, and in turns with the parsers of the paper's code, pyskl, mmaction2
  and CTR-GCN on the originals, reading the file included; seconds of one core,
- ``normalize`` through Ray with one worker and with two, from start to finished parts, for corpora
  of 100, 1,000 and all clips; the memory of all its processes together,
- the bytes of the clips by column, made of the originals alone: copies would flatter them,
- and what follows for NTU RGB+D 120 and for a million clips on a cluster.

``--published`` holds the repositories as :mod:`benchmarks.ingest.profiles` wants them; without it,
only ours is measured.
"""

from __future__ import annotations

import contextlib
import io
import logging
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import ray
import tyro

from benchmarks.ingest.corpus import (
    Measured,
    link_first_files,
    list_originals,
    replicate_files,
    run_watched,
)
from benchmarks.ingest.profiles import PublishedParsers
from benchmarks.table import publish_table
from pipelines.normalize import NormalizeConfig, normalize_corpus
from skeletonllm.corpora import get_reader
from skeletonllm.corpora.kinect.ntu_scan import scan
from skeletonllm.storage.layout import PARTS

NTU_120_CLIPS = 114_480
MILLION = 1_000_000
NODES = 16
ROUNDS = 5
Row = dict[str, Any]


@dataclass(frozen=True)
class Flags:
    """Flags of this command."""

    clips: int = 10_000
    """How many files the largest corpus has."""
    shared: Path = Path("../shared")
    """Folder of the real files."""
    published: Path | None = None
    """Folder of the published repositories."""
    scratch: Path | None = None
    """Where to put the corpora, which are deleted at the end; the folder for temporary files."""
    cores_a_node: int = 16
    """For the cluster that is worked out."""
    json: str | None = None
    """Also write the tables here; each under a name of its own."""


@dataclass(frozen=True)
class NormalizeRun:
    """One run of normalize.

    Args:
        clips: How many files.
        text: Bytes of them.
        workers: CPUs of Ray.
        seconds: From the request to the manifest, Ray being up.
        megabytes: Peak of all processes.
    """

    clips: int
    text: int
    workers: int
    seconds: float
    megabytes: float

    @property
    def rate(self) -> float:
        """Megabytes of text a second."""
        return self.text / self.seconds / 1e6


def main(flags: Flags) -> None:
    """Print all four tables."""
    with tempfile.TemporaryDirectory(dir=flags.scratch) as folder:
        scratch = Path(folder)
        files = list_originals(flags.shared, scratch)
        copies = replicate_files(files, scratch / "all", flags.clips)
        rows = time_parsers(files, copies, flags.published)
        publish_table("Parsing NTU text, one core", rows, _name_file(flags.json, "parsing"))
        runs = time_growth(copies, scratch)
        publish_table(
            "Text to finished clips", [_make_run_row(run, runs) for run in runs], flags.json
        )
        publish_table(
            "Bytes of the clips", measure_sizes(files, scratch), _name_file(flags.json, "bytes")
        )
        rows = extrapolate_times(runs, time_listing(scratch / "all"), flags.cores_a_node)
        publish_table("What follows", rows, _name_file(flags.json, "outlook"))


def time_parsers(
    files: Sequence[Path], copies: Sequence[Path], published: Path | None
) -> list[Row]:
    """Megabytes a second of each parser."""
    scan(files[0].read_bytes())  # compiled
    texts = (path.read_bytes() for path in copies)
    every = sum(_time_work(partial(scan, text)) for text in texts)
    rows = [_make_parser_row("ours, text in memory", copies, _count_bytes(copies) / every / 1e6)]
    with tempfile.TemporaryDirectory() as work, contextlib.ExitStack() as stack:
        parsers: dict[str, Callable[[Path], Any]] = {"ours": lambda path: scan(path.read_bytes())}
        if published is not None:
            published_parsers = PublishedParsers(published.resolve(), Path(work))
            stack.callback(published_parsers.close)
            parsers |= list_published_parsers(published_parsers)
        seconds = time_in_turns(parsers, files)
    for name, measured in seconds.items():
        ratios = [slow / fast for slow, fast in zip(measured, seconds["ours"], strict=True)]
        rate = float(_count_bytes(files) / np.median(measured) / 1e6)
        rows.append(_make_parser_row(name, files, rate, ratios))
    return rows


def _make_parser_row(
    name: str, files: Sequence[Path], rate: float, ratios: Sequence[float] = ()
) -> Row:
    return {
        "parser": f"{name}, {len(files)} files",
        "MB/s": f"{rate:.1f}",
        "ours is faster by": f"{np.median(ratios):.1f}x" if ratios else "",
        "least and most": f"{min(ratios):.1f} to {max(ratios):.1f}" if ratios else "",
    }


def list_published_parsers(published_parsers: PublishedParsers) -> dict[str, Callable[[Path], Any]]:
    """The published parsers, each up to the bodies of a file."""
    log = logging.getLogger("frames_drop")
    read = published_parsers.ctrgcn[0]["get_raw_bodies_data"]
    return {
        "paper": lambda path: published_parsers.paper.parse_ntu_skeleton_file(str(path)),
        "pyskl": lambda path: published_parsers.pyskl["parse_skeleton_file"](
            path.stem, str(path.parent)
        ),
        "mmaction2": lambda path: published_parsers.mmaction2["read_skeleton_filter"](str(path)),
        "ctrgcn": lambda path: read(str(path.parent), path.stem, {}, log),
    }


def time_in_turns(
    parsers: dict[str, Callable[[Path], Any]], files: Sequence[Path]
) -> dict[str, list[float]]:
    """Core seconds of each parser for all files, in every round."""
    seconds: dict[str, list[float]] = {name: [] for name in parsers}
    with contextlib.redirect_stdout(io.StringIO()):  # one of them prints the name of every file
        for _ in range(ROUNDS):
            for name, parse in parsers.items():
                seconds[name].append(
                    _time_work(lambda parse=parse: [parse(path) for path in files])
                )
    return seconds


def time_growth(copies: Sequence[Path], scratch: Path) -> list[NormalizeRun]:
    """normalize of 100, 1,000 ... clips with one worker, and of all of them with two."""
    counts = [n for n in (100, 1000, 10_000, 100_000) if n < len(copies)]
    folders = [link_first_files(copies, scratch / f"first{n}", n) for n in counts] + [
        scratch / "all"
    ]
    runs = [time_normalize(folder, scratch / "out", 1) for folder in folders]
    return [*runs, time_normalize(folders[-1], scratch / "out", 2)]


def time_normalize(folder: Path, output: Path, workers: int) -> NormalizeRun:
    """One run of normalize, with a Ray of its own."""
    files = list(folder.iterdir())
    measured: Measured = run_watched(_run_normalize, str(folder), str(output), workers)
    shutil.rmtree(output)
    return NormalizeRun(
        len(files), _count_bytes(files), workers, measured.value, measured.megabytes
    )


def _run_normalize(folder: str, output: str, workers: int) -> float:
    ray.init(num_cpus=workers, include_dashboard=False, logging_level=logging.ERROR)
    ray.get([_start_worker.remote() for _ in range(workers)])
    start = time.perf_counter()
    counts = normalize_corpus(NormalizeConfig("ntu_rgbd", folder, output))["counts"]
    seconds = time.perf_counter() - start
    ray.shutdown()
    assert counts["rejects"] == 0, counts
    return seconds


@ray.remote
def _start_worker() -> None:
    """A worker that has started."""


def measure_sizes(files: Sequence[Path], scratch: Path) -> list[Row]:
    """Bytes of each column that matters, of the originals normalized once."""
    folder = scratch / "once"
    replicate_files(files, folder, len(files))
    rows = []
    for orientations in (False, True):
        output = scratch / f"once{orientations}"
        run_watched(_run_normalize_once, str(folder), str(output), orientations)
        rows += _measure_columns(output, _count_bytes(files), orientations)
    return rows


def _run_normalize_once(folder: str, output: str, orientations: bool) -> None:
    ray.init(num_cpus=1, include_dashboard=False, logging_level=logging.ERROR)
    normalize_corpus(NormalizeConfig("ntu_rgbd", folder, output, orientations=orientations))
    ray.shutdown()


def _measure_columns(output: Path, text: int, orientations: bool) -> list[Row]:
    sizes: Counter[str] = Counter()
    parts = list((output / PARTS).glob("*.parquet"))
    for part in parts:
        meta = pq.ParquetFile(part).metadata
        for group in map(meta.row_group, range(meta.num_row_groups)):
            for column in map(group.column, range(group.num_columns)):
                sizes[column.path_in_schema.partition(".")[0]] += column.total_compressed_size
    heavy = ("joints", "confidence", *(("orientations",) if orientations else ()))
    whole = _count_bytes(parts)
    named = {**{name: sizes[name] for name in heavy}, "whole files": whole}
    form = "with orientations" if orientations else "as normalize writes them"
    head = ("clips", "part", "kB", "of the text")
    return [
        dict(zip(head, (form, name, round(size / 1e3), f"1/{text / size:.1f}"), strict=True))
        for name, size in named.items()
    ]


def time_listing(folder: Path) -> float:
    """Seconds a file to list a corpus."""
    start = time.perf_counter()
    files = len(get_reader("ntu_rgbd").sources(str(folder)))
    return (time.perf_counter() - start) / files


def extrapolate_times(runs: Sequence[NormalizeRun], listed: float, cores: int) -> list[Row]:
    """Time of large corpora: bytes over the rate of a core, times what the second worker lost."""
    small, large, two = runs[-3], runs[-2], runs[-1]
    core = (large.text - small.text) / (large.seconds - small.seconds)
    loss = 2 * two.seconds / large.seconds
    each = large.text / large.clips
    rows = []
    for name, clips, many in (
        ("NTU RGB+D 120, one core", NTU_120_CLIPS, 1),
        ("NTU RGB+D 120, two cores", NTU_120_CLIPS, 2),
        (f"a million clips, {NODES} nodes of {cores} cores", MILLION, NODES * cores),
    ):
        work = clips * each / core / many * (loss if many > 1 else 1)
        rows.append({
            "corpus": name,
            "text GB": round(clips * each / 1e9),
            "reading min": f"{work / 60:.1f}",
            "listing min": f"{clips * listed / 60:.2f}",
            "storage must give": f"{clips * each / work / 1e6:,.0f} MB/s",
        })  # fmt: skip
    return rows


def _make_run_row(run: NormalizeRun, runs: Sequence[NormalizeRun]) -> Row:
    alone = [other for other in runs if other.workers == 1]
    return {
        "clips": run.clips,
        "text MB": round(run.text / 1e6),
        "workers": run.workers,
        "seconds": round(run.seconds, 1),
        "ms a clip": round(1e3 * run.seconds / run.clips, 1),
        "MB/s": round(run.rate),
        "of one worker": f"{alone[-1].seconds / run.seconds:.2f}x" if run.workers > 1 else "",
        "peak MB": round(run.megabytes),
    }


def _time_work(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def _count_bytes(files: Sequence[Path]) -> int:
    return sum(path.stat().st_size for path in files)


def _name_file(json: str | None, name: str) -> str | None:
    return None if json is None else str(Path(json).with_suffix(f".{name}.json"))


if __name__ == "__main__":
    main(tyro.cli(Flags))
