"""The course of each batch, from a file on this machine until its answers are in the cache.

    record (durable) -> reservations (durable) -> file sent, its id (durable) -> batch made, its id
          (durable) -> polled until it ends -> answers cached, money settled -> record removed

A kill between a batch and its id is mended by the token that the batch carries as metadata. So no
request is in two batches, and nothing is paid twice.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import Any

from openai.types import Batch

from skeletonllm.endpoint.batches.intake import Intake
from skeletonllm.endpoint.batches.records import BatchRecord, remove_record, write_record
from skeletonllm.endpoint.batches.service import BatchService, RequestRefused
from skeletonllm.endpoint.batches.spool import Row, Spool
from skeletonllm.endpoint.cache import AnswerCache
from skeletonllm.endpoint.ledger import Ledger
from skeletonllm.endpoint.prices import Price, cost
from skeletonllm.endpoint.settings import EndpointSettings
from skeletonllm.errors import BudgetError, EndpointError

log = logging.getLogger(__name__)

ENDED = ("completed", "failed", "expired", "cancelled")
LONGEST_QUEUE_WAIT_S = 600.0
"""Before a batch is made again that was too much for the queue of the endpoint."""


class Dispatcher:
    """Carries batches; several may be under way.

    Args:
        settings: Where, and how often is looked.
        folder: Of the records.
        cache: Where answers go.
        ledger: Where money is reserved.
        price: Of a million tokens.
    """

    def __init__(
        self,
        settings: EndpointSettings,
        folder: str,
        cache: AnswerCache,
        ledger: Ledger,
        price: Price,
    ) -> None:
        self._settings, self._folder = settings, folder
        self._ledger, self._price = ledger, price
        self._service = BatchService(settings, self.refuse_after_end)
        self.intake = Intake(cache, ledger, price, self._service, settings.attempts)
        self._sending = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        self._under_way: dict[str, BatchRecord] = {}
        self._at_work: set[str] = set()
        self._end: EndpointError | None = None
        self._no_money: BudgetError | None = None
        self._ended = 0
        self.sent = 0
        """Requests that were sent in this run."""

    def send(self, spool: Spool) -> None:
        """Begin the course of a file.

        Args:
            spool: Not empty; it is closed here.
        """
        rows = {row.key: row.tokens for row in spool.rows.values()}
        model = next(iter(spool.rows.values())).model
        record = BatchRecord(uuid.uuid4().hex, model, rows)
        self._under_way[record.token] = record
        self._start(self._send(record, spool))

    def resume(self, records: Sequence[BatchRecord]) -> None:
        """Go on with batches of an earlier run.

        Args:
            records: What was written down of them.
        """
        for record in records:
            self._under_way[record.token] = record
            self._start(self._resume(record))

    async def wait(self) -> bool:
        """Wait until all batches have ended; whether there were any.

        Raises:
            EndpointError: Nothing can be asked any more.
            BudgetError: There was no money for any of them.
        """
        tasks, self._tasks = self._tasks, []
        told = await asyncio.gather(*tasks, return_exceptions=True)
        if errors := [error for error in told if isinstance(error, BaseException)]:
            raise self._end or errors[0]
        no_money, self._no_money = self._no_money, None
        ended, self._ended = self._ended, 0
        if no_money is not None and not ended:  # else money may have come back
            raise no_money
        return bool(tasks)

    def is_awaited(self, key: str) -> bool:
        """Whether a request is in a batch that has not ended."""
        return any(key in record.rows for record in self._under_way.values())

    @property
    def rows(self) -> int:
        """Requests in batches that have not ended."""
        return sum(len(record.rows) for record in self._under_way.values())

    @property
    def at_work(self) -> int:
        """Batches that the endpoint has taken on and not ended."""
        return len(self._at_work)

    def stop(self, error: EndpointError) -> None:
        """Wait no longer: batches go on at the endpoint, and the next run takes them in.

        Args:
            error: Raised for whoever still waits.
        """
        self._end = self._end or error

    def refuse_after_end(self) -> None:
        """Raise what has ended all, if anything has."""
        if self._end is not None:
            raise self._end

    async def close(self) -> None:
        """Wait for what a stop has ended, and close all connections."""
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._service.close()

    def _start(self, course: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.create_task(self._watch(course)))

    async def _watch(self, course: Coroutine[Any, Any, None]) -> None:
        """Let the first error end all, except for want of money."""
        try:
            await course
        except BudgetError as error:
            self._no_money = error
        except EndpointError as error:
            self.stop(error)
            raise

    async def _send(self, record: BatchRecord, spool: Spool) -> None:
        try:
            async with self._sending:  # one at a time: each file may have 200 MB
                self.refuse_after_end()
                record = await self._reserve(record, spool)
                file_id = await self._service.upload(spool.file, f"{record.token}.jsonl")
        except BaseException:
            await self._forget(record, give_back=True)  # nothing was made of it
            raise
        finally:
            spool.close()
        self.sent += len(record.rows)
        record = await self._write(replace(record, file_id=file_id))
        await self._follow(await self._make(record, is_new=True))

    async def _reserve(self, record: BatchRecord, spool: Spool) -> BatchRecord:
        """The record, with as many rows as there is money for; durable before the money is."""
        await self._write(record)
        made = await self._ledger.reserve_all([self._bound(row) for row in spool.rows.values()])
        if len(made) == len(record.rows):
            return record
        spool.cut(len(made))
        return await self._write(replace(record, rows={k: record.rows[k] for k in spool.rows}))

    def _bound(self, row: Row) -> tuple[str, float, int]:
        worst = cost(self._price, row.tokens_in, row.tokens_out, batch=True)
        return row.key, self.intake.excess * worst, row.tokens + row.tokens_out

    async def _make(self, record: BatchRecord, *, is_new: bool) -> BatchRecord:
        assert record.file_id is not None
        batch_id = await self._service.create(record.file_id, record.token, is_new=is_new)
        return await self._write(replace(record, batch_id=batch_id))

    async def _resume(self, record: BatchRecord) -> None:
        if record.file_id is None:  # a batch is made only of a file whose id was written down
            await self._forget(record, give_back=True)
            return
        try:
            if record.batch_id is None:
                record = await self._make(record, is_new=False)
        except RequestRefused as error:
            log.warning("a planned batch cannot be made, and is collected again: %s", error)
            await self._forget(record, give_back=True)
        else:
            await self._follow(record)

    async def _follow(self, record: BatchRecord) -> None:
        """Wait for a batch that was made, and take in what it brings."""
        try:
            record, batch = await self._wait_for_end(record)
        finally:
            self._at_work.discard(record.token)
        fault = await self.intake.take_in(record, batch)
        await self._forget(record)
        self._ended += 1
        files = (batch.output_file_id, batch.error_file_id) if batch is not None else ()
        await self._service.remove_files(record.file_id, *files)
        if fault is not None:
            raise fault

    async def _wait_for_end(self, record: BatchRecord) -> tuple[BatchRecord, Batch | None]:
        refused = 0
        while True:
            assert record.batch_id is not None
            self._at_work.add(record.token)
            batch = await self._service.look(record.batch_id)
            if batch is not None and batch.status == "failed":
                refused += await self._wait_for_room(record, batch, refused)
                record = await self._make(record, is_new=False)
            elif batch is None or batch.status in ENDED:
                return record, batch
            else:
                await self._service.sleep(self._settings.poll_s)

    async def _wait_for_room(self, record: BatchRecord, batch: Batch, refused: int) -> int:
        """Wait until the endpoint may take the batch; 1 if no other of ours was in its way."""
        faults = (batch.errors and batch.errors.data) or []
        said = "; ".join(f"{fault.code}: {fault.message}" for fault in faults) or "no reason given"
        is_full = any((fault.code or "").endswith("limit_exceeded") for fault in faults)
        self._at_work.discard(record.token)
        if not is_full or refused >= self._settings.attempts:
            await self._forget(record, give_back=True)
            await self._service.remove_files(record.file_id)
            hint = "If it was too much at once: a smaller --batch-requests."
            raise EndpointError(f"a batch of {len(record.rows)} failed ({said})", hint=hint)
        is_alone = not self._at_work
        wait = min(self._settings.poll_s * 2 ** (refused * is_alone), LONGEST_QUEUE_WAIT_S)
        log.info("the endpoint takes no more now (%s); asked again in %.0f s", said, wait)
        await self._service.sleep(wait)
        return int(is_alone)

    async def _write(self, record: BatchRecord) -> BatchRecord:
        await asyncio.to_thread(write_record, self._folder, record)
        self._under_way[record.token] = record
        return record

    async def _forget(self, record: BatchRecord, *, give_back: bool = False) -> None:
        if give_back:
            self.intake.give_back(record)
        await self._ledger.commit()  # else a kill would count what was given back
        await asyncio.to_thread(remove_record, self._folder, record)
        self._under_way.pop(record.token, None)
