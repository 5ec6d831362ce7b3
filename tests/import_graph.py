"""Who imports whom when a module of ours is loaded, read from the source without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

REPO = Path(__file__).resolve().parents[1]
FLOORS = ("schemas", "skeletonllm", "pipelines", "jobs")

Graph = Mapping[str, frozenset[str]]


def source_files() -> list[Path]:
    """All Python files of the four floors."""
    return sorted(path for floor in FLOORS for path in (REPO / floor).rglob("*.py"))


def module_name(path: Path) -> str:
    """Dotted name of a file; a package bears that of its folder."""
    parts = path.relative_to(REPO).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    """``skeletonllm.draction`` for all that lies in it; a floor or a single module is its own."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "skeletonllm" else parts[0]


def imported_names(tree: ast.AST) -> set[str]:
    """Full names of everything a file imports anywhere, also inside functions."""
    return {name for node in ast.walk(tree) for name in _names(node)}


@cache
def import_graph() -> Graph:
    """What each module imports while it is loaded: ours as modules, others as packages.

    Imports inside functions and under ``TYPE_CHECKING`` are left out: loading does not run them.
    """
    ours = {module_name(path): path for path in source_files()}
    return {name: frozenset(_loaded(name, path, ours)) for name, path in ours.items()}


def reachable(start: str, graph: Graph) -> frozenset[str]:
    """Every node that can be reached from one, itself included."""
    seen, waiting = {start}, [start]
    while waiting:
        fresh = graph.get(waiting.pop(), frozenset()) - seen
        seen |= fresh
        waiting += fresh
    return frozenset(seen)


def loaded_with(module: str) -> frozenset[str]:
    """Everything that is loaded with a module: what it imports, and the packages it lies in."""
    graph = import_graph()
    packages = {name: frozenset({name.rpartition(".")[0]} - {""}) for name in graph}
    return reachable(module, {name: graph[name] | packages[name] for name in graph})


def circles(graph: Graph) -> list[list[str]]:
    """Groups of nodes that reach each other."""
    reach = {node: reachable(node, graph) for node in graph}
    groups = {frozenset(n for n in reach[node] if node in reach.get(n, ())) for node in graph}
    return sorted(sorted(group) for group in groups if len(group) > 1)


def room_graph() -> Graph:
    """Which rooms load modules of which other rooms."""
    rooms: dict[str, set[str]] = {}
    for module, loaded in import_graph().items():
        there = {room_of(name) for name in loaded if name.split(".")[0] in FLOORS}
        rooms.setdefault(room_of(module), set()).update(there - {room_of(module)})
    return {room: frozenset(there) for room, there in rooms.items()}


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and not node.level:
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _loaded(name: str, path: Path, ours: Mapping[str, Path]) -> set[str]:
    found: set[str] = set()
    for node in _run_on_loading(ast.parse(path.read_text()).body):
        for full in _names(node):
            if full.split(".")[0] not in FLOORS:
                found.add(full.split(".")[0])
            else:
                found.add(full if full in ours else full.rpartition(".")[0])
    return found - {name}


def _run_on_loading(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements that loading a module runs, at any depth of blocks."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        yield node
        checking = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for field in ("body", "orelse", "finalbody"):
            if not (checking and field == "body"):
                yield from _run_on_loading(getattr(node, field, []))
        for handler in getattr(node, "handlers", []):
            yield from _run_on_loading(handler.body)
