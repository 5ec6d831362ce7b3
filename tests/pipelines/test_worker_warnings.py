from __future__ import annotations

import io
import logging
import os
import signal
import threading
import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from pipelines import progress, stage
from pipelines.stage import run_stage
from pipelines.worker_warnings import Warned, WarningTally, collect_warnings
from skeletonllm.errors import SchemaError
from skeletonllm.storage import Plan, Unit, write_bytes

PLAN = Plan("toy", "1", {}, tuple(Unit(i, (str(i),)) for i in range(7)))
log = logging.getLogger("skeletonllm.toy")


def grumble(unit: Unit, *, output: str) -> None:
    """Units 2 and 4 warn of the same, unit 3 loses its first worker, unit 5 warns in Python."""
    if unit.index in (2, 4):
        for _ in range(unit.index):
            log.warning("clip %s is odd", unit.index)
    if unit.index == 3 and not Path(output, "died").exists():
        write_bytes(f"{output}/died", b"")
        os.kill(os.getpid(), signal.SIGKILL)
    if unit.index == 5:
        warnings.warn("made of wood", stacklevel=1)
        warnings.warn("soon gone", DeprecationWarning, stacklevel=1)
    write_bytes(f"{output}/toys/{unit.part}.parquet", b"")


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]


@pytest.mark.ray
@pytest.mark.usefixtures("local_ray")
def test_what_units_warn_of_is_said_once_and_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    work = partial(grumble, output=str(tmp_path))
    run_stage(str(tmp_path), PLAN, "toys", work, dict)
    assert said(caplog) == [
        "toy: clip 2 is odd (6 times, in 2 units, first in unit 2)",
        "toy: run again, since its worker died (once, in unit 3)",
        "toy: UserWarning: made of wood (once, in unit 5)",
    ]
    caplog.clear()
    run_stage(str(tmp_path), PLAN, "toys", work, dict)
    assert not said(caplog)


def test_they_stand_behind_the_progress_bar_even_if_the_stage_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail_late(*_: Any) -> Iterator[tuple[Unit, Warned]]:
        yield PLAN.units[1], {"x": ("a finger is missing", 3)}
        raise SchemaError("broken")

    terminal = io.StringIO()
    monkeypatch.setattr(
        progress, "Console", lambda **_: Console(file=terminal, force_terminal=True)
    )
    monkeypatch.setattr(stage, "_run_units", fail_late)
    handler = logging.StreamHandler(terminal)
    logging.getLogger("pipelines").addHandler(handler)
    try:
        with pytest.raises(SchemaError, match="broken"):
            run_stage(str(tmp_path), PLAN, "toys", print, dict)
    finally:
        logging.getLogger("pipelines").removeHandler(handler)
    bar, over, line = terminal.getvalue().rpartition("\x1b[2K")  # a transient bar wipes its line
    assert "1/7" in bar
    assert over
    assert line == "toy: a finger is missing (3 times, in unit 1)\n"


def test_threads_are_heard_and_what_is_ignored_stays_ignored() -> None:
    def warn() -> None:
        warnings.warn("from a thread", stacklevel=1)
        warnings.warn("asked to be quiet", FutureWarning, stacklevel=1)

    with warnings.catch_warnings():
        warnings.resetwarnings()
        warnings.simplefilter("ignore", FutureWarning)
        shown = warnings.showwarning
        with collect_warnings() as collector:
            threads = [threading.Thread(target=warn) for _ in range(3)]
            for thread in threads:
                thread.start()
                thread.join()
            log.info("only to be known")
            wrong = logging.LogRecord("", logging.WARNING, "", 1, "%d arguments", ("many",), None)
            collector.handle(wrong)
            logging.getLogger("ray.train").warning("Ray's own")
        log.warning("after the block")
        assert warnings.showwarning == shown
    expected = [("UserWarning: from a thread", 3), ("%d arguments", 1)]
    assert list(collector.warned.values()) == expected


def test_a_long_text_is_one_short_line() -> None:
    tally = WarningTally("toy", "worker")
    tally.add(10, {"x": ("ten", 2)})
    tally.add(2, {"x": ("a\nb " + "c " * 400, 1)})
    (row,) = tally.to_json()
    assert (row["times"], row["units"], row["first"]) == (3, 2, 2)
    assert row["message"].startswith("a b c c")
    assert row["message"].endswith("c ...")
    assert len(row["message"]) <= 500
