"""What `identify` prints: the readers' guesses, and what helps where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.common import console

if TYPE_CHECKING:
    from rich.table import Table

    from skeletonllm.corpora.identify import Guess


FEW = 6
"""Readers that read nothing are all shown if they are no more than these."""


def show_guesses(path: str, guesses: list[Guess], every: bool = False) -> None:
    """Print a table of the guesses, and the verdict.

    Args:
        path: What was looked at.
        guesses: Of all readers, the best first.
        every: Show those too that read nothing, and do not come near.
    """
    near = [guess for guess in guesses if guess.read or guess.nearness]
    shown = guesses if every or len(guesses) <= FEW else near
    if shown:
        console.print(_table(shown))
    if len(shown) < len(guesses):
        others = f"{len(guesses) - len(shown)} other readers read nothing of it"
        console.print(f"{others}; --every says why", markup=False)
    console.print("\n".join(_verdict(path, guesses)), markup=False)


def _table(guesses: list[Guess]) -> Table:
    from rich.table import Table

    table = Table("corpus", "score", "files", "certain", "why, or why not", title_justify="left")
    for guess in guesses:
        sure = "yes" if guess.certain else "no"
        reasons = "; ".join(guess.reasons)
        table.add_row(guess.corpus, f"{guess.score:.2f}", str(guess.listed), sure, reasons)
    return table


def _verdict(path: str, guesses: list[Guess]) -> list[str]:
    from skeletonllm.corpora import reader_names
    from skeletonllm.corpora.identify.description import describe_path
    from skeletonllm.corpora.identify.guess import find_nearest

    if not guesses:
        known = ", ".join(reader_names())
        return [f"{path}: no file of a format we read ({known})", describe_path(path)]
    if guesses[0].certain:
        return [f"{path}: read it with --corpus {guesses[0].corpus}"]
    if near := [guess.corpus for guess in guesses if guess.read]:
        return [f"{path}: no reader is certain; likely {', '.join(near[:3])}"]
    nearest = find_nearest(guesses)
    came = [f"Nearest came {nearest.corpus}: {nearest.reasons[-1]}"] if nearest else []
    return [f"{path}: no reader could read a file of it", describe_path(path), *came]
