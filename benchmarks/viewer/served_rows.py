"""A server of any number of rows, drawn from a release at random."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.viewer.data import draw_rows
from skeletonllm.viewer.entries import Entry
from skeletonllm.viewer.page import load_bundle
from skeletonllm.viewer.served.releases import ReleaseShelf
from skeletonllm.viewer.served.shelf import Shelf


@contextmanager
def serve_rows(release: str, count: int) -> Iterator[str]:
    """Address of a server of drawn rows; each is a clip of the release under a new name.

    Args:
        release: Folder of a release with rationales.
        count: Of rows.
    """
    import uvicorn  # noqa: PLC0415 - an extra

    from skeletonllm.viewer.served.app import make_app  # noqa: PLC0415 - loads starlette

    app = make_app(_make_shelf(release, count), load_bundle())
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        finally:
            server.should_exit = True
            thread.join()


def _make_shelf(release: str, count: int) -> Shelf:
    rows, words, drawn, _ = draw_rows(release, count)
    clips = ReleaseShelf(release)

    def read(row: int) -> Entry:
        return clips.read(int(drawn[row]))

    parts = ("charts", "tables", "findings", "lineage")
    overview: dict[str, Any] = {"facts": [["clips", f"{count:,}"]], "changes": None}
    overview |= {part: [] for part in parts}
    return Shelf("release", f"{count:,} rows", rows, words, read, overview)
