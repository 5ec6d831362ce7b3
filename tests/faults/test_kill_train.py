"""kill -9 during training, then the same command again: the same bytes as an undisturbed run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from skeletonllm.storage import read_json
from skeletonllm.testing.processes import kill_job, run_job
from skeletonllm.testing.releases import damage_clip, write_release
from tests.pipelines.sabotage import read_kept

# Every command starts Ray Train, which takes minutes of two busy cores.
pytestmark = [pytest.mark.ray, pytest.mark.slow, pytest.mark.timeout(900)]

STEPS = 120
DAMAGED = "lab/throw/5"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> str:
    """24 clips, one of which is damaged."""
    folder = write_release(str(tmp_path_factory.mktemp("release")))
    damage_clip(folder, DAMAGED)
    return folder


def command(release: str, output: Path, *save: str) -> list[str]:
    sizes = ["--steps", str(STEPS), "--batch-size", "4", "--num-frames", "2"]
    return ["train", "--release", release, "--output", str(output), *sizes, *save]


@pytest.fixture(scope="module")
def whole(release: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An undisturbed run of one worker."""
    output = tmp_path_factory.mktemp("whole") / "run"
    done = run_job(*command(release, output, "--save-every", "20"))
    assert done.returncode == 0, done.stderr
    return output


def kill_after_a_save(args: list[str], output: Path) -> None:
    saved = output / "ray" / "run" / "checkpoint_manager_snapshot.json"
    assert kill_job(*args, when=saved.exists), "it was done before the kill"
    assert not (output / "manifest.json").exists()
    assert "checkpoint_" in saved.read_text()


def read_lines(output: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (output / "metrics.jsonl").read_text().splitlines()]


# Three seconds: all of these steps take longer, even on a fast machine.
@pytest.mark.parametrize("save", [("--save-every", "20"), ("--save-minutes", "0.05")])
def test_a_killed_training_goes_on_from_its_checkpoint(
    save: tuple[str, str], release: str, whole: Path, tmp_path: Path
) -> None:
    args = command(release, tmp_path / "killed", *save)
    kill_after_a_save(args, tmp_path / "killed")
    done = run_job(*args)
    assert done.returncode == 0, done.stderr
    assert read_kept(tmp_path / "killed") == read_kept(whole)
    report = read_json(f"{tmp_path}/killed/report.json")
    (warning,) = report["warnings"]
    assert warning["times"] == 1  # the second run knew of it
    assert f"train warm_up: {warning['message']} (once" in done.stderr
    assert [row["clip_id"] for row in report["damaged_samples"]] == [DAMAGED]
    assert done.stdout.rstrip().endswith("its bytes are not those that the index has the hash of")


def test_a_killed_training_goes_on_with_two_workers(
    release: str, whole: Path, tmp_path: Path
) -> None:
    args = command(release, tmp_path / "killed", "--save-every", "20")
    kill_after_a_save(args, tmp_path / "killed")
    done = run_job(*args, "--workers", "2")
    assert done.returncode == 0, done.stderr
    lines, expected = read_lines(tmp_path / "killed"), read_lines(whole)
    for key in ("step", "clips", "damaged", "rate"):
        assert [line[key] for line in lines] == [line[key] for line in expected]
    report = read_json(f"{tmp_path}/killed/report.json")
    assert report["workers"] == 2
    assert sum(row["times"] for row in report["warnings"]) == 1
    assert [row["clip_id"] for row in report["damaged_samples"]] == [DAMAGED]
    # The sums of floats in another order: all but the same at first, and alike after 120 steps.
    saved = 20
    before = [line["loss"] for line in expected[:saved]]
    assert [line["loss"] for line in lines[:saved]] == before
    after = [line["loss"] for line in expected[saved : saved + 10]]
    assert [line["loss"] for line in lines[saved : saved + 10]] == pytest.approx(after, rel=1e-2)
