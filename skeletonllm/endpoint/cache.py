"""Answers that were paid for: one immutable object each, found again by the hash of the request."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from skeletonllm.endpoint.answer import Answer
from skeletonllm.errors import SchemaError, UsageError
from skeletonllm.storage import (
    check_json,
    exists,
    join,
    list_files,
    read_bytes,
    read_table,
    write_bytes,
)
from skeletonllm.storage.files import filesystem, remove_folder
from skeletonllm.storage.plan import StatedFile, stated_parts

if TYPE_CHECKING:
    import pyarrow as pa

    from skeletonllm.endpoint.ledger import Reservation

log = logging.getLogger(__name__)

SCHEMA, VERSION = "cached_answer", "1.0.0"
STAGE = "ask_teacher"
"""The stage whose finished folders may be reused."""
_FIELDS = list(Answer.__dataclass_fields__)
_OPEN_PARTS = 4
"""Parts kept in memory: requests come in the order in which earlier ones came."""


class AnswerCache:
    """Answers by the key of their request, in files and never all in memory.

    An answer is in it before it is used, and is never replaced. One process writes; its threads may
    write together.

    Args:
        folder: Of the objects, ``<2 hex>/<sha256>.json`` each.
        reuse: Finished folders of answers, looked into where the cache has nothing.

    Raises:
        UsageError: A folder to reuse is no finished folder of answers.
    """

    def __init__(self, folder: str, reuse: Sequence[str] = ()) -> None:
        self._folder = folder
        self._keys = {
            name.rsplit("/", 1)[-1].removesuffix(".json")
            for name in list_files(folder)
            if name.endswith(".json")
        }
        self._locks = [threading.Lock() for _ in range(256)]
        self._earlier = _Earlier(reuse)

    def get(self, key: str) -> Answer | None:
        """The answer to a request, or None if there is none.

        Args:
            key: Of the request.

        Raises:
            SchemaError: It was written in another major version.
        """
        kept = self._read(key)
        return self._earlier.get(key) if kept is None else kept[0]

    def find_price(self, reservation: Reservation) -> float | None:
        """What the answer cost that a reservation has paid; None where it has paid none here.

        Args:
            reservation: Of money.
        """
        kept = self._read(reservation.key)
        return kept[0].usd if kept is not None and kept[1] == reservation.id else None

    def put(self, answer: Answer, reservation_id: int) -> None:
        """Keep an answer durably. One that is there already stays.

        Args:
            answer: What the endpoint said.
            reservation_id: Of the money that paid it.
        """
        assert answer.outcome != "unanswered", "nothing was said: it must be asked again"
        key, url = answer.request_sha256, self._url(answer.request_sha256)
        with self._locks[int(key[:2], 16)]:
            if key not in self._keys and not exists(url):
                write_bytes(url, _encode(answer, reservation_id))
            self._keys.add(key)

    def remove_loose(self) -> None:
        """Delete all objects; their answers must be in finished parts by now."""
        for prefix in sorted({key[:2] for key in self._keys}):
            remove_folder(join(self._folder, prefix))
        self._keys.clear()

    def _url(self, key: str) -> str:
        return join(self._folder, key[:2], f"{key}.json")

    def _read(self, key: str) -> tuple[Answer, int] | None:
        if key not in self._keys:
            return None
        url = self._url(key)
        try:
            return _decode(read_bytes(url), key, url)
        except SchemaError:
            raise  # whole, but of another version: no reason to pay again
        except UsageError:
            log.warning("%s: an answer has vanished and is asked for again", url)
        except (ValueError, KeyError, TypeError) as error:
            # Removed, so that the answer which is now asked for can take its place.
            log.warning("%s: a damaged answer is removed and asked for again: %r", url, error)
        self._keys.discard(key)
        fs, path = filesystem(url)
        with suppress(FileNotFoundError):
            fs.rm_file(path)
        return None


class _Earlier:
    """Answers of finished folders: where each lies, and the parts that were read last."""

    def __init__(self, folders: Sequence[str]) -> None:
        self._parts = stated_parts(folders, STAGE)
        self._places: dict[str, tuple[StatedFile, int]] | None = None
        self._read: OrderedDict[StatedFile, pa.Table] = OrderedDict()

    def get(self, key: str) -> Answer | None:
        if not self._parts:
            return None
        if self._places is None:
            self._places = self._find_all()
        if (place := self._places.get(key)) is None:
            return None
        part, row = place
        return Answer.from_json(self._table(part).slice(row, 1).to_pylist()[0])

    def _find_all(self) -> dict[str, tuple[StatedFile, int]]:
        """Place of each answer; the first stays where several folders have one."""
        places: dict[str, tuple[StatedFile, int]] = {}
        for part in self._parts:
            table = _load(part, ["request_sha256", "outcome"])
            for row, (key, outcome) in enumerate(zip(*table.to_pydict().values(), strict=True)):
                if outcome != "unanswered":
                    places.setdefault(key, (part, row))
        return places

    def _table(self, part: StatedFile) -> pa.Table:
        if part not in self._read:
            self._read[part] = _load(part, _FIELDS)
        self._read.move_to_end(part)
        while len(self._read) > _OPEN_PARTS:
            self._read.popitem(last=False)
        return self._read[part]


def _load(part: StatedFile, columns: list[str]) -> pa.Table:
    from schemas.answer import ANSWER  # noqa: PLC0415 - pandera; only who reuses waits for it

    return read_table(part, columns, schema=ANSWER)


def _encode(answer: Answer, reservation_id: int) -> bytes:
    said = answer.to_json()
    head = {"schema": SCHEMA, "schema_version": VERSION, "sha256": _hash(said)}
    text = json.dumps({**head, "answer": said, "reservation": reservation_id})
    return (text + "\n").encode()


def _decode(data: bytes, key: str, url: str) -> tuple[Answer, int]:
    stated: Any = json.loads(data)
    if not isinstance(stated, dict):
        raise ValueError("no JSON object")
    check_json("a cached answer", stated, VERSION, url)
    if _hash(stated["answer"]) != stated["sha256"]:
        raise ValueError("its hash is another")
    answer = Answer.from_json(stated["answer"])
    if answer.request_sha256 != key:
        raise ValueError("an answer to another request")
    return answer, int(stated["reservation"])


def _hash(said: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
