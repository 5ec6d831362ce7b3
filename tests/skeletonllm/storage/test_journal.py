"""The journal: what was committed is read again, in order, whichever loop wrote it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from botocore.exceptions import EndpointConnectionError
from fsspec.implementations.local import LocalFileSystem

from skeletonllm.errors import SchemaError
from skeletonllm.storage.journal import Event, Journal


def open_journal(folder: Path, version: str = "1.0.0") -> tuple[Journal, list[Event]]:
    return Journal.open(str(folder), "test", version, dict)


def test_one_journal_goes_on_in_another_event_loop(tmp_path: Path) -> None:
    journal, events = open_journal(tmp_path)
    assert events == []

    async def write(number: int) -> None:
        journal.append({"n": number})
        await journal.commit()
        journal.append({"n": -number})  # left to the next loop

    for number in (1, 2, 3):
        asyncio.run(write(number))
    asyncio.run(journal.close())
    assert [event["n"] for event in open_journal(tmp_path)[1]] == [1, -1, 2, -2, 3, -3]


def test_what_nobody_waits_for_is_durable_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skeletonllm.storage.journal.LAG_S", 0.01)
    journal, _ = open_journal(tmp_path)

    async def write() -> None:
        journal.append({"n": 1})
        for _ in range(500):
            await asyncio.sleep(0.01)
            if open_journal(tmp_path)[1]:
                return

    asyncio.run(write())
    assert open_journal(tmp_path)[1] == [{"n": 1}]


def test_a_journal_of_another_major_version_is_refused(tmp_path: Path) -> None:
    journal, _ = open_journal(tmp_path)
    journal.append({"n": 1})
    asyncio.run(journal.close())
    with pytest.raises(SchemaError, match=r"version 1\.0\.0 of test"):
        open_journal(tmp_path, "2.0.0")


def test_whatever_a_store_raises_where_folded_segments_are_removed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(_fs: LocalFileSystem, _path: str) -> None:
        raise EndpointConnectionError(endpoint_url="http://store")  # no OSError

    monkeypatch.setattr(LocalFileSystem, "rm_file", refuse)
    monkeypatch.setattr("skeletonllm.storage.journal.MOST_SEGMENTS", 3)
    monkeypatch.setattr("skeletonllm.storage.journal.GAP_S", 0)
    journal, _ = open_journal(tmp_path)

    async def write() -> None:
        for number in range(6):
            journal.append({"n": number})
            await journal.commit()
        await journal.close()

    asyncio.run(write())
    assert "folded segments could not be removed" in caplog.text
    assert open_journal(tmp_path)[1]
