"""How fast samples come: our stream beside others, on the same clips, with the same output.

    python -m benchmarks.streaming.throughput --corpus utd_mhad --work FOLDER [--json FILE]
        [--python energon=VENV/bin/python mosaicml=... litdata=...] [--only ours,webdataset]

Every reader runs in a process of its own without loader workers, opened once; an epoch of each is
taken in turns. The rows:

- ``ours``: :class:`skeletonllm.stream.stream.Stream`, shuffled, verified and resumable,
- ``webdataset``: plain tars, ``np.load``, ``json.loads`` and the dequantization of sample version
  2, frozen in :mod:`benchmarks.streaming.rivals.frozen_layout`; ratios are against this one,
- ``webdataset+decode``: the same on our tars, with :func:`skeletonllm.shards.decode` inside,
- ``energon``, ``mosaicml``, ``litdata``: the same members in their formats, and our ``decode``.

All give clip, label, rationales and float32 arrays; in a last epoch, which is not timed, every
sample is compared with what was written. The three others want an environment each, with our torch
and what ``decode`` needs:

    python3.11 -m venv energon && python3.11 -m venv litdata && python3.11 -m venv mosaicml
    energon/bin/pip install -c constraints.txt megatron-energon pyarrow orjson
    litdata/bin/pip install -c constraints.txt litdata pyarrow orjson
    grep ^torch== constraints.txt > torch.txt
    mosaicml/bin/pip install -c torch.txt mosaicml-streaming==0.13.0 pyarrow orjson

mosaicml-streaming wants numpy < 2.2 and transformers < 5, so only torch is held to ours there.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import tyro

from benchmarks.streaming.rivals.clips import (
    load_originals,
    repeat_clips,
    tell_clips,
    write_truth,
)
from benchmarks.streaming.rivals.processes import Reader
from benchmarks.streaming.rivals.registry import BASELINE, RIVALS
from benchmarks.streaming.rivals.tars import write_frozen_tars, write_our_folder
from benchmarks.table import publish_table
from skeletonllm.errors import UsageError

Row = dict[str, Any]
Answers = dict[str, list[dict[str, Any]]]
WARM_UP = 1
"""Epochs before those that count: imports, compiled code, the page cache."""


@dataclass(frozen=True)
class Flags:
    """Flags of this command."""

    clips: int = 100
    """How many originals at most."""
    samples: int = 3000
    """How many samples the originals are repeated to."""
    per_tar: int = 500
    """Samples of a tar."""
    rationales: int = 1
    """Rationales of a clip: their JSON is the larger part of a sample."""
    corpus: str | None = None
    """Clips of this corpus of --shared; without it, synthesized ones."""
    shared: Path = Path("../shared")
    """Folder of the real files."""
    work: Path = Path("out/streaming")
    """Where the table of a corpus is kept."""
    scratch: Path | None = None
    """Where to put the tars, which are deleted at the end; the folder for temporary files."""
    rounds: int = 5
    """Epochs of each reader that count."""
    only: str = ",".join(RIVALS)
    """Rows to measure, between commas."""
    python: tuple[str, ...] = ()
    """Interpreters of the readers that have an environment of their own, as NAME=PATH."""
    json: str | None = None
    """Also write the table here."""


def main(flags: Flags) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory(dir=flags.scratch) as scratch:
        folder = Path(scratch)
        write_corpus(flags, folder)
        answers, checks = measure_readers(flags, folder)
        sizes = {name: count_bytes(folder / place_of(name)) for name in answers}
    names = flags.only.split(",")
    rows = [make_row(name, answers, checks, sizes, flags.samples) for name in names]
    source = flags.corpus or "synthesized clips"
    title = f"{flags.samples} samples of {source}, rationales a clip: {flags.rationales}"
    publish_table(title, rows, flags.json)
    wrong = {name: check["wrong"] for name, check in checks.items() if check["wrong"]}
    if wrong:
        raise SystemExit(f"not what was written: {wrong}")


def place_of(name: str) -> str:
    """The folder that a reader reads."""
    return RIVALS[name].source or name


def write_corpus(flags: Flags, folder: Path) -> None:
    """Write the truth, the tars of ours and those of the frozen layout.

    Args:
        flags: Of the command.
        folder: Where to.
    """
    originals = load_originals(flags.corpus, flags.shared, flags.work, flags.clips)
    told = tell_clips(originals, flags.rationales)
    write_truth(told, folder / "truth")
    write_our_folder(repeat_clips(told, flags.samples), folder / "ours", flags.per_tar)
    write_frozen_tars(repeat_clips(told, flags.samples), folder / "frozen", flags.per_tar)


def measure_readers(flags: Flags, folder: Path) -> tuple[Answers, dict[str, dict[str, Any]]]:
    """What each epoch of each reader took, and how its last one compares with the truth.

    Args:
        flags: Of the command.
        folder: What :func:`write_corpus` filled.
    """
    with contextlib.ExitStack() as stack:
        readers = []
        for name, python in choose_pythons(flags).items():
            place, log = folder / place_of(name), folder / f"{name}.log"
            reader = Reader(python, name, place, flags.samples, log)
            stack.callback(reader.close)
            reader.tell("convert", str(folder / "ours" / "tars"))
            readers.append(reader)
        versions = {reader.name: reader.tell("open") for reader in readers}
        answers: Answers = {reader.name: [] for reader in readers}
        for _ in range(WARM_UP + flags.rounds):
            for reader in readers:
                answers[reader.name].append(reader.tell("run_epoch"))
        checks = {reader.name: reader.tell("check", str(folder / "truth")) for reader in readers}
    return answers, {name: {**checks[name], **versions[name]} for name in checks}


def choose_pythons(flags: Flags) -> dict[str, str]:
    """The interpreter of each row that can be measured.

    Raises:
        UsageError: A row is unknown.
    """
    given = dict(each.split("=", 1) for each in flags.python)
    names = flags.only.split(",")
    unknown = sorted({*names, *given} - set(RIVALS))
    if unknown:
        raise UsageError(f"unknown readers {unknown}", expected=f"some of {', '.join(RIVALS)}")
    ours = {name: sys.executable for name in names if not RIVALS[name].package}
    return {name: {**ours, **given}[name] for name in names if name in {**ours, **given}}


def make_row(
    name: str,
    answers: Answers,
    checks: Mapping[str, Mapping[str, Any]],
    sizes: Mapping[str, int],
    samples: int,
) -> Row:
    """One row of the table.

    Args:
        name: Of the reader.
        answers: Of its epochs and of the others'.
        checks: How each compares with the truth.
        sizes: Bytes that each reads.
        samples: Of an epoch.
    """
    if name not in answers:
        blank = dict.fromkeys(("samples/s of a core", "samples/s", "times webdataset"), "")
        others = dict.fromkeys(("bytes a sample", "MB", "growth", "error", "wrong"), "")
        return {"reader": f"{name}: not installed", **blank, **others}
    epochs, check = answers[name][WARM_UP:], checks[name]
    title = name if name == "ours" else f"{name} {check['version']}"
    return {
        "reader": title,
        "samples/s of a core": f"{rate_of(epochs, 'core'):.0f}",
        "samples/s": f"{rate_of(epochs, 'wall'):.0f}",
        "times webdataset": compare_rates(answers, name),
        "bytes a sample": f"{sizes[name] / samples:.0f}",
        "MB": f"{answers[name][0]['peak']:.0f}",
        "growth": describe_growth(answers[name]),
        "error": f"{check['error']:.3f}",
        "wrong": describe_check(check, samples),
    }


def rate_of(epochs: list[dict[str, Any]], clock: str) -> float:
    """Samples a second: the median of epochs.

    Args:
        epochs: Answers of a reader.
        clock: ``core`` or ``wall``.
    """
    return float(median(epoch["samples"] / epoch[clock] for epoch in epochs))


def compare_rates(answers: Answers, name: str) -> str:
    """How many times as many samples a second of a core as the baseline: median, least and most.

    Args:
        answers: Of all readers, in the same turns.
        name: Of this one.
    """
    if BASELINE not in answers:
        return ""
    pairs = zip(answers[name][WARM_UP:], answers[BASELINE][WARM_UP:], strict=True)
    ratios = [
        mine["samples"] / mine["core"] / (other["samples"] / other["core"]) for mine, other in pairs
    ]
    return f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def describe_growth(epochs: list[dict[str, Any]]) -> str:
    """By how many megabytes the peak grew from the first epoch to the third, and to the last."""
    peaks = [epoch["peak"] for epoch in epochs]
    third = peaks[min(2, len(peaks) - 1)]
    return f"{third - peaks[0]:.0f}, {peaks[-1] - peaks[0]:.0f}"


def describe_check(check: Mapping[str, Any], samples: int) -> str:
    """Wrong samples; and clips of an epoch that were not given, or given again.

    Args:
        check: A reader's comparison with the truth.
        samples: How many clips there are.
    """
    absent, again = samples - check["clips"], check["samples"] - check["clips"]
    return f"{check['wrong']}" + (f", absent {absent}, again {again}" if absent or again else "")


def count_bytes(folder: Path) -> int:
    """Bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    main(tyro.cli(Flags, description=__doc__))
