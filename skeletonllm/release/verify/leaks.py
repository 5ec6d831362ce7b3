"""What a corpus brings along: test clips that training sees, and what could not be proved.

These are findings and no faults: the release says what its clips are, and they are so.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from skeletonllm.evaluation.coverage import COLUMNS, measure_coverage
from skeletonllm.release.verify.facts import list_columns
from skeletonllm.release.verify.samples import states_decoded
from skeletonllm.release.verify.tables import SHOWN

_APART = ("subject", "camera", "setup")
"""Columns by which protocols divide clips."""


def find_leaks(facts: pa.Table) -> Iterator[str]:
    """Clips and equal motions in both parts of a protocol; then equal motions of any clips.

    Motions are equal here if they decode to the same numbers, whatever hash a sample states.
    ``skeletonllm quality`` also finds copies that were moved, turned or resampled.

    Args:
        facts: Rows of :data:`skeletonllm.release.verify.facts.FACTS`, of all samples.
    """
    names = [name for name in COLUMNS if name != "motion_sha256"]
    rows = list_columns(facts, [*names, "decoded_sha256"])
    rows = rows.rename_columns([*names, "motion_sha256"]).select(COLUMNS)
    for cover in measure_coverage(rows):
        yield from (f"{cover.protocol}: {leak}" for leak in cover.leaks())
    yield from _find_copies(rows)


def _find_copies(rows: pa.Table) -> Iterator[str]:
    """One sentence on all clips whose motion another clip has too."""
    counted = pc.value_counts(rows.column("motion_sha256"))
    shared = counted.filter(pc.greater(counted.field("counts"), 1)).field("values")
    if not len(shared):
        return
    alike = rows.filter(pc.is_in(rows.column("motion_sha256"), value_set=shared))
    groups = alike.group_by("motion_sha256", use_threads=False).aggregate(
        [("clip_id", "list"), *((c, "count_distinct") for c in (*_APART, "label"))]
    )
    lists = groups.column("clip_id_list").to_pylist()
    copies = sum(map(len, lists)) - len(lists)
    named = ", ".join(" = ".join(sorted(clips)[:2]) for clips in sorted(lists)[:SHOWN])
    differ = [
        f"{sum(n > 1 for n in groups.column(f'{c}_count_distinct').to_pylist())} of them in {c}"
        for c in (*_APART, "label")
    ]
    told = ", ".join(text for text in differ if not text.startswith("0 "))
    more = " and more" if len(lists) > SHOWN else ""
    yield (
        f"{copies} clips have, number for number, the motion of another clip: {named}{more}"
        + (f"; they differ: {told}" if told else "")
    )


def find_unproved(facts: pa.Table) -> Iterator[str]:
    """Samples of versions that do not state what their motion decodes to.

    Args:
        facts: Rows of :data:`skeletonllm.release.verify.facts.FACTS`.
    """
    counted = pc.value_counts(list_columns(facts, ["sample_version"]).column(0)).to_pylist()
    bare = sum(row["counts"] for row in counted if not states_decoded(row["values"]))
    if bare:
        yield (
            f"{bare} samples were written before they stated the hash of their decoded motion: "
            "two motions of one shape could have been exchanged"
        )
