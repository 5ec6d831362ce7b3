"""Clips that are no release yet: the output of ``normalize``, one part of it, or a raw file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import islice
from threading import Lock

from schemas import CLIP
from skeletonllm.clip import Clip, salvage_clips
from skeletonllm.rejects import Reject
from skeletonllm.storage import join, list_files, load_topologies, read_table, stage_of
from skeletonllm.storage.layout import PARTS
from skeletonllm.viewer.columns import Rows
from skeletonllm.viewer.entries import Entry
from skeletonllm.viewer.overview import make_chart, make_table
from skeletonllm.viewer.served.shelf import Shelf, ShelfBuilder, count_column, find_examples

MOST_RAW = 2_000
"""Clips of raw files that are shown: all of them are held."""
STAGE = "view"
_EXAMPLES = 10
_CHARTS = {"corpus": "Corpora", "label": "Classes", "topology": "Skeletons", "subject": "Subjects"}


def open_clips(path: str) -> Shelf:
    """The clips of a finished ``normalize`` folder, or of one of its parts.

    Args:
        path: The folder, or a parquet file.

    Raises:
        SchemaError: They are of another major version.
    """
    whole = stage_of(path) is not None  # a folder may have any name
    names = list_files(join(path, PARTS)) if whole else [path]
    urls = [join(path, PARTS, n) if whole else n for n in names if n.endswith(".parquet")]
    if whole:
        load_topologies(path)
    rejects: list[Reject] = []
    builder, places = ShelfBuilder(), list[tuple[str, int]]()
    reading: dict[str, Lock] = {}
    for url in urls:
        for number, clip in enumerate(salvage_clips(read_table(url, schema=CLIP), STAGE, rejects)):
            builder.add(Entry(clip))
            places.append((url, number))

    def read(row: int) -> Entry:
        url, number = places[row]
        part = {} if not whole else {"part": url.rpartition("/")[2]}
        # One reads a part, and who wants it meanwhile waits: each would hold all of it.
        with reading.setdefault(url, Lock()):
            return Entry(_read_part(url)[number], place=part)

    rows, words = builder.build()
    return Shelf(
        kind="clips",
        title=path.rstrip("/").rpartition("/")[2],
        rows=rows,
        words=words,
        read=read,
        overview=describe_clips(rows, rejects, {"folder": path}),
        examples=find_examples(rows),
    )


@lru_cache(maxsize=4)
def _read_part(url: str) -> list[Clip]:
    return salvage_clips(read_table(url, schema=CLIP), STAGE, [])


def open_raw(path: str, clips: Iterable[Clip], rejects: list[Reject], reader: str) -> Shelf:
    """What a reader makes of a raw file or folder.

    Args:
        path: The file or folder.
        clips: As they are read; of very many only the first are shown.
        rejects: What is refused meanwhile.
        reader: Name of the reader.
    """
    waiting = iter(clips)
    held = list(islice(waiting, MOST_RAW))
    more = next(waiting, None) is not None
    builder = ShelfBuilder()
    for clip in held:
        builder.add(Entry(clip))
    rows, words = builder.build()
    first = f"Only the first {MOST_RAW:,} clips are shown; normalize the files to see all."
    return Shelf(
        kind="raw",
        title=path.rstrip("/").rpartition("/")[2],
        rows=rows,
        words=words,
        read=_reader_of(held),
        overview=describe_clips(rows, rejects, {"file": path, "read as": reader}),
        examples=find_examples(rows),
        note=first if more else "",
    )


def _reader_of(held: Sequence[Clip]) -> Callable[[int], Entry]:
    return lambda row: Entry(held[row])


def describe_clips(
    rows: Rows, rejects: Sequence[Reject], facts: dict[str, str]
) -> dict[str, object]:
    """The overview of clips that belong to no release.

    Args:
        rows: Of the clips.
        rejects: What was refused.
        facts: Names and values that stand first.
    """
    codes = Counter(reject.code for reject in rejects)
    told = {**facts, "clips": f"{len(rows):,}", "refused": f"{len(rejects):,}"}
    refused = [[r.code, r.source_uri, r.message] for r in rejects[:_EXAMPLES]]
    charts = [
        *(make_chart(t, count_column(rows, n), column=n) for n, t in _CHARTS.items()),
        make_chart("Refused", dict(codes.most_common()), "sources"),
    ]
    title = f"Refused, the first {_EXAMPLES}"
    tables = [make_table(title, ("code", "source", "message"), refused)]
    return {
        "facts": [[name, value] for name, value in told.items()],
        "charts": [chart for chart in charts if chart["bars"]],
        "tables": [table for table in tables if table["rows"]],
        "findings": [],
        "changes": None,
        "lineage": [],
    }
