"""``report.html`` of a release: one file that opens from disk, written block by block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

from skeletonllm.storage import join, load_topologies, read_json
from skeletonllm.viewer.blocks import BlockWriter, Write, deflate, to_json_bytes, write_element
from skeletonllm.viewer.columns import COLUMNS, Category, Rows, RowsBuilder
from skeletonllm.viewer.drawing import ClassPictures
from skeletonllm.viewer.entries import tell_entry
from skeletonllm.viewer.examples import Examples
from skeletonllm.viewer.head import EMBEDDED, make_head
from skeletonllm.viewer.negatives import Negatives
from skeletonllm.viewer.overview import list_facts, make_overview
from skeletonllm.viewer.pack import pack_motion
from skeletonllm.viewer.page import Bundle, load_bundle, make_bottom, make_top
from skeletonllm.viewer.release_clips import ReleaseClips
from skeletonllm.viewer.release_facts import read_facts, read_negatives
from skeletonllm.viewer.selection.choice import MOST_ROWS
from skeletonllm.viewer.selection.index_rows import IndexRows, scan_index


def write_page(
    file: BinaryIO,
    folder: str,
    manifest: Mapping[str, Any],
    findings: Sequence[str] = (),
    *,
    tars: str | None = None,
    most: int = MOST_ROWS,
    pictures: ClassPictures | None = None,
    bundle: Bundle | None = None,
) -> None:
    """Write the page of a release. Same release and bundle, same bytes.

    Args:
        file: Where to; nothing of the page is held but a block at a time.
        folder: Of the release.
        manifest: Its manifest, or the head of it where it is not written yet.
        findings: What ``verify`` would say a reader should know.
        tars: Folder of the release or of the shards that has the tars; None for ``folder``.
        most: How many clips it holds at most.
        pictures: Draws one clip of each class; None for no pictures.
        bundle: The application; None for the one of this package.

    Raises:
        UsageError: This package has no bundle.
        ReleaseError: The release has no index.
    """
    app = bundle or load_bundle()
    title = f"{manifest['name']} {manifest['version']}"
    facts = list_facts(manifest, read_json(join(folder, "statistics.json")))
    file.write(make_top(title, facts, app, served=False).encode())

    def write(name: str, block: bytes) -> None:
        write_element(file, name, block)

    head = write_blocks(write, folder, manifest, findings, tars=tars, most=most, pictures=pictures)
    file.write(make_bottom(head, app).encode())


def write_blocks(
    write: Write,
    folder: str,
    manifest: Mapping[str, Any],
    findings: Sequence[str] = (),
    *,
    tars: str | None = None,
    most: int = MOST_ROWS,
    pictures: ClassPictures | None = None,
) -> dict[str, Any]:
    """Write all blocks of a release; the head that belongs to them.

    Args:
        write: Takes the name of a block and its deflated bytes.
        folder: Of the release.
        manifest: Its manifest, or the head of it.
        findings: What ``verify`` would say a reader should know.
        tars: See :func:`write_page`.
        most: How many clips are shown at most.
        pictures: See there.
    """
    load_topologies(folder)
    index, negatives = scan_index(folder, most), read_negatives(folder)
    blocks = BlockWriter(write)
    clips = ReleaseClips(folder, [row["clip_id"] for _, row in index.read()], tars)
    rows = _write_clips(blocks, index, negatives, clips, pictures)
    write("rows", deflate(to_json_bytes(rows.to_json())))
    facts = read_facts(folder, manifest, index.splits, negatives, findings)
    skeletons = rows.columns["topology"]
    assert isinstance(skeletons, Category)
    return make_head(
        mode=EMBEDDED,
        kind="release",
        title=f"{manifest['name']} {manifest['version']}",
        total=index.total,
        shown=len(rows),
        note=_write_note(len(rows), index.total),
        overview=make_overview(facts, rows),
        topologies=skeletons.words,
        columns=rows.names,
        blocks={"texts": blocks.texts_blocks, "motions": blocks.motions_blocks},
    )


def _write_clips(
    blocks: BlockWriter,
    index: IndexRows,
    negatives: Negatives,
    clips: ReleaseClips,
    pictures: ClassPictures | None,
) -> Rows:
    examples, rows = Examples(), RowsBuilder(COLUMNS)
    for number, (_, row) in enumerate(index.read()):
        examples.add(number, row["label_namespace"], row["label"], row["topology"])
    for place, row in index.read():
        entry = clips.read(row)
        rows.add({**entry.describe(), "splits": index.splits[place]})
        motion, drawn = b"", list[dict[str, Any]]()
        if entry.clip is not None:
            motion = pack_motion(entry.clip.motion)
            drawn = [] if pictures is None else pictures.draw(entry.clip)
        blocks.add(tell_entry(entry, negatives, examples, drawn), motion)
    blocks.finish()
    return rows.build()


def _write_note(shown: int, total: int) -> str:
    if shown == total:
        return ""
    return (
        f"This page holds {shown:,} of {total:,} clips: some of each class, chosen by the hash of "
        "their ids. `skeletonllm view` shows all of them."
    )
