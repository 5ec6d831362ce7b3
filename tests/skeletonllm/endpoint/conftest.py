"""A clock that jumps to the next timer, so that minutes of waiting take no time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time passes only while all wait."""

    now = 1000.0

    def time(self) -> float:
        return self.now

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:
            self.now = max(self.now, self._scheduled[0]._when)
        super()._run_once()


Run = Callable[[Callable[[Callable[[], float]], Coroutine[Any, Any, Any]]], Any]


@pytest.fixture
def in_virtual_time() -> Run:
    """Runs a coroutine function, which is given the clock."""

    def run(main: Callable[[Callable[[], float]], Coroutine[Any, Any, Any]]) -> Any:
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            return runner.run(main(runner.get_loop().time))

    return run
