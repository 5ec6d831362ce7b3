"""The road walked in an S3, on a cluster of two nodes, with each stage killed: the same bytes.

Of each stage first the driver is killed, while one worker is about to write a file and other parts
are done; then, in the second run, a worker. The undisturbed road is walked in a local folder.
"""

from __future__ import annotations

import subprocess
import threading
import time
from pathlib import Path

import pytest

from jobs import cli
from skeletonllm.testing.processes import PATIENCE_S, kill_job, read_folder, run_job
from tests.faults.road import (
    PLACE,
    Road,
    Scene,
    hash_contents,
    is_alive,
    kill_frozen,
    write_raw,
)

pytestmark = [
    pytest.mark.ray,
    pytest.mark.slow,
    pytest.mark.timeout(1800),  # 240 s of two idle cores
    pytest.mark.filterwarnings("ignore::DeprecationWarning:ray.data.context"),
]

SAVED = "ray/run/checkpoint_manager_snapshot.json"
LOOK_S = 0.02


@pytest.fixture(scope="module")
def raw_road(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("raw") / "nw_ucla"
    write_raw(folder)
    return folder


@pytest.fixture(scope="module")
def expected(
    raw_road: Path, tmp_path_factory: pytest.TempPathFactory, local_ray: None
) -> dict[str, str]:
    """Hashes of all files of the undisturbed road."""
    root = tmp_path_factory.mktemp("here")
    for _, command in Road(str(raw_road), str(root)).commands():
        assert cli.main(command) == 0
    return hash_contents(read_folder(root))


def test_a_road_in_an_s3_on_two_nodes_with_every_stage_killed_leaves_the_same_bytes(
    expected: dict[str, str], raw_road: Path, scene: Scene
) -> None:
    scene.bucket.upload(raw_road, "raw/nw_ucla/")
    road = Road(scene.bucket.place("raw/nw_ucla"), scene.bucket.place(PLACE))
    for folder, command in road.commands():
        if folder == "releases":
            _kill_cutters(command, scene)
        else:
            _kill_driver(folder, command, scene)
            _kill_worker(command, scene)
    assert run_job("verify", road.release).returncode == 0
    assert hash_contents(scene.bucket.read(f"{PLACE}/")) == expected


def _kill_driver(folder: str, command: list[str], scene: Scene) -> None:
    """Kill it when something is done and a worker is about to write something else."""
    if folder == "run":  # Ray's own files tell that a checkpoint is whole
        scene.flag.touch()
        assert kill_job(*command, when=lambda: scene.see(folder, SAVED))
    else:
        scene.flag.unlink(missing_ok=True)
        done = "/part-0000"
        met = kill_job(*command, when=lambda: scene.flag.exists() and scene.see(folder, done))
        assert met
        _wait_until_dead(int(scene.flag.read_text()))
    assert not scene.see(folder, "manifest.json")


def _kill_worker(command: list[str], scene: Scene) -> None:
    """Kill the first worker that is about to write; the same run goes on without it."""
    scene.flag.unlink()
    killed: list[int] = []

    def kill() -> None:
        until = time.monotonic() + PATIENCE_S
        while not (scene.flag.exists() and scene.flag.read_text()) and time.monotonic() < until:
            time.sleep(LOOK_S)
        killed.append(kill_frozen(scene.flag))

    watch = threading.Thread(target=kill)
    watch.start()
    done = run_job(*command)
    watch.join()
    assert done.returncode == 0, done.stderr
    assert len(killed) == 1


def _kill_cutters(command: list[str], scene: Scene) -> None:
    """Kill one before a tar is there, one before the manifest; then let one finish."""
    for file in (".tar", "manifest.json"):
        flag = scene.flag.with_name(file)
        assert kill_job(*command, when=flag.exists, failpoint=f"before_upload:{file}:{flag}")
        assert not scene.see("releases/toy/0.1.0", "manifest.json")
    done: subprocess.CompletedProcess[str] = run_job(*command)
    assert done.returncode == 0, done.stderr


def _wait_until_dead(pid: int) -> None:
    until = time.monotonic() + PATIENCE_S
    while is_alive(pid):
        assert time.monotonic() < until, "a worker outlived its driver"
        time.sleep(LOOK_S)
