"""A checkpoint behind an OpenAI-compatible server, on Ray Serve: started, and stopped whole."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from ray import serve
from ray.serve.config import HTTPOptions
from ray.serve.schema import LoggingConfig

from pipelines.serve.replica import ChatServer, ServeConfig
from skeletonllm.errors import UsageError
from skeletonllm.training.checkpoints.state import read_header

AT_ONCE = 8
"""Requests that a replica works on in turn, a token each; further ones wait. Each has a cache of
its own: 0.3 GB of InternVL3-8B with 12 frames of 448 pixels."""


@contextmanager
def run_server(config: ServeConfig) -> Iterator[str]:
    """The server's base URL, inside the block; a Ray is connected.

    Args:
        config: The server.

    Raises:
        UsageError: The port is taken, or this Ray runs a Ray Serve already.
        StateError: No checkpoint, or one of another model.
    """
    read_header(config.checkpoint)
    _check_port(config.host, config.port)
    _check_alone()
    options = {"num_cpus": 1, "num_gpus": int(config.gpu)}
    deployment = serve.deployment(
        ChatServer,
        name="chat",
        num_replicas=config.replicas,
        max_ongoing_requests=AT_ONCE,
        ray_actor_options=options,
        logging_config=LoggingConfig(log_level="WARNING", enable_access_log=False),
    )
    try:
        serve.start(
            http_options=HTTPOptions(host=config.host, port=config.port),
            logging_config=LoggingConfig(log_level="WARNING", enable_access_log=False),
        )
        handle = serve.run(deployment.bind(config), name="skeletonllm", route_prefix="/")
        failure = handle.get_failure.remote().result()
        if failure is not None:
            raise failure
        yield f"http://{config.host}:{config.port}/v1"
    finally:
        serve.shutdown()


def _check_alone() -> None:
    """Another's Ray Serve would keep its own address, and would be shut down with ours."""
    if serve.status().proxies:
        raise UsageError(
            "this Ray runs a Ray Serve already",
            hint="Unset RAY_ADDRESS: then the server starts a Ray of its own.",
        )


def _check_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        # As the server will: a port whose last connections still linger is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise UsageError(
                f"cannot listen at {host}:{port} ({error})", hint="Choose another --port."
            ) from None
