"""``report.html`` of a release: its page, which opens from disk without a network."""

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
        folder: On this machine, with the tables and ``changes.md`` of the release. Its tars lie
            where its stage put them.
        draft: What the release says; its leaks are known.

    Raises:
        UsageError: This package carries no bundle of the page.
    """
    tars = draft.inputs.shards.folder
    with tempfile.TemporaryFile() as page:
        write_page(page, folder, draft.head, draft.leaks, tars=tars, pictures=draft.pictures)
        page.seek(0)
        write_bytes(join(folder, REPORT), page.read())
