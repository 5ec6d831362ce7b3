"""What every job shares: flags in, exit code out, and a Ray to run on."""

from __future__ import annotations

import gc
import io
import logging
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import tyro

from jobs.arguments import merge_repeated, resolve_hints
from jobs.local_ray import start_local_ray
from skeletonllm.errors import SkeletonLLMError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

USAGE_EXIT = 2
"""Exit code for a wrong request, and for more rejects than were allowed."""

Flags = TypeVar("Flags")


@cache
def _console() -> Console:
    from rich.console import Console

    # What is shown is data: an id with brackets or colons is no markup, and no emoji.
    made = Console(soft_wrap=True, markup=False, emoji=False)
    if not made.is_terminal:
        made.width = 140  # logs and pipes are not 80 columns wide
    return made


class _LazyConsole:
    """The console of all jobs; rich is imported when something is drawn, or shown on a terminal."""

    def print(self, *objects: Any, **how: Any) -> None:
        """As rich's, and plainly where that is all it would do: text for a pipe or a file."""
        plain = how == {"markup": False} and all(isinstance(x, str) for x in objects)
        if plain and not sys.stdout.isatty():
            print(*objects)
        else:
            _console().print(*objects, **how)

    def __getattr__(self, name: str) -> Any:
        return getattr(_console(), name)


console = _LazyConsole()


def run_job(
    main: Callable[[Flags], int],
    flags: type[Flags],
    argv: Sequence[str] | None = None,
    prog: str | None = None,
) -> int:
    """Parse flags, run the job, and turn our errors into one sentence and exit code 2.

    Args:
        main: The job: from parsed flags to an exit code.
        flags: Dataclass of its flags.
        argv: What was typed behind the verb; None takes ``sys.argv``.
        prog: Name of the command in its help.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    resolve_hints(flags)
    given = merge_repeated(flags, sys.argv[1:] if argv is None else argv)
    parsed = tyro.cli(flags, args=given, prog=prog, description=main.__doc__ or flags.__doc__)
    if isinstance(sys.stdout, io.TextIOWrapper):  # an id may hold what a screen cannot take
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        _refuse_empty(parsed)
        _refuse_negative(getattr(parsed, "workers", 0))
        return main(parsed)
    except Exception as error:
        cause = getattr(error, "cause", error)  # what a Ray task failed with
        if not isinstance(cause, SkeletonLLMError):
            raise
        print(f"error: {cause}", file=sys.stderr)
        return USAGE_EXIT


def _refuse_empty(parsed: object) -> None:
    """An empty path, as an unset variable of a shell leaves it, would be the root of the disk."""
    for field in fields(parsed) if is_dataclass(parsed) else ():
        given = getattr(parsed, field.name)
        if given == "" != field.default or (isinstance(given, tuple) and "" in given):
            hint = "Leave it out, or name something; is a variable of the shell not set?"
            raise UsageError(f"{field.name.replace('_', '-')} is empty", hint=hint)


def _refuse_negative(workers: int) -> None:
    if workers < 0:
        raise UsageError(f"--workers {workers}", expected="how many, or 0 for all CPUs")


@contextmanager
def quick_imports() -> Iterator[None]:
    """No garbage collection while large packages are imported.

    They make no garbage, and the search for it takes an eighth of the time that torch needs.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def cluster(workers: int = 0) -> Iterator[None]:
    """A Ray to run on: the one already connected, the one at RAY_ADDRESS, or a local one.

    Args:
        workers: CPUs of a local Ray; 0 takes all of this machine.
    """
    import ray

    if ray.is_initialized():
        yield
        return
    if address := os.environ.get("RAY_ADDRESS"):
        # What workers warn of comes with their results, once and counted.
        ray.init(address=address, logging_level=logging.ERROR, log_to_driver=False)
    else:
        start_local_ray(workers)
    try:
        yield
    finally:
        ray.shutdown()


FRACTION_APPLIES_FROM = 20
"""Of fewer files a fraction says little: one bad file is no failure."""


def judge_rejects(refused: int, total: int, most: float) -> int:
    """The exit code of a job that rejected so many of so many: 2, and a sentence, if too many.

    Args:
        refused: How many were rejected.
        total: Of how many.
        most: Largest share that is allowed; all is never allowed.
    """
    many = total >= FRACTION_APPLIES_FROM and refused > most * total
    if not many and not refused == total > 0:
        return 0
    console.print(f"{refused} of {total} were rejected: more than allowed")
    return USAGE_EXIT


def show_rejects(output: str) -> None:
    """Print how many rows of rejects a folder holds by code; nothing if there are none."""
    from skeletonllm.storage import join, list_files, read_table

    names = [n for n in list_files(output) if n.startswith("rejects") and n.endswith(".parquet")]
    if not names:  # a raw file, say: pyarrow stays out
        return
    from schemas import REJECT

    codes: Counter[str] = Counter()
    for name in names:
        table = read_table(join(output, name), ["code"], REJECT)
        codes.update(table.column("code").to_pylist())
    if codes:
        show("rejects by code", dict(sorted(codes.items())))


def show(title: str, rows: dict[str, Any], *footers: str) -> None:
    """Print a small two-column table.

    Args:
        title: Title of the table.
        rows: Name -> value.
        footers: Lines below the table; an empty one is left out.
    """
    from rich.table import Table

    table = Table(title=title, title_justify="left", show_header=False)
    for name, value in rows.items():
        table.add_row(name, f"{value:,}" if isinstance(value, int) else str(value))
    console.print(table)
    for line in filter(None, footers):
        console.print(line, markup=False)
