"""What the tests of kills and of stores share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs import cli
from skeletonllm.storage.failpoints import VARIABLE
from skeletonllm.testing.killing.stages import FIRST_FILES, make_arguments, write_corpus
from skeletonllm.testing.processes import share_ray
from tests.faults.road import Bucket, Scene
from tests.faults.s3_here import KEYS
from tests.pipelines.conftest import local_ray

__all__ = ["local_ray"]


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """URL of an S3 server in this process."""
    server = pytest.importorskip("moto.server").ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    pytest.importorskip("s3fs")
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture(scope="session")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small corpus; read only."""
    folder = tmp_path_factory.mktemp("raw") / "nw_ucla"
    write_corpus(folder)
    return folder


@pytest.fixture(scope="session")
def whole(raw: Path, tmp_path_factory: pytest.TempPathFactory, local_ray: None) -> Path:
    """Undisturbed outputs of all stages that are killed; read only."""
    folder = tmp_path_factory.mktemp("whole")
    for stage in FIRST_FILES:
        assert cli.main(make_arguments(stage, raw, folder, folder)) == 0
    return folder


@pytest.fixture(scope="module")
def bucket(moto: str, request: pytest.FixtureRequest) -> Bucket:
    """A bucket of the test file's own, still to be made: all test files share the server."""
    return Bucket(moto, request.path.stem.replace("_", "-"))


@pytest.fixture(scope="module")
def scene(moto: str, bucket: Bucket, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A cluster of two nodes, and an S3 to which its workers and our jobs are pointed."""
    folder = tmp_path_factory.mktemp("cluster")
    scene = Scene(bucket, folder / "frozen")
    keys = {**KEYS, "AWS_ENDPOINT_URL": moto, "OPENAI_API_KEY": "any"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in keys.items():
            patch.setenv(name, value)
        bucket.make()
        patch.setenv(VARIABLE, f"before_upload::{scene.flag}")
        with share_ray(folder, cpus=1, nodes=2) as found:
            patch.delenv(VARIABLE)  # the drivers go on; workers have it of their nodes
            for name, value in found.items():
                patch.setenv(name, value)
            yield scene
