"""Which batches are under way: one file each, written before the batch can cost anything."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from skeletonllm.errors import UsageError
from skeletonllm.storage import check_json, join, list_files, read_json, write_json
from skeletonllm.storage.files import filesystem
from skeletonllm.storage.versions import check_object

SCHEMA, VERSION = "batch", "1.0.0"


@dataclass(frozen=True)
class BatchRecord:
    """A batch that is planned or sent, and whose answers are not all in the cache yet.

    Args:
        token: Our own name of it. The endpoint keeps it as metadata, so that a batch is found again
            where a kill came before its id was written down.
        model: That is asked.
        rows: Key of each request, and its input tokens by the formula.
        batch_id: The endpoint's name of it; None until it is known.
        file_id: Of the requests, likewise.
    """

    token: str
    model: str
    rows: dict[str, int]
    batch_id: str | None = None
    file_id: str | None = None


def place_records(folder: str) -> str:
    """Where the records of an asker's folder lie."""
    return join(folder, "batches")


def read_records(folder: str) -> list[BatchRecord]:
    """All batches under way of a folder.

    Args:
        folder: Of the records; a missing one has none.

    Raises:
        SchemaError: One is of another major version.
        UsageError: One is damaged.
    """
    names = [name for name in list_files(folder) if name.endswith(".json")]
    return [_read(join(folder, name)) for name in sorted(names)]


def refuse_batches(folder: str) -> None:
    """Refuse to ask one by one while batches are under way: their requests would be paid twice.

    Args:
        folder: Of an asker.

    Raises:
        UsageError: There are some.
    """
    place = place_records(folder)
    if count := len(read_records(place)):
        raise UsageError(
            f"batches under way: {count}",
            expected="--batch, which waits for them",
            where=place,
            hint="To give them up, cancel them at the endpoint and delete this folder: they count "
            "at their worst case then.",
        )


def write_record(folder: str, record: BatchRecord) -> None:
    """Keep a record durably.

    Args:
        folder: Of the records.
        record: Replaces an earlier one of its token.
    """
    head = {"schema": SCHEMA, "schema_version": VERSION}
    write_json(_url(folder, record), {**head, **asdict(record)})


def remove_record(folder: str, record: BatchRecord) -> None:
    """Forget a batch whose answers are all kept, or that was never made.

    Args:
        folder: Of the records.
        record: It may be gone already.
    """
    fs, path = filesystem(_url(folder, record))
    if fs.exists(path):
        fs.rm_file(path)


def _url(folder: str, record: BatchRecord) -> str:
    return join(folder, f"{record.token}.json")


def _read(url: str) -> BatchRecord:
    data: dict[str, Any] = read_json(url)
    check_json("a batch under way", data, VERSION, url)
    known = {"token": str, "model": str, "rows": dict}
    check_object(data, url, "a batch under way", known)
    return BatchRecord(**{n: data[n] for n in BatchRecord.__dataclass_fields__ if n in data})
