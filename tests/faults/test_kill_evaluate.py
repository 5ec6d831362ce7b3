"""kill -9 during an evaluation, then the same command again: the same bytes, so the same scores."""

from __future__ import annotations

from pathlib import Path

import pytest

from skeletonllm.testing.processes import kill_job, read_folder, run_job
from skeletonllm.testing.releases import write_release

# Every command starts Ray and loads a model.
pytestmark = [pytest.mark.ray, pytest.mark.slow, pytest.mark.timeout(900)]

CONDITIONS = ("exchanged", "blind", "noise_cm=2", "noise_cm=5", "joint_dropout=0.3")
"""With the clips as they are, six units."""


def test_a_killed_evaluation_goes_on_to_the_same_scores(tmp_path: Path) -> None:
    release = write_release(str(tmp_path / "release"))
    sizes = ["--steps", "2", "--batch-size", "4", "--num-frames", "2"]
    run = str(tmp_path / "run")
    done = run_job(
        "train", "--release", release, "--output", run, *sizes, "--held-out-subjects", "2"
    )
    assert done.returncode == 0, done.stderr

    def command(output: Path) -> list[str]:
        asked = ["--checkpoint", f"{run}/checkpoint", "--on", "held_out_subjects"]
        to = ["--output", str(output), "--conditions", *CONDITIONS]
        return ["evaluate", "--release", release, *asked, *to]

    whole, killed = tmp_path / "whole", tmp_path / "killed"
    done = run_job(*command(whole))
    assert done.returncode == 0, done.stderr
    parts = killed / "parts"
    alive = kill_job(*command(killed), when=lambda: parts.exists() and any(parts.iterdir()))
    assert alive, "it was done before the kill"
    assert not (killed / "manifest.json").exists()
    done = run_job(*command(killed))
    assert done.returncode == 0, done.stderr
    assert read_folder(killed) == read_folder(whole)
