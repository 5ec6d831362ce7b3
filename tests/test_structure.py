"""What keeps the house habitable: sizes of rooms, files and functions, names, and docstrings."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

from tests.import_graph import REPO, source_files

LIBRARY = [path for path in source_files() if path.stat().st_size]
TRACKED = [*LIBRARY, *sorted((REPO / "benchmarks").rglob("*.py"))]
MOST_ENTRIES, MOST_LINES, LONGEST_FUNCTION = 16, 400, 60
MEDIAN_FILE, MEDIAN_FUNCTION = (80, 150), (6, 12)
VERBS_ON_ONE_PAGE = 80
Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path: Path) -> str:
    return str(path.relative_to(REPO))


def functions(path: Path) -> Iterator[Function]:
    tree = ast.parse(path.read_text())
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def lines_of(node: Function) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_a_room_holds_few_things() -> None:
    rooms = Counter(path.parent for path in LIBRARY if path.name != "__init__.py")
    rooms.update(p.parent.parent for p in LIBRARY if p.name == "__init__.py")
    free = {REPO, REPO / "jobs", REPO / "skeletonllm"}
    assert {name_of(r): n for r, n in rooms.items() if n > MOST_ENTRIES and r not in free} == {}


def test_files_can_be_held_in_the_head() -> None:
    sizes = {name_of(path): len(path.read_text().splitlines()) for path in TRACKED}
    assert {name: n for name, n in sizes.items() if n > MOST_LINES} == {}
    low, high = MEDIAN_FILE
    assert low <= median(n for name, n in sizes.items() if "__init__" not in name) <= high


def test_functions_fit_on_a_screen() -> None:
    sizes = {f"{name_of(p)}:{f.name}": lines_of(f) for p in TRACKED for f in functions(p)}
    assert {name: n for name, n in sizes.items() if n > LONGEST_FUNCTION} == {}
    low, high = MEDIAN_FUNCTION
    assert low <= median(sizes.values()) <= high


def test_jobs_stay_short() -> None:
    helpers = {
        "arguments",
        "cli",
        "common",
        "demo",
        "guesses",
        "inspect_path",
        "loading",
        "missing_lists",
        "raw_flags",
        "scores",
    } | {
        "teacher_flags",
        "train_flags",
    }
    jobs = [p for p in LIBRARY if p.parent == REPO / "jobs" and p.stem not in helpers]
    long = {p.name: n for p in jobs if (n := len(p.read_text().splitlines())) > VERBS_ON_ONE_PAGE}
    assert len(jobs) > len(helpers)
    assert long == {}


@pytest.mark.parametrize("path", TRACKED, ids=name_of)
def test_a_module_does_not_bear_the_name_of_its_function(path: Path) -> None:
    assert path.stem not in {
        node.name for node in ast.parse(path.read_text()).body if isinstance(node, Function)
    }


def public_functions(path: Path) -> Iterator[Function]:
    """Functions and methods that users call: no underscore in any part of their path."""
    waiting = list(ast.parse(path.read_text()).body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            waiting += node.body
        elif isinstance(node, Function) and not node.name.startswith("_"):
            yield node


def parameters(node: Function) -> list[str]:
    spec = node.args
    names = [a.arg for a in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)]
    return [name for name in names if name not in ("self", "cls")]


@pytest.mark.parametrize("path", LIBRARY, ids=name_of)
def test_two_parameters_are_explained(path: Path) -> None:
    bare = [
        node.name
        for node in public_functions(path)
        if len(parameters(node)) > 1
        and "Args:" not in (doc := ast.get_docstring(node) or "")
        and not doc.startswith("See ")
    ]
    assert bare == []
