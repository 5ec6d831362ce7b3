"""The asker: one for a job. Each answer is paid once, at the permitted rate, within the budget.

A request goes this way::

    cache -> the same one in flight? -> breaker -> rate -> reservation (durable) -> attempt
          -> cache (durable) -> the price is settled -> the answer is given out

A kill at any point loses at most the attempts in flight, and these stay reserved at their worst
case.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import partial

import tenacity

from skeletonllm.endpoint.answer import Answer
from skeletonllm.endpoint.batches.records import refuse_batches
from skeletonllm.endpoint.breaker import Breaker
from skeletonllm.endpoint.cache import AnswerCache
from skeletonllm.endpoint.client import AttemptFailed, Client, choose_wait, sleep_until_end
from skeletonllm.endpoint.failures import Failure
from skeletonllm.endpoint.ledger import Ledger, Reservation, Spend
from skeletonllm.endpoint.limiter import WINDOW_S, RateLimiter
from skeletonllm.endpoint.prices import Price, cost, open_price
from skeletonllm.endpoint.request import ChatRequest
from skeletonllm.endpoint.settings import EndpointSettings
from skeletonllm.endpoint.tokens import bound_input_tokens, count_input_tokens
from skeletonllm.errors import BudgetError, EndpointError
from skeletonllm.storage import join

log = logging.getLogger(__name__)

PAUSE_WITHOUT_HINT_S = 1.0
"""How long all wait after a 429 that does not say how long."""
SAME_FAULT = 20
"""So many requests called wrong in a row, with none right, are one fault that all share."""


@dataclass
class Progress:
    """What an asker has done in this run.

    Args:
        answered: Answers that came over the network.
        cached: Answers that were there already.
        attempts: Requests sent, retries with them.
        in_flight: Attempts without an end.
        waiting: Requests that wait for the rate limit.
        failures: Failed attempts by kind.
        spend: Money of the whole output, earlier runs with it.
        rate: Share of the rate limit that the last minute has used; 0 without a limit.
        batches: Batches at work at the endpoint.
    """

    answered: int = 0
    cached: int = 0
    attempts: int = 0
    in_flight: int = 0
    waiting: int = 0
    failures: dict[str, int] = field(default_factory=dict)
    spend: Spend = field(default_factory=Spend)
    rate: float = 0.0
    batches: int = 0


class Asker:
    """Asks an endpoint for all of a job. Open it with :meth:`open`, close it with :meth:`close`.

    Args:
        settings: Where and how hard.
        cache: Where answers are kept.
        ledger: Where money is reserved.
        price: Of a million tokens.
    """

    def __init__(
        self, settings: EndpointSettings, cache: AnswerCache, ledger: Ledger, price: Price
    ) -> None:
        self._settings, self._cache, self._ledger, self._price = settings, cache, ledger, price
        self.limiter = RateLimiter(
            settings.requests_per_minute, settings.tokens_per_minute, settings.share
        )
        self.breaker = Breaker(settings.give_up_s)
        self._client = Client(settings, self._learn)
        self._under_way: dict[str, asyncio.Future[Answer]] = {}
        self._slots = asyncio.Semaphore(settings.concurrency)
        self._failures: Counter[str] = Counter()
        self._progress = Progress()
        self._called_wrong = 0
        self._given_up = 0  # requests in a row, as the server was up and nothing else was answered
        self._answered_at = float("-inf")  # when any request was last answered, by the clock
        self._excess = 1.0  # how much more than its worst case an answer has cost, if any has
        self._end: EndpointError | None = None

    @classmethod
    async def open(
        cls, settings: EndpointSettings, folder: str, reuse: tuple[str, ...] = ()
    ) -> Asker:
        """An asker whose answers and money lie in a folder; it goes on where a killed one stopped.

        Args:
            settings: Where and how hard.
            folder: Of the answers.
            reuse: Finished folders of answers, looked into before anything is asked.

        Raises:
            UsageError: There is no key, or no price for the model, or batches are under way.
        """
        price = open_price(settings)
        await asyncio.to_thread(refuse_batches, folder)
        cache = await asyncio.to_thread(AnswerCache, join(folder, "cache"), reuse)
        ledger = await Ledger.open(join(folder, "ledger"), settings.max_usd, cache.find_price)
        asker = cls(settings, cache, ledger, price)
        now = time.time()
        asker.limiter.remember((now - at, tokens) for at, tokens in ledger.recent(WINDOW_S))
        return asker

    async def ask(self, request: ChatRequest) -> Answer:
        """The answer to a request: the one that is kept, or a new one.

        Raises:
            EndpointError: Nothing can be asked any more: the key, the quota, the server.
            BudgetError: The next attempt might cost more than is left.
        """
        while (kept := self._cache.get(request.key)) is None:
            if (first := self._under_way.get(request.key)) is None:
                return await self._ask_first(request)
            try:
                return await asyncio.shield(first)
            except asyncio.CancelledError:
                # Was it the first that was cancelled, or we? Only then is there nothing to ask.
                task = asyncio.current_task()
                if not first.cancelled() or (task is not None and task.cancelling()):
                    raise
        self._progress.cached += 1
        return kept

    async def _ask_first(self, request: ChatRequest) -> Answer:
        """Ask, and let all who want the same answer wait for it."""
        mine: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._under_way[request.key] = mine
        try:
            answer = await self._ask(request)
            mine.set_result(answer)
            return answer
        except asyncio.CancelledError:
            mine.cancel()  # one of the others asks in our place
            raise
        except BaseException as error:
            mine.set_exception(error)
            mine.exception()  # read: nobody else may be waiting for it
            raise
        finally:
            del self._under_way[request.key]

    def progress(self) -> Progress:
        """What was done so far."""
        limits = (self.limiter.requests, self.limiter.tokens)
        rate = max((r.count() for r in limits if r.limit is not None), default=0.0)
        return replace(
            self._progress,
            waiting=self.limiter.waiting,
            failures=dict(self._failures),
            spend=self._ledger.totals,
            rate=rate,
        )

    def drain(self, reason: str = "the job was asked to stop") -> None:
        """Send nothing more; what is in flight is waited for and kept.

        Args:
            reason: Told to whoever still waits.
        """
        hint = "Run the same command again: it goes on from here."
        self._end = self._end or EndpointError(reason, hint=hint)

    async def close(self) -> None:
        """Wait for what is in flight, and make all that is known of money durable."""
        self.drain("the asker is closed")
        await asyncio.gather(*list(self._under_way.values()), return_exceptions=True)
        await self._ledger.close()
        await self._client.close()

    def remove_loose(self) -> None:
        """Delete the answers one by one: they are in finished parts by now."""
        self._cache.remove_loose()

    async def _ask(self, request: ChatRequest) -> Answer:
        started = time.monotonic()
        retrying = tenacity.AsyncRetrying(
            wait=partial(choose_wait, first_wait_s=self._settings.first_wait_s),
            sleep=partial(sleep_until_end, refuse=self._refuse_after_end),
            retry=partial(self._may_succeed, started),
        )
        try:
            return await retrying(self._attempt, request)
        except AttemptFailed as error:
            return self._without_answer(request, error.failure)

    async def _may_succeed(self, started: float, state: tenacity.RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome else None
        if not isinstance(error, AttemptFailed) or not error.failure.can_succeed:
            return False
        return not await self._is_hopeless(error.failure, state.attempt_number, started)

    async def _is_hopeless(self, failure: Failure, attempts: int, started: float) -> bool:
        """Whether a request fails by its own fault; an outage is no one's.

        It does, if others were answered while it failed each time. The last requests of a job have
        no others: there the server is asked whether it is up. As models may be down behind a list
        of them that is up, fewer in a row end that way than open the breaker.
        """
        is_tired = attempts >= self._settings.attempts
        if is_tired and self._answered_at > started:
            return True
        # By then, since attempts that time out may not all fit in before the whole job gives up.
        is_long = time.monotonic() - started > self._settings.give_up_s / 2
        if not (failure.is_of_server and (is_tired or is_long) and self._are_few_left()):
            return False
        if not await self._client.is_up() or not self._are_few_left():
            return False
        self._given_up += 1
        self.breaker.succeed()
        return True

    def _are_few_left(self) -> bool:
        return len(self._under_way) + self._given_up < self.breaker.failures

    async def _attempt(self, request: ChatRequest) -> Answer:
        async with self._slots:
            self._refuse_after_end()
            probe = await self.breaker.pass_through(self._refuse_after_end)
            try:
                return await self._try_once(request, await self._reserve(request), probe=probe)
            except BaseException:
                if probe:
                    self.breaker.give_back()
                raise

    async def _try_once(
        self, request: ChatRequest, reservation: Reservation, *, probe: bool
    ) -> Answer:
        self._progress.attempts += 1
        self._progress.in_flight += 1
        try:
            answer = await self._client.attempt(request)
        except AttemptFailed as error:
            if error.failure.kind == "filtered":
                return await self._keep_filtered(request, error.failure, reservation)
            self._account(reservation, error.failure)
            self._react(error.failure, probe=probe)
            raise
        except BaseException:
            self._ledger.lose(reservation)  # cancelled in flight: it may be charged
            raise
        finally:
            self._progress.in_flight -= 1
        return await self._keep(request, answer, reservation)

    async def _reserve(self, request: ChatRequest) -> Reservation:
        """Wait for rate and budget, in this order: what waits for its turn holds no money."""
        # As the limiter counts, also after a kill.
        tokens = count_input_tokens(request) + request.sampling.max_tokens
        await self.limiter.acquire(tokens, self._refuse_after_end)
        usd = self._excess * self._worst_usd(request)
        self._refuse_after_end()
        try:
            reservation = await self._ledger.reserve(request.key, usd, tokens)
        except BudgetError as error:
            self._end = self._end or error
            raise
        if self._end is not None:  # it came while we waited for money
            self._ledger.release(reservation)
            raise self._end
        return reservation

    def _worst_usd(self, request: ChatRequest) -> float:
        tokens = bound_input_tokens(request), request.sampling.max_tokens
        return cost(self._price, *tokens)

    def _refuse_after_end(self) -> None:
        if self._end is not None:
            raise self._end

    def _account(self, reservation: Reservation, failure: Failure) -> None:
        self._failures[failure.kind] += 1
        if failure.billed:
            self._ledger.lose(reservation)
        else:
            self._ledger.release(reservation)

    def _react(self, failure: Failure, *, probe: bool) -> None:
        """What a failure means for all other requests."""
        try:
            if failure.is_of_server:
                self.breaker.fail(failure.message, probe=probe)
            elif failure.kind == "limited":
                wait = PAUSE_WITHOUT_HINT_S if failure.wait_s is None else failure.wait_s
                self.limiter.pause(wait)
                self.breaker.refuse(failure.message)
            elif failure.kind != "fatal":
                self._note_success()
        except EndpointError as error:
            self._end = self._end or error
            raise
        self._called_wrong = self._called_wrong + 1 if failure.kind == "request" else 0
        if failure.kind == "fatal" or self._called_wrong >= SAME_FAULT:
            hint = "Mend that, then run the same command again: it goes on from here."
            self._end = self._end or EndpointError(failure.message, hint=hint)
            raise self._end

    async def _keep(self, request: ChatRequest, answer: Answer, reservation: Reservation) -> Answer:
        self._note_success()
        self._called_wrong = 0
        usd = cost(self._price, answer.tokens_in, answer.tokens_out)
        priced = replace(
            answer,
            tokens_formula=count_input_tokens(request),
            # No usage, no proof that it was cheaper.
            usd=usd if answer.is_counted else reservation.usd,
        )
        try:
            await asyncio.to_thread(self._cache.put, priced, reservation.id)
        except BaseException:
            self._ledger.lose(reservation)  # paid, and not kept
            raise
        worst = self._worst_usd(request)
        if answer.is_counted and worst:
            self._excess = max(self._excess, usd / worst)
        self._ledger.settle(reservation, priced.usd)
        self._progress.answered += 1
        return priced

    async def _keep_filtered(
        self, request: ChatRequest, failure: Failure, reservation: Reservation
    ) -> Answer:
        """A question that a filter stops has been answered for good, and for nothing."""
        self._failures[failure.kind] += 1
        self._note_success()
        self._called_wrong = 0
        formula = count_input_tokens(request)
        answer = replace(self._without_answer(request, failure), tokens_formula=formula)
        try:
            await asyncio.to_thread(self._cache.put, answer, reservation.id)
        finally:  # of a kill before this, the cache tells the same
            self._ledger.settle(reservation, 0.0)
        self._progress.answered += 1
        return answer

    def _note_success(self) -> None:
        self.breaker.succeed()
        self._given_up = 0
        self._answered_at = time.monotonic()

    def _without_answer(self, request: ChatRequest, failure: Failure) -> Answer:
        outcome = "filtered" if failure.kind == "filtered" else "unanswered"
        return Answer(request.key, outcome, failure.message, model=request.model)

    def _learn(self, requests: float | None, tokens: float | None, pause_s: float | None) -> None:
        self.limiter.learn(requests, tokens)
        if pause_s is not None:
            self.limiter.pause(min(pause_s, WINDOW_S))
