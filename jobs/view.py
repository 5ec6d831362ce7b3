"""A release, clips, a raw file, two releases or a training run -> a page in the browser."""

from __future__ import annotations

import sys
import webbrowser
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated

import tyro

from jobs.common import console, run_job
from jobs.raw_flags import RawFlags

if TYPE_CHECKING:
    from skeletonllm.viewer.served.shelf import Shelf


@dataclass(frozen=True, kw_only=True)
class Flags(RawFlags):
    """Flags of this command."""

    paths: Annotated[tuple[str, ...], tyro.conf.Positional]
    """A release, output of normalize or raw file; two releases; a training run and a release."""
    port: int = 0
    """Port to listen at on this machine; 0 takes any that is free."""
    browser: bool = True
    """Open the address, which is printed as well."""
    weights: tuple[str, ...] = ()
    """Renderer weights (safetensors): they draw what is looked at, beside an untrained one."""


def main(flags: Flags) -> int:
    """Look at motions and what was said of them, until Ctrl-C; only this machine can."""
    from skeletonllm.viewer.served.server import check_packages, serve

    check_packages()

    def tell(title: str, address: str) -> None:
        console.print(f"{title}: {address}; Ctrl-C stops it", markup=False)
        sys.stdout.flush()
        if flags.browser:
            webbrowser.open(address)

    with suppress(KeyboardInterrupt):  # while it opens; and uvicorn raises it again
        shelf = _open(flags)
        serve(shelf, flags.port, partial(tell, shelf.title))
    console.print("stopped", markup=False)
    return 0


def _open(flags: Flags) -> Shelf:
    from dataclasses import replace

    from jobs.opening import open_paths
    from skeletonllm.viewer.drawing import name_renderers
    from skeletonllm.viewer.served.painter import RendererPainter

    shelf = open_paths(flags.paths, flags.corpus, flags.image_size)
    if not flags.weights:
        return shelf
    painter = RendererPainter(name_renderers(flags.weights))
    painter.load()  # a file that holds no weights is told now, and not in the browser
    return replace(shelf, painter=painter)


if __name__ == "__main__":
    sys.exit(run_job(main, Flags))
