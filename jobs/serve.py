"""A trained model -> an OpenAI-compatible server on this machine, until it is stopped."""

from __future__ import annotations

import signal
import sys
from dataclasses import dataclass
from importlib.util import find_spec

from jobs.common import cluster, console, run_job
from skeletonllm.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this job."""

    checkpoint: str
    """The folder `checkpoint` of a training run."""
    port: int = 8000
    """Port to listen at."""
    host: str = "127.0.0.1"
    """Address to listen at; any but this one is open to others, who are asked for no key."""
    name: str | None = None
    """Of the model, for clients; by default model and last stage, such as tiny-refine."""
    release: str | None = None
    """Release that an older checkpoint was trained on, which says the classes."""
    replicas: int = 1
    """Copies of the model, each in a process of its own."""
    gpu: bool = False
    """Give each of them a GPU."""
    threads: int = 1
    """Threads of torch in each."""
    max_megabytes: int = 64
    """Largest request; a file in base64 takes a third more than on disk."""


def main(flags: Flags) -> int:
    """Serve a trained model until SIGINT (Ctrl-C) or SIGTERM."""
    if find_spec("starlette") is None:
        hint = "pip install 'skeletonllm[serve]'"
        raise UsageError("the packages of Ray Serve are missing", hint=hint)
    from pipelines.serve.replica import ServeConfig
    from pipelines.serve.run import run_server
    from skeletonllm.storage import absolute

    given = {name: value for name, value in vars(flags).items() if name != "max_megabytes"}
    given["checkpoint"] = absolute(flags.checkpoint)
    given["release"] = None if flags.release is None else absolute(flags.release)
    config = ServeConfig(**given, most_bytes=flags.max_megabytes << 20)
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell's job in the background ignores SIGINT
        signal.signal(number, signal.default_int_handler)
    try:
        with cluster(workers=flags.replicas + 1), run_server(config) as url:
            console.print(f"serving {flags.checkpoint} at {url}; Ctrl-C stops it", markup=False)
            sys.stdout.flush()
            while True:
                signal.pause()
    except KeyboardInterrupt:
        console.print("stopped", markup=False)
    return 0


if __name__ == "__main__":
    sys.exit(run_job(main, Flags))
