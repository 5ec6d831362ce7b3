"""A server of a shelf, for as long as tests ask it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from skeletonllm.viewer.page import load_bundle
from skeletonllm.viewer.served.shelf import Shelf

uvicorn = pytest.importorskip("uvicorn", reason="needs the extra view")


@contextmanager
def serve(shelf: Shelf) -> Iterator[str]:
    """The address of a server of a shelf."""
    from skeletonllm.viewer.served.app import make_app  # noqa: PLC0415 - an extra

    config = uvicorn.Config(make_app(shelf, load_bundle()), log_level="critical", lifespan="off")
    server = uvicorn.Server(config)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        finally:  # of a test that fails too, whose process would never end
            server.should_exit = True
            thread.join()
