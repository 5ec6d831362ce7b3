"""What official lists of missing clips say, against what is in a folder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from jobs.common import console

if TYPE_CHECKING:
    from skeletonllm.corpora.missing_lists import CrossCheck, MissingList


def show_missing(folder: str, lists: Sequence[MissingList]) -> CrossCheck | None:
    """Print, and return, what lists say against the clips and rejects of a folder; None for none.

    Args:
        folder: The output of normalize, or a release.
        lists: Lists of clips that should not be there.
    """
    if not lists:
        return None
    from skeletonllm.corpora.missing_lists import cross_check
    from skeletonllm.evaluation.coverage import read_rows
    from skeletonllm.storage import iter_tables, join

    clips = read_rows(folder).column("clip_id").to_pylist()
    rejects = (row for _, t in iter_tables(join(folder, "rejects")) for row in t.to_pylist())
    checked = cross_check(lists, clips, rejects)
    for line in checked.lines():
        console.print(line, markup=False)
    return checked
