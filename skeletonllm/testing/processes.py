"""Runs a job as a user does, in a process of its own, or kills it with everything it started.

Ray can be started once for several jobs: most of the time of a short job is Ray's.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from skeletonllm.storage.failpoints import VARIABLE

HOME = Path(__file__).resolve().parents[2]
"""Where ``jobs`` lies, beside ``skeletonllm``."""

PATIENCE_S = 240.0
"""A job of a few clips takes 5 s, and 50 s on a busy machine; later than this, it hangs."""

POLL_S = 0.005
"""How often the moment is looked for; a unit of a few clips takes ten times as long."""

_HOST = """
import sys
import ray
from jobs.local_ray import start_local_ray
start_local_ray({cpus})
print(ray.get_runtime_context().gcs_address, flush=True)
sys.stdin.read()
"""
_CLUSTER = """
import sys
from ray.cluster_utils import Cluster
size = dict(num_cpus={cpus}, object_store_memory=100 << 20)
cluster = Cluster(initialize_head=True, head_node_args=dict(size, include_dashboard=False))
for _ in range({nodes} - 1):
    cluster.add_node(**size)
print(cluster.address, flush=True)
sys.stdin.read()
cluster.shutdown()
"""
"""Nodes on one machine, each with its own raylet, object store and workers."""


def make_command(*args: str) -> list[str]:
    """What a shell would run for ``skeletonllm ...``, with the Python that runs now."""
    return [sys.executable, "-m", "jobs.cli", *args]


def run_job(*args: str) -> subprocess.CompletedProcess[str]:
    """A job that has ended, with what it printed.

    Args:
        *args: As after ``skeletonllm`` in a shell.

    Example:
        >>> run_job("inspect", "walk.bvh").returncode  # doctest: +SKIP
        0
    """
    command = make_command(*args)
    return subprocess.run(
        command, cwd=HOME, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )


def kill_job(
    *args: str,
    when: Callable[[], bool],
    delay_s: float = 0.0,
    failpoint: str | None = None,
    find_others: Callable[[], Iterable[int]] = tuple,
) -> bool:
    """Start a job, wait for a moment and a delay, and ``kill -9`` its process group.

    Args:
        *args: As after ``skeletonllm`` in a shell.
        when: Whether the moment has come.
        delay_s: Seconds from then to the kill.
        failpoint: See :mod:`skeletonllm.storage.failpoints`: there the job stops, so that the
            kill meets it between two given steps.
        find_others: Ids of processes outside of its group that are killed just before it, such as
            actors on a Ray that other jobs share.

    Returns:
        Whether it was still running, so that the kill met it at work.
    """
    env = {**os.environ, **({VARIABLE: failpoint} if failpoint else {})}
    with subprocess.Popen(
        make_command(*args),
        cwd=HOME,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as driver:
        deadline = time.monotonic() + PATIENCE_S
        while not when() and driver.poll() is None:
            assert time.monotonic() < deadline, f"the moment to kill {args[0]} never came"
            time.sleep(POLL_S)
        time.sleep(delay_s)
        alive = driver.poll() is None
        if alive:
            for other in find_others():
                os.kill(other, signal.SIGKILL)
            os.killpg(driver.pid, signal.SIGKILL)
    return alive


@contextmanager
def share_ray(folder: Path, cpus: int, nodes: int = 1) -> Iterator[Mapping[str, str]]:
    """The environment in which jobs find a Ray of their own, which ends with the block.

    What its workers need of the environment (keys, say) must be set before.

    Args:
        folder: For the token that lets jobs in.
        cpus: How many tasks run at once on each node.
        nodes: Of a cluster, all on this machine.
    """
    host_script = (_HOST if nodes == 1 else _CLUSTER).format(cpus=cpus, nodes=nodes)
    token = folder / "token"
    token.write_text(secrets.token_hex(32))
    token.chmod(0o600)
    auth = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(token)}
    with subprocess.Popen(
        [sys.executable, "-c", host_script],
        cwd=HOME,
        env={**os.environ, **auth},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as host:
        assert host.stdin is not None
        assert host.stdout is not None
        try:
            address = host.stdout.readline().strip()
            assert address, "Ray did not start"
            yield {**auth, "RAY_ADDRESS": address}
        finally:
            host.stdin.close()  # it waits for that, and ends also where we are killed
            host.wait(PATIENCE_S)


def read_folder(folder: Path) -> dict[str, bytes]:
    """The bytes of every file below a folder, by relative path."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}
