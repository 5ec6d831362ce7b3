"""``report.html`` of a release: its page, which opens from disk without a network."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

from skeletonllm.storage import join, write_bytes
from skeletonllm.viewer.drawing import ClassPictures
from skeletonllm.viewer.embedded import write_page

REPORT = "report.html"


def make_report(
    folder: str,
    head: Mapping[str, Any],
    leaks: Sequence[str],
    *,
    tars: str | None = None,
    pictures: ClassPictures | None = None,
) -> None:
    """Write the report of a release into its folder.

    It is made block by block in a temporary file: what is held grows with no number of clips.

    Args:
        folder: On this machine, with the tables and ``changes.md`` of the release.
        head: All of its manifest but the files.
        leaks: What :func:`skeletonllm.release.verify.leaks.find_leaks` found.
        tars: Folder of the shards that has the tars; None where they lie in the release.
        pictures: Draws one clip of each class; None for no pictures.

    Raises:
        UsageError: This package carries no bundle of the page.
    """
    with tempfile.TemporaryFile() as page:
        write_page(page, folder, head, leaks, tars=tars, pictures=pictures)
        page.seek(0)
        write_bytes(join(folder, REPORT), page.read())
