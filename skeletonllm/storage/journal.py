"""A durable log of events, as immutable numbered segments; object stores cannot append to a file.

Commits are grouped: while one segment is being written, later events collect for the next. When
there are many segments, the state that they amount to is written as one (*folded*), and only then
are they deleted: a kill between the two leaves segments before a fold, which nobody reads.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from skeletonllm.errors import StateError
from skeletonllm.storage.files import filesystem, join, list_files, read_bytes, write_bytes
from skeletonllm.storage.versions import check_json

log = logging.getLogger(__name__)

Event = dict[str, Any]

MOST_SEGMENTS = 500
"""More are folded: each is a file to be read at opening."""
GAP_S = 0.02
"""Between the starts of two writes. It costs one event so much delay, and many events a second
share one file instead of having a file each."""
LAG_S = 0.5
"""What nobody waits for is durable so much later at most."""
FOLDED = "folded"
_END = ".jsonl"


class Journal:
    """A log that one process writes. Open it with :meth:`open`.

    All methods but :meth:`open` belong to the thread of the event loop.

    Args:
        folder: Of the segments.
        head: First line of each segment: layout and version.
        fold: The state that all events so far amount to, as plain data.
        number: Of the next segment.
        first: Number of the oldest one.
    """

    def __init__(
        self, folder: str, head: Event, fold: Callable[[], Any], number: int = 0, first: int = 0
    ) -> None:
        self._folder, self._head, self._fold = folder, head, fold
        self._number, self._first = number, first
        self._pending: list[Event] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._writer: asyncio.Task[None] | None = None
        self._remover: asyncio.Task[None] | None = None
        self._timer: tuple[asyncio.AbstractEventLoop, asyncio.TimerHandle] | None = None
        self._is_due = False
        self._write_at = 0.0

    @classmethod
    def open(
        cls, folder: str, layout: str, version: str, fold: Callable[[], Any]
    ) -> tuple[Journal, list[Event]]:
        """The journal of a folder, and its events; the first may be ``{"folded": state}``.

        Args:
            folder: Of the segments; a missing one is an empty journal.
            layout: What the events are of, for example ``ledger``.
            version: Of their layout.
            fold: The state that all events so far amount to, as plain data.

        Raises:
            StateError: A segment is damaged or missing: what it said cannot be guessed.
            SchemaError: It is of another major version.
        """
        numbers = sorted(int(n.removesuffix(_END)) for n in list_files(folder) if n.endswith(_END))
        read: list[list[Event]] = []
        for place, number in enumerate(reversed(numbers)):
            if number != numbers[-1] - place:
                _refuse(folder, number + 1, "a segment is missing")
            read.append(_read_segment(folder, number, layout, version))
            if FOLDED in read[-1][0]:
                break
        else:
            if numbers and numbers[0] != 0:
                _refuse(folder, 0, "a segment is missing")
        head = {"schema": layout, "schema_version": version}
        following = numbers[-1] + 1 if numbers else 0
        events = [event for segment in reversed(read) for event in segment]
        return cls(folder, head, fold, following, numbers[0] if numbers else 0), events

    def append(self, event: Event) -> None:
        """Add an event; it is durable with the next commit, which comes soon by itself.

        Args:
            event: Plain data.
        """
        self._pending.append(event)
        with suppress(RuntimeError):  # no loop runs: close() will write it
            self._start_timer(asyncio.get_running_loop())

    async def commit(self) -> None:
        """Return when all that was appended so far is durable.

        Raises:
            OSError: It could not be written; it will be tried again with the next commit.
        """
        done = asyncio.get_running_loop().create_future()
        self._waiting.append(done)
        self._start_writer()
        await done

    async def close(self) -> None:
        """Make durable what is not, and stop writing."""
        if self._pending:
            await self.commit()
        loop = asyncio.get_running_loop()
        for name in ("_writer", "_remover"):  # in this order: the writer may start a remover
            task: asyncio.Task[None] | None = getattr(self, name)
            if task is not None and not task.done() and task.get_loop() is loop:
                await task
        if self._timer is not None:
            self._timer[1].cancel()
            self._timer = None

    def _start_timer(self, loop: asyncio.AbstractEventLoop) -> None:
        # A timer of an earlier loop never rings.
        if self._timer is None or self._timer[0] is not loop:
            self._timer = loop, loop.call_later(LAG_S, self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self._pending:
            self._is_due = True
            self._start_writer()

    def _start_writer(self) -> None:
        loop, writer = asyncio.get_running_loop(), self._writer
        if writer is None or writer.done() or writer.get_loop() is not loop:
            self._writer = loop.create_task(self._write_on())

    async def _write_on(self) -> None:
        while self._waiting or self._is_due:
            # At least one turn of the loop: whoever is ready to append joins this segment.
            await asyncio.sleep(max(0.0, self._write_at - time.monotonic()))
            await self._write_once()
        if self._pending:
            self._start_timer(asyncio.get_running_loop())

    async def _write_once(self) -> None:
        events, waiting = self._pending, self._waiting
        self._pending, self._waiting, self._is_due = [], [], False
        self._write_at = time.monotonic() + GAP_S
        is_fold = self._number - self._first >= MOST_SEGMENTS and bool(events)
        try:
            if events:
                # A fold holds the pending events: who appends has changed the state before.
                lines = [{FOLDED: self._fold()}] if is_fold else events
                await asyncio.to_thread(self._write_segment, lines)
        except BaseException as error:
            # The segment may be there all the same: the next write replaces it by one that holds
            # these events too.
            self._pending = events + self._pending
            _tell(waiting, error)
            if not isinstance(error, Exception):
                raise
            log.error("%s: a segment could not be written: %s", self._folder, error)
            return
        self._number += bool(events)
        _tell(waiting, None)
        if is_fold:  # removed beside the next writes: nobody reads what is before a fold
            old, self._first = range(self._first, self._number - 1), self._number - 1
            self._remover = asyncio.create_task(asyncio.to_thread(self._remove, old))

    def _write_segment(self, lines: list[Event]) -> None:
        text = "".join(
            json.dumps(line, separators=(",", ":")) + "\n" for line in (self._head, *lines)
        )
        write_bytes(_segment(self._folder, self._number), text.encode())

    def _remove(self, numbers: range) -> None:
        fs, _ = filesystem(self._folder)
        try:
            for number in numbers:  # the oldest first, so that none is missing between two others
                with suppress(FileNotFoundError):
                    fs.rm_file(filesystem(_segment(self._folder, number))[1])
        except Exception as error:
            log.warning("%s: folded segments could not be removed: %s", self._folder, error)


def _tell(waiting: list[asyncio.Future[None]], error: BaseException | None) -> None:
    for done in waiting:
        if done.done():
            continue  # who waited was cancelled
        if error is None:
            done.set_result(None)
        elif isinstance(error, Exception):
            done.set_exception(error)
        else:
            done.cancel()


def _segment(folder: str, number: int) -> str:
    return join(folder, f"{number:08d}{_END}")


def _read_segment(folder: str, number: int, layout: str, version: str) -> list[Event]:
    url = _segment(folder, number)
    try:
        head, *events = [json.loads(line) for line in read_bytes(url).decode().splitlines()]
        assert events
        assert all(isinstance(event, dict) for event in (head, *events))
    except (ValueError, AssertionError):
        _refuse(folder, number, "a damaged segment")
    check_json(layout, head, version, url)
    return events


def _refuse(folder: str, number: int, found: str) -> None:
    raise StateError(
        found,
        where=_segment(folder, number),
        hint="What it said cannot be guessed: put it back from a copy, or begin another output.",
    )
