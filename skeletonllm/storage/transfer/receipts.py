"""What a store has confirmed of a transfer, kept on the store, so that the next try goes on.

A plain object beside the target. It is written after each 32 MiB or two seconds of sending, so a
kill costs that much. What it says of an object counts only while the object has the same stamp.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from typing import Any, NamedTuple

from skeletonllm.errors import UsageError
from skeletonllm.storage.files import exists, filesystem, read_json, write_bytes

_log = logging.getLogger(__name__)

SCHEMA, VERSION = "skeletonllm.transfer", "1.0.0"
EVERY_BYTES, EVERY_S = 32 << 20, 2.0


class Receipt(NamedTuple):
    """An object that stands: the hash of its bytes, how many, and the store's stamp for them."""

    sha256: str
    bytes: int
    stamp: str


class Receipts:
    """Those of one target; open them with :meth:`open`. Threads may share them.

    Args:
        url: Of the object that holds them.
        found: Path below the target -> receipt.
        there: Whether the object exists.
    """

    def __init__(self, url: str, found: dict[str, Receipt], *, there: bool) -> None:
        self.url, self.there = url, there
        self._found = found
        self._lock = threading.Lock()
        self._unsaved, self._saved_at = 0, time.monotonic()

    @classmethod
    def open(cls, url: str) -> Receipts:
        """What an earlier try left, if it left something.

        A damaged object, or one of another version, only costs sending again, so it is said in the
        log and passed over.

        Args:
            url: Beside the target and not in it, so that no reader meets it.
        """
        if not exists(url):
            return cls(url, {}, there=False)
        try:
            return cls(url, _read(read_json(url)), there=True)
        except (UsageError, TypeError, ValueError, LookupError, AttributeError) as error:
            _log.warning("%s: cannot be used (%s); all files are sent again", url, error)
            return cls(url, {}, there=True)

    def find(self, path: str) -> Receipt | None:
        """Of a path below the target."""
        return self._found.get(path)

    def add(self, path: str, receipt: Receipt) -> None:
        """Note what stands now; it is saved soon.

        Args:
            path: Below the target.
            receipt: What stands there.
        """
        with self._lock:
            self._found[path] = receipt
            self._unsaved += receipt.bytes
            due = self._unsaved >= EVERY_BYTES or time.monotonic() - self._saved_at >= EVERY_S
            if due:
                self._save()

    def save(self) -> None:
        """Write them now.

        Raises:
            StorageError: The store takes nothing.
        """
        with self._lock:
            self._save()

    def remove(self) -> None:
        """Delete the object: the transfer is complete."""
        fs, path = filesystem(self.url)
        if fs.exists(path):
            fs.rm_file(path)
        self.there = False

    def _save(self) -> None:
        files = {path: list(receipt) for path, receipt in sorted(self._found.items())}
        data = {"schema": SCHEMA, "schema_version": VERSION, "files": files}
        write_bytes(self.url, json.dumps(data, separators=(",", ":")).encode())
        self.there, self._unsaved, self._saved_at = True, 0, time.monotonic()


def _read(data: Any) -> dict[str, Receipt]:
    stated = (data["schema"], data["schema_version"].partition(".")[0])
    if stated != (SCHEMA, VERSION.partition(".")[0]):
        raise ValueError(f"{stated[0]} {data['schema_version']}")
    return {
        str(path): Receipt(str(sha256), int(size), str(stamp))
        for path, (sha256, size, stamp) in data["files"].items()
    }
