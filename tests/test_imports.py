"""The import rule of docs/ARCHITECTURE.md: arrows point down only, and Ray stays upstairs."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[1]
FLOORS = ("schemas", "skeletonllm", "pipelines", "jobs")
RAY_FLOORS = ("pipelines", "jobs")
TORCH_ROOMS = ("motion_batch", "draction", "mllm", "training", "evaluation", "visualization")


def modules() -> list[Path]:
    return sorted(path for floor in FLOORS for path in (REPO / floor).rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Top-level packages and full names of everything a file imports, at any depth."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(REPO)))
def test_arrows_point_down(path: Path) -> None:
    floor = FLOORS.index(path.relative_to(REPO).parts[0])
    above = set(FLOORS[floor + 1 :])
    assert not above & {name.split(".")[0] for name in imports(path)}


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(REPO)))
def test_ray_lives_in_pipelines_and_jobs(path: Path) -> None:
    if path.relative_to(REPO).parts[0] not in RAY_FLOORS:
        assert "ray" not in {name.split(".")[0] for name in imports(path)}


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(REPO)))
def test_torch_stays_in_its_rooms(path: Path) -> None:
    inside = path.relative_to(REPO)
    if inside.parts[0] != "skeletonllm" or any(
        str(inside).startswith(f"skeletonllm/{room}") for room in TORCH_ROOMS
    ):
        return
    assert "torch" not in {name.split(".")[0] for name in imports(path)}


def test_files_can_be_held_in_the_head() -> None:
    long = {
        str(p.relative_to(REPO)): n
        for p in modules()
        if (n := len(p.read_text().split("\n"))) > 400
    }
    assert not long


def test_jobs_stay_short() -> None:
    submitted = ("normalize", "mine_negatives", "build_rationales", "build_shards", "cut_release")
    others = ("identify", "quality", "splits", "compare_profiles", "render", "verify")
    for name in (*submitted, "train", "evaluate", *others):
        assert len((REPO / "jobs" / f"{name}.py").read_text().splitlines()) <= 80, name
