"""A fault-injecting OpenAI-compatible server on 127.0.0.1, to test whatever asks a teacher.

    >>> from skeletonllm.testing.fake_endpoint import FakeEndpoint, FaultPlan
    >>> plan = FaultPlan({"limited": 0.1, "cut": 0.05, "fenced_json": 0.05})
    >>> with FakeEndpoint(faults=plan, key="test") as server:  # doctest: +SKIP
    ...     ask(server.base_url, server.key)

It answers ``/v1/chat/completions``, ``/v1/models``, ``/v1/files``, ``/v1/batches`` and
``/health``. ``python -m skeletonllm.testing.fake_endpoint --help`` runs it as a process of its own,
whose log survives whatever kills the client; its first line of output is the base URL.

================  =================================================================================
Module            What it holds
================  =================================================================================
:mod:`.server`    the server in a thread, or as a process
:mod:`.faults`    what goes wrong, and for which request; spoiling carries it out
:mod:`.limits`    requests and tokens a minute, in headers and enforced, changing while it runs
:mod:`.replies`   what is answered, and what it costs in tokens
:mod:`.batches`   the Batch API
:mod:`.journal`   the log
:mod:`.judging`   judges a client by the log: rates, and what was bought twice
================  =================================================================================

Only the server itself loads aiohttp (extra ``fake``); plans and judges do not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from skeletonllm.lazy import lazy_exports

if TYPE_CHECKING:
    from skeletonllm.testing.fake_endpoint.batches import BatchPlan
    from skeletonllm.testing.fake_endpoint.faults import BILLED, FaultPlan
    from skeletonllm.testing.fake_endpoint.journal import hash_body, read_journal
    from skeletonllm.testing.fake_endpoint.judging import (
        Rates,
        count_in_windows,
        find_bought_twice,
        judge_rates,
    )
    from skeletonllm.testing.fake_endpoint.limits import Limit, Limits
    from skeletonllm.testing.fake_endpoint.replies import Reply, echo_label, find_label
    from skeletonllm.testing.fake_endpoint.server import FakeEndpoint

_HOMES = {
    f"skeletonllm.testing.fake_endpoint.{module}": names.split()
    for module, names in {
        "batches": "BatchPlan",
        "faults": "BILLED FaultPlan",
        "journal": "hash_body read_journal",
        "judging": "Rates count_in_windows find_bought_twice judge_rates",
        "limits": "Limit Limits",
        "replies": "Reply echo_label find_label",
        "server": "FakeEndpoint",
    }.items()
}
__getattr__, __dir__ = lazy_exports(
    __name__, {name: module for module, names in _HOMES.items() for name in names}
)

__all__ = [
    "BILLED",
    "BatchPlan",
    "FakeEndpoint",
    "FaultPlan",
    "Limit",
    "Limits",
    "Rates",
    "Reply",
    "count_in_windows",
    "echo_label",
    "find_bought_twice",
    "find_label",
    "hash_body",
    "judge_rates",
    "read_journal",
]
