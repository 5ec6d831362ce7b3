"""What workers warn of, said by the driver: once a kind of warning, with its count.

Ray would pass on every line of every worker, or none. So a task collects its warnings and returns
them beside its result, and the driver logs them when the last task is back: after the progress bar,
in an order that does not depend on which task was quicker.
"""

from __future__ import annotations

import logging
import textwrap
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TextIO, TypeVar

import ray

log = logging.getLogger(__name__)

Result = TypeVar("Result")
Warned = dict[str, tuple[str, int]]
"""Warnings of one unit: by the line of code that gave them, the first text and how many."""

LONGEST = 500
"""Characters of a text that are shown; a warning may quote a whole file."""


class WarningCollector(logging.Handler):
    """Counts log records from WARNING up, and Python warnings, in :attr:`warned`.

    Two warnings are of one kind where the same line of code gives them: their texts may name
    another clip each, and ten thousand damaged clips must not be ten thousand lines.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.warned: Warned = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Count a log record; Ray's own stay in Ray's logs."""
        if record.name.split(".")[0] == "ray":
            return
        try:
            text = record.getMessage()
        except Exception:  # a log call whose arguments do not fit its text ends no job
            text = str(record.msg)
        self.count(f"{record.pathname}:{record.lineno}", text)

    def count(self, kind: str, text: str, times: int = 1) -> None:
        """Add warnings of one kind.

        Args:
            kind: What the warnings have in common.
            text: Shown, if it is the first of its kind.
            times: How many.
        """
        first, before = self.warned.get(kind, (text, 0))
        self.warned[kind] = (first, before + times)

    def show(  # noqa: PLR0917 - the signature of warnings.showwarning
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,  # noqa: ARG002
        line: str | None = None,  # noqa: ARG002
    ) -> None:
        """Count a Python warning; takes the place of ``warnings.showwarning``.

        Args:
            message: What was warned of.
            category: Its class.
            filename: Where.
            lineno: Which line.
            file: Not used: the driver prints.
            line: Not used either.
        """
        text = f"{category.__name__}: {message}"
        # As a record: `handle` holds the lock, and a stream reads and warns in threads.
        self.handle(logging.LogRecord("", logging.WARNING, filename, lineno, text, None, None))


@contextmanager
def collect_warnings() -> Iterator[WarningCollector]:
    """A collector of all that is warned of inside the block, in any thread."""
    collector = WarningCollector()
    root = logging.getLogger()
    with warnings.catch_warnings():
        # Behind the filters that are set: what they ignore stays ignored, the rest is counted.
        warnings.simplefilter("always", append=True)
        warnings.showwarning = collector.show
        root.addHandler(collector)
        try:
            yield collector
        finally:
            root.removeHandler(collector)


def run_collecting(work: Callable[..., Result], *given: Any) -> tuple[Result, Warned]:
    """The result of ``work`` and what it warned of; to be called in a Ray task.

    A task that Ray runs again, since the worker died, warns of that too.

    Args:
        work: Called once.
        given: Its arguments.
    """
    with collect_warnings() as collector:
        # Ray has no public name for this; the attempt is 0 unless a worker or its machine died.
        core = ray._private.worker.global_worker.core_worker
        if died := core.get_current_task_attempt_number():
            collector.count("died", "run again, since its worker died", died)
        result = work(*given)
    return result, collector.warned


class WarningTally:
    """Adds up the warnings of many units.

    Args:
        title: What ran, such as the name of the stage.
        unit: What shares the work: a unit of a stage, a worker of a training run.
    """

    def __init__(self, title: str, unit: str = "unit") -> None:
        self.title, self.unit = title, unit
        self._by_kind: dict[str, dict[int, tuple[str, int]]] = defaultdict(dict)

    def add(self, index: int, warned: Mapping[str, tuple[str, int]]) -> None:
        """Add what one unit warned of.

        Args:
            index: Of the unit.
            warned: As :func:`run_collecting` returns it.
        """
        for kind, (text, times) in warned.items():
            self._by_kind[kind][index] = (text, times)

    def to_json(self) -> list[dict[str, Any]]:
        """``{message, times, units, first}`` a kind, by first unit and message.

        ``message`` is the first text of the unit ``first``, ``times`` the count over all ``units``.
        """
        rows = []
        for by_unit in self._by_kind.values():
            first = min(by_unit)
            times = sum(times for _, times in by_unit.values())
            message = textwrap.shorten(by_unit[first][0], LONGEST, placeholder=" ...")
            rows.append({"message": message, "times": times, "units": len(by_unit), "first": first})
        return sorted(rows, key=lambda row: (row["first"], row["message"]))

    def log(self) -> None:
        """Log each kind once, such as ``... (12 times, in 7 units, first in unit 3)``."""
        for row in self.to_json():
            times = "once" if row["times"] == 1 else f"{row['times']} times"
            where = f"in {self.unit} {row['first']}"
            if row["units"] > 1:
                where = f"in {row['units']} {self.unit}s, first {where}"
            log.warning("%s: %s (%s, %s)", self.title, row["message"], times, where)
