"""The import rules of docs/ARCHITECTURE.md: arrows point down only, and heavy packages stay put."""

from __future__ import annotations

import ast
import re

import pytest

from tests.import_graph import (
    FLOORS,
    REPO,
    circles,
    import_graph,
    imported_names,
    loaded_with,
    room_graph,
    room_of,
    source_files,
)

HEAVY = ("numba", "pandera", "ray", "scipy", "torch", "transformers")
"""What takes long to import; which rooms load it is what the table in ARCHITECTURE.md says."""

SOURCES = source_files()
NAMES = [str(path.relative_to(REPO)) for path in SOURCES]


def top_level(names: set[str]) -> set[str]:
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize("name", NAMES)
def test_a_file_imports_no_floor_above_its_own(name: str) -> None:
    above = set(FLOORS[FLOORS.index(name.split("/", maxsplit=1)[0]) + 1 :])
    assert not above & top_level(imported_names(ast.parse((REPO / name).read_text())))


@pytest.mark.parametrize("name", [n for n in NAMES if n.startswith(("schemas", "skeletonllm"))])
def test_the_library_never_imports_ray_not_even_within_a_function(name: str) -> None:
    assert "ray" not in top_level(imported_names(ast.parse((REPO / name).read_text())))


def test_modules_load_each_other_without_circles() -> None:
    assert circles(import_graph()) == []


def test_rooms_load_each_other_without_circles() -> None:
    assert circles(room_graph()) == []


def documented_loads() -> dict[str, set[str]]:
    """The table ``| room | loads |`` of docs/ARCHITECTURE.md."""
    text = (REPO / "docs" / "ARCHITECTURE.md").read_text()
    section = text.partition("## What a room loads")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (.+?) \| (.+?) \|$", section, re.MULTILINE)[1:]
    return {
        room: set(re.findall(r"`(\w+)`", heavy))
        for rooms, heavy in rows
        for room in re.findall(r"`([\w.]+)`", rooms)
    }


def loads_of_rooms() -> dict[str, set[str]]:
    """The heavy packages that a room loads, itself or by way of other rooms, where any."""
    loads: dict[str, set[str]] = {}
    for module in import_graph():
        heavy = loaded_with(module) & set(HEAVY)
        loads.setdefault(room_of(module).removeprefix("skeletonllm."), set()).update(heavy)
    return {room: heavy for room, heavy in loads.items() if heavy}


def test_rooms_load_the_heavy_packages_that_the_architecture_names() -> None:
    assert loads_of_rooms() == documented_loads()


def test_only_tests_import_tests() -> None:
    outside = [
        p for folder in ("benchmarks", "docs", "examples") for p in (REPO / folder).rglob("*.py")
    ]
    for path in [*SOURCES, *outside]:
        assert "tests" not in top_level(imported_names(ast.parse(path.read_text()))), path


def test_only_tests_of_the_benchmarks_import_benchmarks() -> None:
    tests = [
        p for p in (REPO / "tests").rglob("*.py") if REPO / "tests/benchmarks" not in p.parents
    ]
    for path in [*SOURCES, *tests]:
        assert "benchmarks" not in top_level(imported_names(ast.parse(path.read_text()))), path


def test_hypothesis_is_asked_for_by_one_module_alone() -> None:
    asking = {
        path.name
        for path in SOURCES
        if {"hypothesis", "pytest"} & top_level(imported_names(ast.parse(path.read_text())))
    }
    assert asking == {"strategies.py"}
