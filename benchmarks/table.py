"""What every benchmark shares: a table on the screen, and the same as JSON with `--json FILE`."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table


def describe_machine() -> str:
    """Cores, architecture and Python of this machine, in a few words."""
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"


def publish_table(title: str, rows: list[dict[str, Any]], json_file: str | None) -> None:
    """Print rows as a table, and write them with title and machine as JSON.

    Args:
        title: Above the table.
        rows: Of equal keys, which head the columns.
        json_file: Where to; None for the screen alone.
    """
    table = Table(*rows[0], title=f"{title} ({describe_machine()})", title_justify="left")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    console = Console()
    if not console.is_terminal:
        console.width = 140
    console.print(table)
    save_table(title, rows, json_file)


def save_table(title: str, rows: list[dict[str, Any]], json_file: str | None) -> None:
    """Write rows with title and machine as JSON, such as after each row of a long run.

    Args:
        title: Of the table.
        rows: Of equal keys.
        json_file: Where to; None for nowhere.
    """
    if json_file:
        data = {"title": title, "machine": describe_machine(), "rows": rows}
        Path(json_file).write_text(json.dumps(data, indent=1) + "\n")
