"""A local Ray runs no process that only a cluster, or a reader of logs, needs."""

from __future__ import annotations

import pytest
import ray
from ray._private import parameter, ray_constants, worker

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("local_ray")]


def test_no_autoscaler_and_no_reader_of_logs() -> None:
    """Ray may rename what we set: then these processes are there again."""
    running = set(worker._global_node.all_processes)
    assert ray_constants.PROCESS_TYPE_RAYLET in running
    spare = {ray_constants.PROCESS_TYPE_MONITOR, ray_constants.PROCESS_TYPE_LOG_MONITOR}
    assert not running & spare


def test_ray_itself_is_left_as_it_was() -> None:
    assert parameter.RayParams.__name__ == "RayParams"
    assert ray.get(ray.remote(lambda: 1).remote()) == 1
