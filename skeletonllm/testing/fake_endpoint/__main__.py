"""The server as a process of its own: ``python -m skeletonllm.testing.fake_endpoint``."""

from __future__ import annotations

import argparse
import importlib
import json
from pathlib import Path
from typing import Any

from skeletonllm.errors import UsageError
from skeletonllm.testing.fake_endpoint.batches import BatchPlan
from skeletonllm.testing.fake_endpoint.faults import FaultPlan
from skeletonllm.testing.fake_endpoint.handling import Setup
from skeletonllm.testing.fake_endpoint.journal import Journal
from skeletonllm.testing.fake_endpoint.limits import WINDOW_S, Limit, Limits
from skeletonllm.testing.fake_endpoint.replies import PICTURE_TOKENS, ReplyFunction
from skeletonllm.testing.fake_endpoint.server import run_until_terminated

_FLAGS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--port", {"type": int, "default": 0, "help": "0 for any that is free"}),
    ("--log", {"type": Path, "help": "file of the log, appended to"}),
    ("--key", {"help": "what clients must send; any if not given"}),
    ("--reply", {"default": "skeletonllm.testing.fake_endpoint.replies:echo_label",
                 "metavar": "MODULE:FUNCTION", "help": "takes a request, gives the text"}),
    ("--faults", {"type": Path, "help": "JSON file with the arguments of FaultPlan"}),
    ("--limits", {"type": Path, "help": "JSON file: steps, enforced, window_s"}),
    ("--batches", {"type": Path, "help": "JSON file with the arguments of BatchPlan"}),
    ("--requests-per-minute", {"type": float, "help": "a limit that never changes"}),
    ("--tokens-per-minute", {"type": float, "help": "likewise"}),
    ("--window-s", {"type": float, "default": WINDOW_S, "help": "what a minute lasts"}),
    ("--no-enforce", {"action": "store_true", "help": "state limits, but refuse nothing"}),
    ("--latency-s", {"type": float, "nargs": 2, "default": (0.0, 0.0), "help": "least and most"}),
    ("--models", {"nargs": "+", "help": "those that are known; any if not given"}),
    ("--picture-tokens", {"type": int, "default": PICTURE_TOKENS, "help": "of each picture"}),
)  # fmt: skip


def read_setup(flags: argparse.Namespace) -> Setup:
    """What the command line asks for."""
    limits = Limits(
        (Limit(flags.requests_per_minute, flags.tokens_per_minute),),
        not flags.no_enforce,
        flags.window_s,
    )
    return Setup(
        reply=find_reply(flags.reply),
        faults=FaultPlan.from_json(_read(flags.faults)),
        limits=Limits.from_json(_read(flags.limits)) if flags.limits else limits,
        batches=BatchPlan(**_read(flags.batches)),
        key=flags.key,
        latency_s=(flags.latency_s[0], flags.latency_s[1]),
        models=flags.models,
        picture_tokens=flags.picture_tokens,
    )


def find_reply(name: str) -> ReplyFunction:
    """The function of ``module:function``.

    Raises:
        UsageError: The name is not of that form.
    """
    module, colon, function = name.partition(":")
    if not colon:
        raise UsageError(f"--reply {name}", expected="MODULE:FUNCTION")
    found: ReplyFunction = getattr(importlib.import_module(module), function)
    return found


def _read(path: Path | None) -> dict[str, Any]:
    return {} if path is None else json.loads(path.read_text())


def main() -> None:
    """Print the base URL as the first line, and serve until SIGTERM."""
    parser = argparse.ArgumentParser("skeletonllm.testing.fake_endpoint", description=__doc__)
    for name, options in _FLAGS:
        parser.add_argument(name, **options)
    flags = parser.parse_args()
    try:
        setup = read_setup(flags)
    except UsageError as error:
        parser.error(str(error))
    journal = Journal(flags.log)
    run_until_terminated(setup, journal, flags.port, lambda url: print(url, flush=True))
    journal.close()


if __name__ == "__main__":
    main()
