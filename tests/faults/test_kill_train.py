"""kill -9 during training, then the same command again: the same bytes as an undisturbed run."""

from __future__ import annotations

from pathlib import Path

import pytest

from skeletonllm.storage import read_json
from skeletonllm.testing.processes import kill_job, read_folder, run_job
from skeletonllm.testing.releases import damage_clip, write_release

# Three times Ray Train starts, which takes minutes of two busy cores.
pytestmark = [pytest.mark.ray, pytest.mark.slow, pytest.mark.timeout(600)]


def test_a_killed_training_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    release = write_release(str(tmp_path / "release"))
    damage_clip(release, "lab/throw/5")
    sizes = ["--steps", "120", "--batch-size", "4", "--num-frames", "2", "--save-every", "20"]
    outputs = {name: tmp_path / name for name in ("whole", "killed")}
    args = {
        name: ["train", "--release", release, "--output", str(output), *sizes]
        for name, output in outputs.items()
    }
    done = run_job(*args["whole"])
    assert done.returncode == 0, done.stderr
    saved = outputs["killed"] / "ray" / "run" / "checkpoint_manager_snapshot.json"
    assert kill_job(*args["killed"], when=saved.exists), "it was done before the kill"
    assert not (outputs["killed"] / "manifest.json").exists()
    assert "checkpoint_" in saved.read_text()
    done = run_job(*args["killed"])
    assert done.returncode == 0, done.stderr
    assert read_folder(outputs["killed"]) == read_folder(outputs["whole"])
    report = read_json(f"{outputs['killed']}/report.json")
    (warning,) = report["warnings"]
    assert warning["times"] == 1  # the second run knew of it
    assert f"train warm_up: {warning['message']} (once" in done.stderr
    assert [row["clip_id"] for row in report["damaged_samples"]] == ["lab/throw/5"]
    assert done.stdout.rstrip().endswith("its bytes are not those that the index has the hash of")
