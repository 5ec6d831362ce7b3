"""The KubeRay example: it was never on a cluster, so at least its command and counts must fit."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest
import tyro
import yaml

from jobs.arguments import merge_repeated, resolve_hints
from jobs.train import Flags
from jobs.train_flags import list_stages
from tests.import_graph import REPO


@pytest.fixture
def job() -> Any:
    return yaml.safe_load((REPO / "examples" / "kuberay" / "train.yaml").read_text())["spec"]


def read_flags(entrypoint: str) -> Flags:
    words = shlex.split(entrypoint)
    assert words[:4] == ["python", "-m", "jobs.cli", "train"]
    resolve_hints(Flags)
    return tyro.cli(Flags, args=merge_repeated(Flags, words[4:]))


def test_its_command_is_one_of_ours_and_its_batches_can_be_shared(job: Any) -> None:
    flags = read_flags(job["entrypoint"])
    stages = list_stages(flags)
    assert [stage.name for stage in stages] == ["warm_up", "discriminate", "distill", "refine"]
    assert all(stage.share_batch(flags.workers) for stage in stages)


def test_each_worker_finds_a_gpu(job: Any) -> None:
    flags = read_flags(job["entrypoint"])
    (group,) = job["rayClusterSpec"]["workerGroupSpecs"]
    (container,) = group["template"]["spec"]["containers"]
    gpus = group["replicas"] * int(container["resources"]["limits"]["nvidia.com/gpu"])
    assert flags.gpu
    assert flags.workers == gpus


def test_all_pods_run_the_ray_that_was_tested(job: Any) -> None:
    pinned = re.search(r"^ray==(.+)$", (REPO / "constraints.txt").read_text(), re.MULTILINE)
    assert pinned
    assert job["rayClusterSpec"]["rayVersion"] == pinned[1]
