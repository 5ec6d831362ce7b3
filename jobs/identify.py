"""What does this folder or file hold, with what certainty, and why?"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Annotated

import tyro

from jobs.common import USAGE_EXIT, run_job
from skeletonllm.defaults import TRIED


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this command."""

    path: Annotated[str, tyro.conf.Positional]
    """A raw file, or a folder of raw files."""
    tried: int = TRIED
    """Files that each reader reads."""


def main(flags: Flags) -> int:
    """Try every reader on a few files, rank them with reasons; exit code 2 if none is certain."""
    from jobs.guesses import show_guesses
    from skeletonllm.corpora.identify import identify_corpus

    guesses = identify_corpus(flags.path, flags.tried)
    show_guesses(flags.path, guesses)
    return 0 if guesses and guesses[0].certain else USAGE_EXIT


if __name__ == "__main__":
    sys.exit(run_job(main, Flags))
