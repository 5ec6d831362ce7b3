"""How long this process has been running: what a person waits for includes all imports."""

from __future__ import annotations

import os
import time
from pathlib import Path

_IMPORTED = time.monotonic()
"""When this module was imported, for systems that do not say when a process began."""


def measure_seconds() -> float:
    """Seconds since this process began; where the system does not say, since its first imports."""
    try:
        # After the name, which may hold anything in its parentheses: state, then 18 numbers.
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        began = int(fields[19]) / os.sysconf("SC_CLK_TCK")
        return time.clock_gettime(time.CLOCK_BOOTTIME) - began
    except (OSError, AttributeError, IndexError, ValueError):
        return time.monotonic() - _IMPORTED
