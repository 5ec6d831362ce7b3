"""What does this folder or file hold, with what certainty, and why?"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import tyro

from jobs.common import USAGE_EXIT, console, run_job
from skeletonllm.defaults import TRIED

if TYPE_CHECKING:
    from rich.table import Table

    from skeletonllm.corpora.identify import Guess


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this command."""

    path: Annotated[str, tyro.conf.Positional]
    """A raw file, or a folder of raw files."""
    tried: int = TRIED
    """Files that each reader reads."""


def main(flags: Flags) -> int:
    """Try every reader on a few files, rank them with reasons; exit code 2 if none is certain."""
    from skeletonllm.corpora import reader_names
    from skeletonllm.corpora.identify import identify_corpus

    guesses = identify_corpus(flags.path, flags.tried)
    if not guesses:
        known = ", ".join(reader_names())
        console.print(f"{flags.path}: no file of a format we read ({known})", markup=False)
        return USAGE_EXIT
    console.print(_table(guesses))
    console.print(_verdict(flags.path, guesses), markup=False)
    return 0 if guesses[0].certain else USAGE_EXIT


def _table(guesses: list[Guess]) -> Table:
    from rich.table import Table

    table = Table("corpus", "score", "files", "certain", "why, or why not", title_justify="left")
    for guess in guesses:
        sure = "yes" if guess.certain else "no"
        reasons = "; ".join(guess.reasons).replace("[", r"\[")
        table.add_row(guess.corpus, f"{guess.score:.2f}", str(guess.listed), sure, reasons)
    return table


def _verdict(path: str, guesses: list[Guess]) -> str:
    best = guesses[0]
    if best.certain:
        return f"{path}: read it with --corpus {best.corpus}"
    near = [guess.corpus for guess in guesses if guess.read]
    if not near:
        return f"{path}: no reader could read a file of it"
    return f"{path}: no reader is certain; likely {', '.join(near[:3])}"


if __name__ == "__main__":
    sys.exit(run_job(main, Flags))
