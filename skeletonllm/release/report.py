"""``report.html`` of a release: the page of :mod:`skeletonllm.viewer`, put into its folder."""

from __future__ import annotations

import tempfile

from skeletonllm.release.draft import Draft
from skeletonllm.storage import join, write_bytes
from skeletonllm.viewer.embedded import write_page

REPORT = "report.html"


def make_report(folder: str, draft: Draft) -> None:
    """Write the report of a release into its folder.

    It is made block by block in a temporary file: what is held grows with no number of clips.

    Args:
        folder: The release being built, with its tars, tables and ``changes.md``.
        draft: What the release says; its leaks are known.

    Raises:
        UsageError: This package carries no bundle of the page.
    """
    with tempfile.TemporaryFile() as page:
        write_page(page, folder, draft.head, draft.leaks)
        page.seek(0)
        write_bytes(join(folder, REPORT), page.read())
