"""The asker under fire: faults, kills, processor time and memory, judged by the server's own log.

    python -m benchmarks.teaching.under_fire [--parts fire kills cost memory] [--json FILE]

The server is the fake endpoint of :mod:`skeletonllm.testing`, in a process of its own on 127.0.0.1;
who asks is a third process, which can be killed. Pictures are 40 kB of random bytes. All four parts
take about seven minutes; ``--requests 600 --parts kills`` is a short one.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import tyro

from benchmarks.table import publish_table
from benchmarks.teaching.asking import MODEL, Plan
from benchmarks.teaching.judges import (
    add_up_bill,
    count_at_once,
    count_outcomes,
    count_unknown,
    describe_requests,
    find_differences,
)
from benchmarks.teaching.processes import Server, finish, kill_each, serve
from skeletonllm.endpoint.prices import Price
from skeletonllm.testing.fake_endpoint import find_bought_twice, judge_rates

PARTS = ("fire", "kills", "cost", "memory")
PRICE = Price(2.5, 10.0)
FAULTS: Mapping[str, float] = {
    "limited": 0.005, "limited_silently": 0.005, "error_500": 0.04, "error_503": 0.04,
    "echoed_key": 0.01, "filtered_question": 0.01, "hang": 0.02, "dropped": 0.03, "slow": 0.01,
    "cut": 0.03, "html": 0.015, "no_choices": 0.015, "empty": 0.01, "refusal": 0.01,
    "length": 0.01, "filtered_answer": 0.005, "fenced_json": 0.01, "cut_json": 0.01, "prose": 0.01,
    "wrong_label": 0.005,
}  # fmt: skip
"""Of each 1,000 requests, so many fail in each way: 30 % in all. Few 429, as each stops all."""
PASSING: Mapping[str, float] = {
    "limited_silently": 0.005, "error_500": 0.08, "error_503": 0.05, "hang": 0.01, "dropped": 0.06,
    "cut": 0.06, "html": 0.02, "no_choices": 0.015,
}  # fmt: skip
"""Faults that leave no answer: so the answers do not depend on how often a kill made us ask."""
TIMEOUT_S = 8.0
KILLED_RPM, SLOW_RPM = 1200.0, 30.0
"""A minute, while processes are killed: so many that much is asked between two kills; and so few
that processes without a memory of the earlier ones would send too many, each its first at once."""
PAUSE_ENDS_S = 0.1
"""A client hears of a pause later than it begins, and wakes later than it ends."""


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this benchmark."""

    parts: tuple[str, ...] = PARTS
    """Which of fire, kills, cost, memory."""
    requests: int = 2000
    """Of the fire; the kills have a third of them, cost and memory half."""
    kills: int = 20
    """How often the asking process is killed."""
    rounds: int = 5
    """Pairs of processes whose processor time is compared."""
    seed: int = 0
    """Of the faults and of the moments of the kills."""
    json: str | None = None
    """File for the table."""


def main(flags: Flags) -> int:
    """Run the parts; 1 if a figure is missed."""
    rows: list[dict[str, Any]] = []
    for part in flags.parts:
        with tempfile.TemporaryDirectory(prefix="fire") as folder:
            _write_prices(Path(folder))
            rows += _PARTS[part](flags, Path(folder))
    publish_table("Asking under fire", rows, flags.json)
    return int(any(row["kept"] == "NO" for row in rows))


def run_fire(flags: Flags, folder: Path) -> list[dict[str, Any]]:
    """All requests at 30 % faults, while the limit falls and rises again.

    Args:
        flags: Number of requests, and the seed.
        folder: Empty but for prices.
    """
    steps = [{"requests": 1200}, {"requests": 900, "after_s": 65}]
    steps += [{"requests": 1500, "after_s": 110}]
    faults = {"shares": FAULTS, "seed": flags.seed}
    with serve(folder / "server", faults, {"steps": steps}, (0.05, 0.4)) as server:
        plan = _plan(server, folder, flags.requests, timeout_s=TIMEOUT_S)
        done = finish(plan)
        log = server.read_log()
    usd = {sha: usd for sha, (_, usd) in describe_requests(plan, PRICE).items()}
    waiting = [(time, count) for time, count in done["waiting"]]
    rates = judge_rates(log, waiting, grace_s=PAUSE_ENDS_S)
    refused = sum(e["event"] == "end" and e["fault"] == "limits" for e in log)
    ended = f"{len(done['answers'])} answered or told why: {count_outcomes(done['answers'])}"
    return [
        _row("fire: requests that ended", ended, "all", len(done["answers"]) == flags.requests),
        _row("fire: requests sent, second attempts with them", rates.requests),
        _row("fire: least share of the permitted rate, any 60 s", rates.lowest, ">= 0.95",
             rates.lowest is None or rates.lowest >= 0.95),
        _row("fire: greatest share, any 60 s", rates.highest, "<= 1.01",
             (rates.highest or 0) <= 1.01),
        _row("fire: the same, each by the limit of its moment", rates.fullest),
        _row("fire: seconds that count; 429 of the server's limit",
             f"{rates.counted_s:.0f}; {refused}"),
        *_judge_money("fire", done, log, usd, None),
    ]  # fmt: skip


def run_kills(flags: Flags, folder: Path) -> list[dict[str, Any]]:
    """The process killed with -9 while it asks; its answers against an undisturbed run's.

    Args:
        flags: Number of kills and requests, and the seed.
        folder: Empty but for prices.
    """
    requests, moments = flags.requests // 3, random.Random(flags.seed)
    faults = {"shares": PASSING, "seed": flags.seed}
    with serve(folder / "calm", {}, None) as server:
        plan = _plan(server, folder / "undisturbed", requests)
        calm = finish(plan)["answers"]
    known = describe_requests(plan, PRICE)
    usd = {sha: price for sha, (_, price) in known.items()}
    budget = 2.5 * sum(usd.values())
    limits = {"steps": [{"requests": KILLED_RPM}], "enforced": False}
    with serve(folder / "server", faults, limits, (0.05, 0.4)) as server:
        # Stated by the user too: a process that starts again knows it before the first answer.
        plan = _plan(server, folder, requests, timeout_s=TIMEOUT_S, max_usd=budget,
                     requests_per_minute=KILLED_RPM)  # fmt: skip
        lives = kill_each(plan, server, [moments.uniform(0.2, 2.5) for _ in range(flags.kills)])
        sent_before = sum(e["event"] == "arrive" for e in server.read_log())
        done = finish(plan)
        log = server.read_log()
    rates = judge_rates(log)
    keys = {key: sha for sha, (key, _) in describe_requests(plan, PRICE).items()}
    bought = find_bought_twice(log, _find_times(folder / "answers" / "cache", keys))
    differing = find_differences(done["answers"], calm)
    met, asked = sum(life.killed for life in lives), sum(life.sent > 0 for life in lives)
    return [
        _row("kills: met the process at work; of these processes asked something",
             f"{met} of {flags.kills}; {asked}", "all", met == asked == flags.kills),
        _row("kills: requests sent, of these before the last kill",
             f"{rates.requests}, {sent_before}"),
        _row("kills: answers bought twice", len(bought), "0", not bought),
        _row("kills: greatest share of the rate, any 60 s", rates.highest, "<= 1.01",
             (rates.highest or 0) <= 1.01),
        _row("kills: answers that differ from the undisturbed run's",
             f"{len(differing)} of {requests}", "0", not differing),
        *_judge_money("kills", done, log, usd, budget),
        *_run_low_limit(flags, folder, moments),
        *_run_short_budget(flags, folder, usd, moments),
    ]  # fmt: skip


def run_cost(flags: Flags, folder: Path) -> list[dict[str, Any]]:
    """Processor time a request, ours against the bare SDK's, in processes that alternate.

    Args:
        flags: Number of rounds and requests.
        folder: Empty but for prices.
    """
    requests, spent = flags.requests // 2, {"asker": [], "sdk": []}  # type: ignore[var-annotated]
    with serve(folder / "server") as server:
        for number in range(flags.rounds):
            plan = _plan(server, folder / f"{number}", requests)
            for name, each in (("sdk", replace(plan, folder=None)), ("asker", plan)):
                spent[name].append(finish(each)["cpu_s"] / requests * 1e3)
    apart = [ours - theirs for ours, theirs in zip(spent["asker"], spent["sdk"], strict=True)]
    listed = ", ".join(f"{ms:.2f}" for ms in sorted(apart))
    return [
        _row("cost: ms a request, the SDK alone (median)", median(spent["sdk"])),
        _row("cost: ms a request, the asker with the SDK", median(spent["asker"])),
        _row("cost: ms a request, our side (median of pairs)",
             f"{median(apart):.2f} ({listed})", "< 3", median(apart) < 3),
    ]  # fmt: skip


def run_memory(flags: Flags, folder: Path) -> list[dict[str, Any]]:
    """The most memory with all requests in flight at once.

    Args:
        flags: Number of requests.
        folder: Empty but for prices.
    """
    requests = flags.requests // 2
    with serve(folder / "server", latency_s=(12.0, 12.0)) as server:
        done = finish(_plan(server, folder, requests, concurrency=requests))
        at_once = count_at_once(server.read_log())
    return [
        _row("memory: requests at the server at once", at_once, f"{requests}", at_once == requests),
        _row("memory: most MB of the asking process", done["peak_mb"], "< 450",
             done["peak_mb"] < 450),
    ]  # fmt: skip


def _run_low_limit(flags: Flags, folder: Path, moments: random.Random) -> list[dict[str, Any]]:
    """As many kills where the limit is what all processes together may send."""
    # Stated and not enforced: a server that refuses what is too much would hide it.
    limits = {"steps": [{"requests": SLOW_RPM}], "enforced": False}
    with serve(folder / "slow", {}, limits, (0.05, 0.4)) as server:
        plan = _plan(server, folder / "slowly", flags.requests // 50, requests_per_minute=SLOW_RPM)
        kill_each(plan, server, [moments.uniform(0.2, 2.5) for _ in range(flags.kills)])
        sent_before = sum(e["event"] == "arrive" for e in server.read_log())
        finish(plan)
        rates = judge_rates(server.read_log())
    return [
        _row("low limit, as many kills: requests sent, of these before the last kill",
             f"{rates.requests}, {sent_before}"),
        _row("low limit: greatest share of the rate, any 60 s", rates.highest, "<= 1.01",
             (rates.highest or 0) <= 1.01),
    ]  # fmt: skip


def _run_short_budget(
    flags: Flags, folder: Path, usd: Mapping[str, float], moments: random.Random
) -> list[dict[str, Any]]:
    """Kills, and a budget that is enough for half of it."""
    budget = sum(usd.values()) / 2
    faults = {"shares": PASSING, "seed": flags.seed}
    with serve(folder / "poor", faults, None, (0.05, 0.4)) as server:
        plan = _plan(server, folder / "poorly", len(usd), timeout_s=TIMEOUT_S, max_usd=budget)
        kill_each(plan, server, [moments.uniform(0.1, 0.5) for _ in range(3)])
        done = finish(plan)
        log = server.read_log()
    stopped = sum(error.startswith("BudgetError") for error in done["errors"])
    return [
        _row("half the budget: stopped by it", f"{stopped} of {len(usd)}", "some", stopped > 0),
        *_judge_money("half the budget, 3 kills", done, log, usd, budget),
    ]


def _judge_money(
    name: str, done: Mapping[str, Any], log: Any, usd: Mapping[str, float], budget: float | None
) -> list[dict[str, Any]]:
    assert count_unknown(log, usd) == 0, "the log has answers to bodies that were never made"
    spend, bill = done["progress"]["spend"], add_up_bill(log, usd)
    counted = spend["spent_usd"] + spend["unresolved_usd"] + spend["reserved_usd"]
    most = bill.sure_usd + bill.perhaps_usd
    text = (
        f"counted {counted:.4f} (answers {spend['spent_usd']:.4f}); "
        f"billed {bill.sure_usd:.4f}, perhaps {bill.perhaps_usd:.4f} more"
    )
    covered = counted >= most - 1e-6
    rows = [_row(f"{name}: USD", text, "counted >= billed", covered)]
    if budget is not None:
        within = counted <= budget + 1e-9 and most <= budget
        rows.append(_row(f"{name}: budget", f"{budget:.4f}", "kept", within))
    return rows


def _plan(server: Server, folder: Path, requests: int, **options: Any) -> Plan:
    prices = next(p / "prices.json" for p in (folder, *folder.parents)
                  if (p / "prices.json").exists())  # fmt: skip
    return Plan(
        base_url=server.base_url,
        result=str(folder / "result.json"),
        folder=str(folder / "answers"),
        requests=requests,
        prices=str(prices),
        **options,
    )


def _find_times(cache: Path, keys: Mapping[str, str]) -> dict[str, float]:
    """SHA-256 of a body -> when its answer was in the cache."""
    return {keys[path.stem]: path.stat().st_mtime for path in cache.rglob("*.json")}


def _write_prices(folder: Path) -> None:
    price = {"input_usd": PRICE.input_usd, "output_usd": PRICE.output_usd}
    stated = {"schema": "prices", "schema_version": "1.0.0", "models": {MODEL: price}}
    (folder / "prices.json").write_text(json.dumps(stated))


def _row(figure: str, found: Any, asked: str = "", kept: bool | None = None) -> dict[str, Any]:
    text = f"{found:.3f}" if isinstance(found, float) else str(found)
    return {"figure": figure, "found": text, "asked": asked,
            "kept": {None: "", True: "yes", False: "NO"}[kept]}  # fmt: skip


_PARTS: dict[str, Callable[[Flags, Path], list[dict[str, Any]]]] = {
    "fire": run_fire,
    "kills": run_kills,
    "cost": run_cost,
    "memory": run_memory,
}

if __name__ == "__main__":
    sys.exit(main(tyro.cli(Flags)))
