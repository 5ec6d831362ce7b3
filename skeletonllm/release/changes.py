"""``changes.md``: what changed since the release that this one replaces, and what before."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from skeletonllm.release.diff.comparison import compare_sides
from skeletonllm.release.diff.page import write_changelog
from skeletonllm.release.diff.side import Side, open_draft, open_side
from skeletonllm.release.diff.step import judge_step
from skeletonllm.release.draft import Draft
from skeletonllm.release.manifest import make_head
from skeletonllm.release.verify.files import CHANGES
from skeletonllm.shards.checked_files import read_checked
from skeletonllm.shards.strange import refuse_strange
from skeletonllm.storage import join, write_bytes
from skeletonllm.storage.layout import TARS

log = logging.getLogger(__name__)


def write_changes(folder: str, draft: Draft, entries: Sequence[dict[str, Any]]) -> str | None:
    """The entry of this release, once it stands in ``changes.md`` above those of its parent.

    None, and no file, where the release replaces nothing. A version that is not raised enough is
    told in the log, and on the card.

    Args:
        folder: The release being built, with its tables and definitions.
        draft: What it says.
        entries: ``{path, sha256, bytes}`` of its files so far, tars included.

    Raises:
        ReleaseError: The parent is damaged, or holds what nobody can compare.
    """
    if draft.parent is None:
        return None
    with refuse_strange(draft.parent):
        entry, earlier = _compare(folder, draft, entries, open_side(draft.parent))
    write_bytes(join(folder, CHANGES), f"{entry}\n{earlier}".rstrip().encode() + b"\n")
    return entry


def _compare(
    folder: str, draft: Draft, entries: Sequence[dict[str, Any]], parent: Side
) -> tuple[str, str]:
    """The entry of this release, and those of its parent."""
    tars = join(draft.inputs.shards.folder, TARS)
    found = compare_sides(parent, open_draft(folder, make_head(draft.head), entries, tars))
    judged = judge_step(found)
    if not judged.is_enough:
        log.warning("%s", judged.sentence)
    entry = write_changelog(found, judged)
    manifest = parent.manifest
    has_any = CHANGES in manifest.files
    earlier = read_checked(manifest.folder, CHANGES, manifest).decode() if has_any else ""
    return entry, earlier
