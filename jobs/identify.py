"""What does this folder or file hold, with what certainty, and why?"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Annotated

import tyro

from jobs.common import USAGE_EXIT, console, run_job
from jobs.outputs import place_file, write_file
from skeletonllm.defaults import TRIED


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this command."""

    path: Annotated[str, tyro.conf.Positional]
    """A raw file, or a folder of raw files."""
    tried: int = TRIED
    """Files that each reader reads."""
    draft: str | None = None
    """Write a first YAML for the reader `generic` here, with what the table or array at PATH tells
    and marks where you must fill in."""
    overwrite: bool = False
    """Replace the draft if it is there."""
    every: bool = False
    """Say of every reader why it read nothing."""


def main(flags: Flags) -> int:
    """Try every reader on a few files, rank them with reasons; exit code 2 if none is certain."""
    if flags.draft is not None:
        return _draft(flags.path, flags.draft, flags.overwrite)
    from jobs.guesses import show_guesses
    from skeletonllm.corpora.identify import identify_corpus

    guesses = identify_corpus(flags.path, flags.tried)
    show_guesses(flags.path, guesses, flags.every)
    return 0 if guesses and guesses[0].certain else USAGE_EXIT


def _draft(path: str, to: str, overwrite: bool) -> int:
    from skeletonllm.corpora.generic.draft import draft_layout
    from skeletonllm.corpora.generic.keys import FILL_IN
    from skeletonllm.errors import UsageError
    from skeletonllm.storage.files import exists

    place = place_file(to)
    assert place is not None
    if exists(to) and not overwrite:
        raise UsageError("the file is there", where=to, hint="--overwrite replaces it.")
    text = draft_layout(path)
    write_file(place, text.encode())
    left = [line.partition(":")[0] for line in text.splitlines() if f"# {FILL_IN}" in line]
    console.print(f"{to}: fill in {', '.join(left) or 'nothing'}; check the others", markup=False)
    return 0


if __name__ == "__main__":
    sys.exit(run_job(main, Flags))
