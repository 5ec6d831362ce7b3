"""The ledger: what was spent, what may have been, and what is left, through any number of kills.

Money is reserved, durably, before a request is sent, at the most that the request can cost; the
true price replaces that when the answer is in the cache. A reservation whose end nobody knows, as a
kill leaves it, counts at its worst case for ever. So ``true cost <= counted <= budget`` always.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from skeletonllm.errors import BudgetError, StateError
from skeletonllm.storage.journal import FOLDED, Event, Journal

VERSION = "1.0.0"
"""Of the layout of the ledger's events."""
NANO = 10**9
"""Money is counted in whole billionths of a dollar: sums of floats would depend on their order."""
KEEP_S = 120.0
"""For how long a fold keeps when requests were sent; rate limits look back one minute."""


@dataclass(frozen=True)
class Reservation:
    """Money put aside for one attempt.

    Args:
        id: Number within the ledger, never used twice.
        key: Of the request.
        usd: The most that the attempt can cost.
        at: When, in seconds since 1970.
        tokens: Input by the formula and the longest output, as the rate limit counts them.
    """

    id: int
    key: str
    usd: float
    at: float
    tokens: int


@dataclass(frozen=True)
class Spend:
    """What a ledger has counted. The budget holds for the sum of the three amounts.

    Args:
        spent_usd: Price of the answers.
        reserved_usd: Put aside for attempts under way.
        unresolved_usd: Worst case of the attempts that may have been billed.
        requests: Attempts for which money was reserved.
        answered: Those that were answered.
        maybe_billed: Those that failed so that the endpoint may charge them.
        unresolved: Those that a kill cut off, without an answer in the cache.
    """

    spent_usd: float = 0.0
    reserved_usd: float = 0.0
    unresolved_usd: float = 0.0
    requests: int = 0
    answered: int = 0
    maybe_billed: int = 0
    unresolved: int = 0


Resolve = Callable[[Reservation], float | None]
"""The price of the answer that a reservation has paid, or None where there is none."""


@dataclass
class _Books:
    """The state that all events amount to. Money in billionths."""

    next_id: int = 0
    spent: int = 0
    reserved: int = 0
    unknown: int = 0
    requests: int = 0
    answered: int = 0
    maybe_billed: int = 0
    unresolved: int = 0
    open: dict[int, tuple[str, int, float, int]] = field(default_factory=dict)
    recent: list[tuple[float, int]] = field(default_factory=list)

    @property
    def counted(self) -> int:
        return self.spent + self.reserved + self.unknown

    def apply(self, event: Event) -> None:
        if "reserve" in event:
            self._reserve(*event["reserve"])
        else:
            ((kind, (number, *nano)),) = event.items()
            reserved = self.open.pop(number)[1]
            self.reserved -= reserved
            self._end(kind, nano[0] if nano else reserved)

    def fold(self) -> dict[str, Any]:
        self.recent = [r for r in self.recent if r[0] > time.time() - KEEP_S]
        held = [[number, *kept] for number, kept in self.open.items()]
        # A copy, since it is written while later events come.
        return {**vars(self), "open": held, "recent": list(self.recent)}

    @classmethod
    def unfold(cls, state: dict[str, Any]) -> _Books:
        held = {number: tuple(kept) for number, *kept in state["open"]}
        return cls(**{**state, "open": held, "recent": [tuple(r) for r in state["recent"]]})

    def _reserve(self, number: int, key: str, nano: int, at: float, tokens: int) -> None:
        self.next_id = number + 1
        self.reserved += nano
        self.requests += 1
        self.open[number] = (key, nano, at, tokens)
        self.recent.append((at, tokens))

    def _end(self, kind: str, nano: int) -> None:
        if kind == "settle":
            self.spent += nano
            self.answered += 1
        elif kind == "release":
            self.requests -= 1
        elif kind in ("lose", "abandon"):
            self.unknown += nano
            self.maybe_billed += kind == "lose"
            self.unresolved += kind == "abandon"
        else:
            raise ValueError(f"an event {kind!r}")


class Ledger:
    """Reserves and counts money; one for a job. Open it with :meth:`open`.

    Args:
        folder: Of its journal.
        max_usd: Budget of the whole output, earlier runs with it; None for none.
        resolve: Gives the price of an answer that is in the cache.
        keep: Keys of requests that are still under way, whoever has died: batches.
    """

    def __init__(
        self, folder: str, max_usd: float | None, resolve: Resolve, keep: Collection[str] = ()
    ) -> None:
        self._folder = folder
        self._max_usd = max_usd
        self._budget = None if max_usd is None else math.floor(round(max_usd * NANO, 3))
        self._books = _Books()
        self._ended: asyncio.Future[None] | None = None
        self._journal, events = Journal.open(folder, "ledger", VERSION, self._books_state)
        self._replay(events)
        self._earlier = list(self._books.recent)
        self._resolve_open(resolve, keep)

    @classmethod
    async def open(
        cls, folder: str, max_usd: float | None, resolve: Resolve, keep: Collection[str] = ()
    ) -> Ledger:
        """The ledger of a folder, with an end for each attempt that a kill has cut off.

        Args:
            folder: Of its journal.
            max_usd: Budget of the whole output; None for none.
            resolve: Gives the price of an answer that is in the cache.
            keep: Keys of requests that are still under way, whoever has died: batches.

        Raises:
            StateError: The journal is damaged, so that nobody knows what was spent.
            SchemaError: It is of another major version.
        """
        ledger = await asyncio.to_thread(cls, folder, max_usd, resolve, keep)
        await ledger._journal.commit()
        return ledger

    async def reserve(self, key: str, usd: float, tokens: int) -> Reservation:
        """Money for one attempt, put aside durably. Waits while others may still give some back.

        Args:
            key: Of the request.
            usd: The most that the attempt can cost.
            tokens: The most tokens of the attempt.

        Raises:
            BudgetError: It might cost more than is left, whatever the others give back.
        """
        nano = _to_nano(usd)
        await self._wait_for_room(nano)
        made = self._put_aside(key, nano, tokens)
        try:
            await self._journal.commit()
        except BaseException:
            self.release(made)  # nothing will be sent
            raise
        return made

    async def reserve_all(self, wanted: Sequence[tuple[str, float, int]]) -> list[Reservation]:
        """Money for as many attempts, from the first on, as there is now; durable together.

        Args:
            wanted: Key, US dollars and tokens of each, as :meth:`reserve` takes them.

        Raises:
            BudgetError: There is none even for the first.
        """
        made: list[Reservation] = []
        for key, usd, tokens in wanted:
            nano = _to_nano(usd)
            if not self._has_room(nano):
                break
            made.append(self._put_aside(key, nano, tokens))
        if wanted and not made:
            self._refuse(_to_nano(wanted[0][1]))
        await self._journal.commit()
        return made

    def find_open(self) -> dict[str, Reservation]:
        """Reservations without an end, by the key of their request."""
        held = self._books.open.items()
        return {
            key: Reservation(number, key, nano / NANO, at, tokens)
            for number, (key, nano, at, tokens) in held
        }

    def settle(self, reservation: Reservation, usd: float) -> None:
        """The attempt was answered, and the answer is in the cache.

        Args:
            reservation: Of the attempt.
            usd: Its price.
        """
        self._record("settle", reservation.id, _to_nano(usd))

    def release(self, reservation: Reservation) -> None:
        """The attempt costs nothing: it was refused, or never sent.

        Args:
            reservation: Of the attempt.
        """
        self._record("release", reservation.id)

    def lose(self, reservation: Reservation) -> None:
        """The attempt failed and may be charged: it counts at its worst case for ever.

        Args:
            reservation: Of the attempt.
        """
        self._record("lose", reservation.id)

    @property
    def totals(self) -> Spend:
        """What was counted so far, in all runs."""
        books = self._books
        return Spend(
            books.spent / NANO,
            books.reserved / NANO,
            books.unknown / NANO,
            books.requests,
            books.answered,
            books.maybe_billed,
            books.unresolved,
        )

    def recent(self, seconds: float) -> list[tuple[float, int]]:
        """When earlier runs reserved, in seconds since 1970, and the tokens, over the last seconds.

        Args:
            seconds: How far to look back; not beyond :data:`KEEP_S`.
        """
        now = time.time()
        return [(min(at, now), tokens) for at, tokens in self._earlier if at > now - seconds]

    async def commit(self) -> None:
        """Make durable what was recorded so far."""
        await self._journal.commit()

    async def close(self) -> None:
        """Make all of it durable."""
        await self._journal.close()

    def _books_state(self) -> dict[str, Any]:
        return self._books.fold()

    def _record(self, kind: str, *values: Any) -> None:
        event = {kind: list(values)}
        assert kind == "reserve" or values[0] in self._books.open, f"{kind}: it has ended before"
        self._books.apply(event)  # before the journal, which may fold
        self._journal.append(event)
        if kind != "reserve" and self._ended is not None:
            if not self._ended.done():
                self._ended.set_result(None)
            self._ended = None

    def _put_aside(self, key: str, nano: int, tokens: int) -> Reservation:
        made = Reservation(self._books.next_id, key, nano / NANO, time.time(), tokens)
        self._record("reserve", made.id, key, nano, made.at, tokens)
        return made

    def _has_room(self, nano: int) -> bool:
        return self._budget is None or self._books.counted + nano <= self._budget

    async def _wait_for_room(self, nano: int) -> None:
        while self._budget is not None and not self._has_room(nano):
            if self._books.counted - self._books.reserved + nano > self._budget:
                self._refuse(nano)
            loop = asyncio.get_running_loop()
            if self._ended is None or self._ended.get_loop() is not loop:
                self._ended = loop.create_future()
            await asyncio.shield(self._ended)  # shared by all who wait

    def _refuse(self, nano: int) -> None:
        spend = self.totals
        unsure = f", {spend.unresolved_usd:.4f} perhaps" if spend.unresolved_usd else ""
        raise BudgetError(
            f"{spend.spent_usd:.4f} USD are spent{unsure}, and the next request may cost "
            f"{nano / NANO:.4f}",
            expected=f"at most {self._max_usd} USD in all (--max-usd)",
            hint="What was answered is kept: run the same command with a higher --max-usd.",
        )

    def _replay(self, events: list[Event]) -> None:
        try:
            for event in events:
                if FOLDED in event:
                    self._books = _Books.unfold(event[FOLDED])
                else:
                    self._books.apply(event)
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise StateError(
                f"events that do not fit together ({error!r})",
                where=self._folder,
                hint="Put the folder back from a copy, or begin another output.",
            ) from None

    def _resolve_open(self, resolve: Resolve, keep: Collection[str]) -> None:
        for number, (key, nano, at, tokens) in list(self._books.open.items()):
            usd = resolve(Reservation(number, key, nano / NANO, at, tokens))
            if usd is not None:
                self._record("settle", number, _to_nano(usd))
            elif key not in keep:
                self._record("abandon", number)


def _to_nano(usd: float) -> int:
    """Rounded up, but for what a float adds to a whole number."""
    return math.ceil(round(usd * NANO, 3))
