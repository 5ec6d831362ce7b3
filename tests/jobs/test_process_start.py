from __future__ import annotations

import subprocess
import sys
import time

import pytest

from jobs import process_start

PROBE = "import time; time.sleep(0.5); from jobs.process_start import measure_seconds as m; "


def test_what_came_before_the_first_import_counts() -> None:
    """By the system's own clock: the process began before Python did anything."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", f"{PROBE}print(m())"], capture_output=True, text=True, check=True
    )
    whole = time.monotonic() - began
    assert 0.5 <= float(done.stdout) <= whole + 0.05  # the system counts in hundredths


def test_where_the_system_does_not_say_it_imports_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_start, "Path", lambda _: open("/nowhere"))  # noqa: SIM115, PTH123
    before = process_start.measure_seconds()
    assert 0 <= before <= process_start.measure_seconds()
