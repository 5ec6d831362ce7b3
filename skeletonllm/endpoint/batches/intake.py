"""Where the rows of an ended batch go: into the cache, or to be asked again, or to their end."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

from openai.types import Batch

from skeletonllm.endpoint.answer import Answer
from skeletonllm.endpoint.asker import SAME_FAULT
from skeletonllm.endpoint.batches.records import BatchRecord
from skeletonllm.endpoint.batches.service import BatchService, ResultsGone
from skeletonllm.endpoint.cache import AnswerCache
from skeletonllm.endpoint.client import AttemptFailed
from skeletonllm.endpoint.failures import Failure
from skeletonllm.endpoint.ledger import Ledger, Reservation
from skeletonllm.endpoint.prices import Price, cost
from skeletonllm.errors import EndpointError

log = logging.getLogger(__name__)

_NOT_DONE = Failure("server", "the batch ended before its turn came")
_UNKNOWN = Failure("server", "the endpoint keeps the results no more", billed=True)


class Intake:
    """Takes in what batches have brought.

    Args:
        cache: Where answers go.
        ledger: Where their money is reserved.
        price: Of a million tokens.
        service: Reads the files.
        attempts: Most batches that one request is in, while it only expires or fails.
    """

    def __init__(
        self,
        cache: AnswerCache,
        ledger: Ledger,
        price: Price,
        service: BatchService,
        attempts: int,
    ) -> None:
        self._cache, self._ledger, self._price = cache, ledger, price
        self._service, self._attempts = service, attempts
        self._tries: Counter[str] = Counter()
        self.without: dict[str, Answer] = {}
        """What will not be answered in this run, and why."""
        self.failures: Counter[str] = Counter()
        self.answered: set[str] = set()
        """Keys of what was answered in this run."""
        self.excess = 1.0
        """How much more than its worst case an answer has cost, if any has."""

    async def take_in(self, record: BatchRecord, batch: Batch | None) -> EndpointError | None:
        """Give every request of a batch its answer, or its money back.

        Args:
            record: Of the batch.
            batch: As it ended; None where the endpoint knows it no more.

        Returns:
            What must end all, as no request can succeed: the key, the quota, the form of all.

        Raises:
            EndpointError: The answers could not be fetched; nothing is lost by that.
        """
        left = self._find_open(record)
        answered, wrong = len(self.answered), list[Failure]()
        try:
            async for key, status, body in self._read_all(batch):
                if (reservation := left.pop(key, None)) is not None:  # else it came before a kill
                    try:
                        said = self._service.read_answer(key, record.model, status, body)
                        await self._keep(record, reservation, said)
                    except AttemptFailed as error:
                        wrong.append(error.failure)
                        await self._fail(record, reservation, error.failure)
            rest = _NOT_DONE
        except ResultsGone as error:
            log.warning("%s: its requests are asked again", error)
            rest = _UNKNOWN
        for reservation in left.values():
            await self._fail(record, reservation, rest)
        return _find_common_fault(wrong, some_answered=len(self.answered) > answered)

    async def _read_all(self, batch: Batch | None) -> AsyncIterator[tuple[str, int, Any]]:
        if batch is None:
            raise ResultsGone("the endpoint knows a batch no more")
        for file_id in (batch.output_file_id, batch.error_file_id):
            if file_id is not None:
                async for row in self._service.read_rows(file_id):
                    yield row

    def give_back(self, record: BatchRecord) -> None:
        """Release the money of a batch that was never made.

        Args:
            record: Of the batch.
        """
        for reservation in self._find_open(record).values():
            self._ledger.release(reservation)

    def _find_open(self, record: BatchRecord) -> dict[str, Reservation]:
        held = self._ledger.find_open()
        return {key: held[key] for key in record.rows if key in held}

    async def _keep(self, record: BatchRecord, reservation: Reservation, said: Answer) -> None:
        usd = cost(self._price, said.tokens_in, said.tokens_out, batch=True)
        priced = replace(
            said,
            tokens_formula=record.rows[said.request_sha256],
            usd=usd if said.is_counted else reservation.usd,
        )
        if said.is_counted and reservation.usd:
            self.excess = max(self.excess, self.excess * usd / reservation.usd)
        await self._keep_priced(priced, reservation)

    async def _keep_priced(self, priced: Answer, reservation: Reservation) -> None:
        await asyncio.to_thread(self._cache.put, priced, reservation.id)
        self._ledger.settle(reservation, priced.usd)
        self.answered.add(reservation.key)

    async def _fail(self, record: BatchRecord, reservation: Reservation, failure: Failure) -> None:
        self.failures[failure.kind] += 1
        key = reservation.key
        if failure.kind == "filtered":  # answered for good, and for nothing
            said = Answer(key, "filtered", failure.message, model=record.model)
            await self._keep_priced(replace(said, tokens_formula=record.rows[key]), reservation)
            return
        if failure.billed:
            self._ledger.lose(reservation)
        else:
            self._ledger.release(reservation)
        self._tries[key] += 1
        if not failure.can_succeed or self._tries[key] >= self._attempts:
            self.without[key] = Answer(key, "unanswered", failure.message, model=record.model)


def _find_common_fault(wrong: Sequence[Failure], *, some_answered: bool) -> EndpointError | None:
    """What would make all other requests fail too."""
    fatal = [failure for failure in wrong if failure.kind == "fatal"]
    refused = [failure for failure in wrong if failure.kind == "request"]
    if len(refused) >= SAME_FAULT and not some_answered:
        fatal += refused
    if not fatal:
        return None
    hint = "Mend that, then run the same command again: it goes on from here."
    return EndpointError(fatal[0].message, hint=hint)
