"""The rationales inside the samples against the rows of their table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any

import pyarrow as pa

from schemas import RATIONALE
from skeletonllm.clip import Clip

Told = Sequence[tuple[str, str, Sequence[Any]]]
"""Key, clip and rationales of each sample."""

_DEFAULTS = {c.name: c.default for c in RATIONALE.columns if c.default is not None}


def find_told_faults(path: str, told: Told, table: pa.Table) -> Iterator[str]:
    """Samples whose rationales are not the rows of the table, in their order.

    Args:
        path: Of the tar.
        told: Of all its samples.
        table: Rows of :data:`schemas.RATIONALE` of the same clips, in the order of the samples.
    """
    expected = table.cast(pa.schema(list(RATIONALE.arrow)))
    try:
        rows = [{**_DEFAULTS, **row} for _, _, rows in told for row in rows]
        if pa.Table.from_pylist(rows, schema=expected.schema).equals(expected):
            return
    except (pa.ArrowException, TypeError, OverflowError):
        pass  # said below, of the sample that holds it
    of_clip: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in expected.to_pylist():
        of_clip[row["clip_id"]].append(row)
    for key, clip_id, rationales in told:
        if fault := _compare(rationales, of_clip[clip_id]):
            yield f"{path}, sample {key}: {fault}"


def find_conclusion_fault(clip: Clip, rationales: Sequence[Any]) -> str | None:
    """A rationale of a clip without label that concludes something else than its first caption.

    What those of labelled clips conclude is compared in the table.

    Args:
        clip: Of a sample.
        rationales: Inside it.
    """
    if clip.label is not None:
        return None
    texts = (caption.text for caption in clip.captions)
    captions = (" ".join(text.split()) for text in texts if isinstance(text, str))
    first = next(filter(None, captions), None)
    for told in rationales:
        if isinstance(told, dict) and told.get("label") != first:
            said = f"rationale {told.get('rationale_id')!r} concludes {told.get('label')!r}"
            return f"{said}; the clip has no label, and its first caption is {first!r}"
    return None


def _compare(told: Sequence[Any], rows: Sequence[dict[str, Any]]) -> str | None:
    """The first difference between the rationales of a sample and its rows, if any."""
    if len(told) != len(rows):
        return f"{len(told)} rationales; rationales.parquet has {len(rows)} of its clip"
    for own, row in zip_longest(told, rows):
        if not isinstance(own, dict):
            return f"a rationale that is a {type(own).__name__}"
        for name, value in row.items():
            if own.get(name, _DEFAULTS.get(name)) != value:
                return (
                    f"{name} of rationale {row['rationale_id']!r} differs from rationales.parquet"
                )
    return None
