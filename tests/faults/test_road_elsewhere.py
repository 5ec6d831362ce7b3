"""The road walked in an S3, on a cluster of two nodes, with each stage killed: the same bytes.

Of each stage first the driver is killed, while one worker is about to write a file and other parts
are done; then, in the second run, a worker. The undisturbed road is walked in a local folder.
"""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from jobs import cli
from skeletonllm.storage.failpoints import VARIABLE
from skeletonllm.testing.processes import PATIENCE_S, kill_job, read_folder, run_job, share_ray
from tests.faults.road import Bucket, Road, hash_contents, is_alive, kill_frozen, write_raw
from tests.faults.s3_here import BUCKET, KEYS

pytestmark = [
    pytest.mark.ray,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:ray.data.context"),
]

PLACE = "elsewhere/"
SAVED = "ray/run/checkpoint_manager_snapshot.json"
LOOK_S = 0.02


@dataclass(frozen=True)
class Scene:
    """Where the disturbed road is walked.

    Args:
        bucket: The S3.
        flag: File of the fail point at which workers freeze before their next upload; while it
            exists, they pass.
    """

    bucket: Bucket
    flag: Path

    def see(self, folder: str, words: str) -> bool:
        """Whether any object of a stage's folder has a name with these words."""
        return any(words in name for name in self.bucket.read(f"{PLACE}{folder}/"))


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("raw") / "nw_ucla"
    write_raw(folder)
    return folder


@pytest.fixture(scope="module")
def expected(
    raw: Path, tmp_path_factory: pytest.TempPathFactory, local_ray: None
) -> dict[str, str]:
    """Hashes of all files of the undisturbed road."""
    root = tmp_path_factory.mktemp("here")
    for _, command in Road(str(raw), str(root)).commands():
        assert cli.main(command) == 0
    return hash_contents(read_folder(root))


@pytest.fixture(scope="module")
def scene(moto: str, raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("cluster")
    scene = Scene(Bucket(moto), folder / "frozen")
    keys = {**KEYS, "AWS_ENDPOINT_URL": moto}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in keys.items():
            patch.setenv(name, value)
        scene.bucket.upload(raw, "raw/nw_ucla/")
        patch.setenv(VARIABLE, f"before_upload::{scene.flag}")
        with share_ray(folder, cpus=1, nodes=2) as found:
            patch.delenv(VARIABLE)  # the drivers go on; workers have it of their nodes
            for name, value in found.items():
                patch.setenv(name, value)
            yield scene


def test_a_road_in_an_s3_on_two_nodes_with_every_stage_killed_leaves_the_same_bytes(
    expected: dict[str, str], scene: Scene
) -> None:
    road = Road(f"s3://{BUCKET}/raw/nw_ucla", f"s3://{BUCKET}/{PLACE[:-1]}")
    for folder, command in road.commands():
        if folder == "releases":
            _kill_cutters(command, scene)
        else:
            _kill_driver(folder, command, scene)
            _kill_worker(command, scene)
    assert run_job("verify", road.release).returncode == 0
    assert hash_contents(scene.bucket.read(PLACE)) == expected


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
