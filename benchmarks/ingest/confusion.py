"""What `identify` says of files whose format is known: the confusion table.

    python -m benchmarks.ingest.confusion --data ../shared/data --cases ../shared/cases

Every folder of samples, every folder or file in one, every complete corpus, and every reported
case is identified. Exits with 1 if anything is called certain that it is not. Inputs that none but
their owner can name (a bare array, a table without a layout) have no truth: there any reader may
come first, but none may be certain.
"""

from __future__ import annotations

import sys
import tarfile
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro

from benchmarks.ingest.identities import EACH, truth_of
from benchmarks.table import publish_table
from skeletonllm.corpora.identify import Guess, identify_corpus


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this benchmark."""

    data: Path | None = None
    """Folder of ``samples`` and ``corpora``."""
    cases: Path | None = None
    """Folder of reported cases."""
    tried: int = 5
    """Files that each reader reads of an input."""
    json: str | None = None
    """File for the table."""


@dataclass(frozen=True)
class Identified:
    """What was said of one input: its name, the readers that are right, and the guesses."""

    name: str
    truth: tuple[str, ...]
    guesses: list[Guess]

    @property
    def kind(self) -> str:
        """The column of the table in which this input counts."""
        best = next((guess for guess in self.guesses if guess.read), None)
        if best is None:
            return "nothing read"
        if not self.truth:
            return "WRONG AND CERTAIN" if best.certain else "of nobody, and uncertain"
        right = best.corpus in self.truth
        if best.certain:
            return "certain and right" if right else "WRONG AND CERTAIN"
        return "first, uncertain" if right else "another first"


COLUMNS = (
    "certain and right",
    "first, uncertain",
    "another first",
    "of nobody, and uncertain",
    "nothing read",
    "WRONG AND CERTAIN",
)


def list_inputs(flags: Flags, unpacked: Path) -> Iterator[tuple[str, Path]]:
    """Names and paths of all inputs.

    Args:
        flags: Where they lie.
        unpacked: An empty folder for complete corpora.
    """
    if flags.data is not None:
        for folder in sorted((flags.data / "samples").iterdir()):
            yield f"samples/{folder.name}", folder
            for inside in sorted(folder.iterdir())[:EACH]:
                yield f"samples/{folder.name}/{inside.name}", inside
        for packed in sorted((flags.data / "corpora").glob("*.tar.xz")):
            name = packed.name.partition(".")[0]
            with tarfile.open(packed) as tar:
                tar.extractall(unpacked / name, filter="data")
            yield f"corpora/{name}", unpacked / name
    if flags.cases is not None:
        for group in sorted(path for path in flags.cases.iterdir() if path.is_dir()):
            yield from ((f"cases/{group.name}/{p.name}", p) for p in sorted(group.iterdir()))


def make_rows(identified: list[Identified]) -> list[dict[str, Any]]:
    """One row a format, and one of all."""
    by_truth: defaultdict[str, list[Identified]] = defaultdict(list)
    for each in identified:
        by_truth[each.truth[0] if each.truth else "(of nobody)"].append(each)
        by_truth["all"].append(each)
    return [
        {"format": name, "inputs": len(some)}
        | {column: sum(each.kind == column for each in some) for column in COLUMNS}
        for name, some in sorted(by_truth.items(), key=lambda item: (item[0] == "all", item[0]))
    ]


def main(flags: Flags) -> int:
    """Print the table, and every input whose own reader does not come first."""
    with tempfile.TemporaryDirectory() as folder:
        identified = [
            Identified(name, truth_of(name), identify_corpus(str(path), flags.tried))
            for name, path in list_inputs(flags, Path(folder))
        ]
    publish_table("identify", make_rows(identified), flags.json)
    for each in identified:
        if each.kind in ("another first", "nothing read", "WRONG AND CERTAIN"):
            said = [f"{g.corpus} {g.score:.2f}" for g in each.guesses if g.read][:3]
            print(f"{each.name}: {each.kind}; {', '.join(said) or 'no reader'} (is {each.truth})")
    return int(any(each.kind == COLUMNS[-1] for each in identified))


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Flags)))
