"""Each benchmark opens its help, and each command that the docs name exists."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest
import tyro

from benchmarks.table import publish_table

REPO = Path(__file__).resolve().parents[2]
COMMANDS = sorted(
    ".".join(path.relative_to(REPO).with_suffix("").parts)
    for path in (REPO / "benchmarks").rglob("*.py")
    if "__main__" in path.read_text()
)
DOCS = [REPO / "README.md", REPO / "Makefile", *sorted((REPO / "docs").glob("*.md"))]


def test_every_theme_has_commands() -> None:
    assert {name.split(".")[1] for name in COMMANDS} >= {"rendering", "ingest", "learning", "fuzz"}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_benchmark_opens_its_help_and_writes_json(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    module = import_module(name)
    with pytest.raises(SystemExit) as ended:
        tyro.cli(module.Flags, args=["--help"])
    assert ended.value.code == 0
    assert "--json" in capsys.readouterr().out
    assert f"python -m {name}" in module.__doc__


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_the_docs_name_commands_that_exist(path: Path) -> None:
    named = set(re.findall(r"python -m (benchmarks[\w.]*\w)", path.read_text()))
    assert named <= set(COMMANDS)


def test_every_benchmark_is_in_the_docs() -> None:
    text = (REPO / "docs" / "BENCHMARKS.md").read_text() + (REPO / "docs/PROFILES.md").read_text()
    assert [name for name in COMMANDS if f"python -m {name}" not in text] == []


def test_a_table_is_printed_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "table.json"
    publish_table("Speed", [{"engine": "ours", "times as fast": "2.0"}], str(file))
    assert "times as fast" in capsys.readouterr().out
    assert '"times as fast": "2.0"' in file.read_text()
