"""A server on this machine, until it is stopped; nobody else can reach it."""

from __future__ import annotations

import socket
from collections.abc import Callable
from importlib.util import find_spec

from skeletonllm.errors import UsageError
from skeletonllm.viewer.page import load_bundle
from skeletonllm.viewer.served.shelf import Shelf

HOST = "127.0.0.1"
_HINT = "pip install 'skeletonllm[view]'"


def check_packages() -> None:
    """Refuse where what serves is not installed.

    Raises:
        UsageError: It is not.
    """
    missing = [name for name in ("starlette", "uvicorn") if find_spec(name) is None]
    if missing:
        raise UsageError(f"not installed: {', '.join(missing)}", hint=_HINT)


def serve(shelf: Shelf, port: int, tell: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        shelf: What is shown.
        port: To listen at; 0 for any that is free.
        tell: Told the address, once requests are taken.

    Raises:
        UsageError: The port is taken.
    """
    import uvicorn  # noqa: PLC0415 - an extra

    from skeletonllm.viewer.served.app import make_app  # noqa: PLC0415 - loads starlette

    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((HOST, port))
        except (OSError, OverflowError) as error:
            hint = "Choose another --port, or none."
            raise UsageError(f"port {port} cannot be had ({error})", hint=hint) from None
        app = make_app(shelf, load_bundle())
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, http="h11", lifespan="off"
        )
        listening.listen(128)  # who is fast waits, and is not refused
        tell(f"http://{HOST}:{listening.getsockname()[1]}/")
        uvicorn.Server(config).run(sockets=[listening])
