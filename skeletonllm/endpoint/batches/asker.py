"""BatchAsker: asks through the Batch API, in rounds, and goes on where a killed one stopped.

A round: all who want an answer ask for it, and get one that is kept, or None. What got None is in a
file by then. :meth:`BatchAsker.flush` sends the files and waits; the next round finds the answers
in the cache, and asks what follows from them.
"""

from __future__ import annotations

import asyncio

from skeletonllm.endpoint.answer import Answer
from skeletonllm.endpoint.asker import Progress
from skeletonllm.endpoint.batches.dispatcher import Dispatcher
from skeletonllm.endpoint.batches.records import place_records, read_records
from skeletonllm.endpoint.batches.spool import Spool, make_line
from skeletonllm.endpoint.cache import AnswerCache
from skeletonllm.endpoint.ledger import Ledger
from skeletonllm.endpoint.prices import open_price
from skeletonllm.endpoint.request import ChatRequest
from skeletonllm.endpoint.settings import EndpointSettings
from skeletonllm.errors import EndpointError
from skeletonllm.storage import join


class BatchAsker:
    """Asks an endpoint for all of a job. Open it with :meth:`open`, close it with :meth:`close`.

    Args:
        settings: How large batches may be.
        cache: Where answers are kept.
        ledger: Where money is reserved.
        dispatcher: Carries the batches.
    """

    def __init__(
        self,
        settings: EndpointSettings,
        cache: AnswerCache,
        ledger: Ledger,
        dispatcher: Dispatcher,
    ) -> None:
        self._settings, self._cache, self._ledger = settings, cache, ledger
        self._dispatcher = dispatcher
        self._spool = Spool()
        self._given: set[str] = set()
        self._cached = 0

    @classmethod
    async def open(
        cls, settings: EndpointSettings, folder: str, reuse: tuple[str, ...] = ()
    ) -> BatchAsker:
        """An asker whose answers, money and batches lie in a folder; it goes on from there.

        Args:
            settings: Where, and how large batches may be.
            folder: Of the answers.
            reuse: Finished folders of answers, looked into before anything is asked.

        Raises:
            UsageError: There is no key, or no price for the model.
        """
        price, batches = open_price(settings), place_records(folder)
        cache = await asyncio.to_thread(AnswerCache, join(folder, "cache"), reuse)
        records = await asyncio.to_thread(read_records, batches)
        ledger = await Ledger.open(
            join(folder, "ledger"),
            settings.max_usd,
            cache.find_price,
            {key for record in records for key in record.rows},
        )
        dispatcher = Dispatcher(settings, batches, cache, ledger, price)
        dispatcher.resume(records)
        return cls(settings, cache, ledger, dispatcher)

    async def ask(self, request: ChatRequest) -> Answer | None:
        """The answer to a request that is kept; None where a batch must bring it first.

        Args:
            request: Is collected, and sent by :meth:`flush` or when a file is full.

        Raises:
            EndpointError: Nothing can be asked any more.
        """
        key = request.key
        if (kept := self._cache.get(key)) is not None:
            # Rounds ask again and again: told once, and not of what this run has asked.
            self._cached += not (key in self._given or key in self._dispatcher.intake.answered)
            self._given.add(key)
            return kept
        if (said := self._dispatcher.intake.without.get(key)) is not None:
            return said
        self._dispatcher.refuse_after_end()
        if not (key in self._spool.rows or self._dispatcher.is_awaited(key)):
            return self._collect(request)
        return None

    async def flush(self) -> bool:
        """Send what was collected, and wait for all batches; whether there were any.

        Raises:
            EndpointError: Nothing can be asked any more; what is under way is written down.
            BudgetError: There is no money for any of what was collected.
        """
        self._send()
        return await self._dispatcher.wait()

    def progress(self) -> Progress:
        """What was done so far."""
        carried, intake = self._dispatcher, self._dispatcher.intake
        return Progress(
            answered=len(intake.answered),
            cached=self._cached,
            attempts=carried.sent,
            in_flight=carried.rows,
            waiting=len(self._spool),
            failures=dict(intake.failures),
            spend=self._ledger.totals,
            batches=carried.at_work,
        )

    def drain(self, reason: str = "the job was asked to stop") -> None:
        """Wait no longer: batches go on at the endpoint, and the next run takes them in.

        Args:
            reason: Told to whoever still waits.
        """
        hint = "Run the same command again: it goes on from here."
        self._dispatcher.stop(EndpointError(reason, hint=hint))

    async def close(self) -> None:
        """Make all that is known durable."""
        self.drain("the asker is closed")
        await self._dispatcher.close()
        self._spool.close()
        await self._ledger.close()

    def remove_loose(self) -> None:
        """Delete the answers one by one: they are in finished parts by now."""
        self._cache.remove_loose()

    def _collect(self, request: ChatRequest) -> Answer | None:
        line, most = make_line(request), self._settings.batch_bytes
        if len(line) > most:
            found = f"a request of {len(line):,} bytes; a batch may have {most:,} (--batch-mb)"
            return Answer(request.key, "unanswered", found, model=request.model)
        full = len(self._spool) >= self._settings.batch_requests
        if full or self._spool.size + len(line) > most:
            self._send()
        self._spool.add(request, line)
        return None

    def _send(self) -> None:
        if len(self._spool):
            self._dispatcher.send(self._spool)
            self._spool = Spool()
