"""The server's log: one line when a request arrives, and one when it ends.

The server is another process than its clients, so that the log survives whatever kills them. Each
line is written by one call, at once. Keys of the lines, all times in seconds:

- ``event``: ``arrive``, ``end``, or ``row`` (a row of a batch that was accepted)
- ``id``: number of the request, from 0; ``batch``: where it is a row
- ``time``: monotonic clock, which all processes of a machine share on Linux; ``wall``: Unix time
- ``method``, ``path``, ``sha256`` of the body, ``bytes`` of it
- ``tokens``: input, and the most of the answer; 0 where nothing had to be counted

and where it ends:

- ``status``: None where nothing was sent; ``fault``: its kind, or ``limits`` (our own limits),
  ``key`` (wrong), ``revoked``
- ``billed``: ``yes``, ``no``, ``maybe``; ``whole``: whether the whole response was sent
- ``stated``: time at which the headers were sent, with ``limit_requests``, ``limit_tokens`` and
  ``retry_after``
- ``bytes``: of the body that was sent
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CHAT = "/v1/chat/completions"
"""Path of the requests that are limited and judged."""

Event = dict[str, Any]


class Journal:
    """Appends lines to a file, or keeps them in memory where there is none.

    Args:
        path: Made if it is not there; lines of an earlier server stay.
    """

    def __init__(self, path: Path | str | None = None) -> None:
        self.events: list[Event] = []
        self._file = None if path is None else Path(path).open("ab", buffering=0)  # noqa: SIM115

    def write(self, event: str, **said: Any) -> Event:
        """The line that was added, with both clocks.

        Args:
            event: ``arrive``, ``end`` or ``row``.
            **said: See above.
        """
        line = {"event": event, "time": time.monotonic(), "wall": time.time(), **said}
        if self._file is None:
            self.events.append(line)
        else:
            self._file.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")
        return line

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()


def read_journal(path: Path | str) -> list[Event]:
    """All whole lines of a log; the server may still be writing."""
    lines = Path(path).read_bytes().split(b"\n")
    return [json.loads(line) for line in lines[:-1] if line]


def hash_body(body: Mapping[str, Any]) -> str:
    """SHA-256, in hex, of a body as the ``openai`` SDK puts it into bytes.

    By it a request that is known as plain data is found in the log.

    Example:
        >>> hash_body({"model": "tiny"})[:8]
        '6357ff6e'
    """
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
