"""What a corpus brings along: test clips that training sees, and what could not be proved.

These are findings and no faults: the release says what its clips are, and they are so.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skeletonllm.evaluation.coverage import COLUMNS, measure_coverage
from skeletonllm.evaluation.protocols import get_protocol, list_protocols
from skeletonllm.release.verify.facts import (
    Facts,
    get_digests,
    iter_columns,
    list_columns,
    take_rows,
)
from skeletonllm.release.verify.samples import states_decoded
from skeletonllm.release.verify.tables import SHOWN

_APART = ("subject", "camera", "setup")
"""Columns by which protocols divide clips."""


def find_leaks(facts: Facts) -> Iterator[str]:
    """Clips and equal motions in both parts of a protocol; then equal motions of any clips.

    Motions are equal here if they decode to the same numbers, whatever hash a sample states.
    ``skeletonllm quality`` also finds copies that were moved, turned or resampled.

    Args:
        facts: Rows of :data:`skeletonllm.release.verify.facts.FACTS`, of all samples.
    """
    names = [name for name in COLUMNS if name != "motion_sha256"]
    rows = _list_covered(facts, [*names, "decoded_sha256"])
    rows = rows.rename_columns([*names, "motion_sha256"]).select(COLUMNS)
    for cover in measure_coverage(rows):
        yield from (f"{cover.protocol}: {leak}" for leak in cover.leaks())
    yield from _find_copies(facts)


def _list_covered(facts: Facts, names: list[str]) -> pa.Table:
    """Clips of the corpora that protocols are of; all, if one is of every corpus."""
    asked = [get_protocol(name).train.corpora for name in list_protocols()]
    if not all(asked):
        return list_columns(facts, names)
    named = pa.array(sorted({corpus for corpora in asked for corpus in corpora or ()}))
    parts = iter_columns(facts, ["corpus"])
    inside = [pc.is_in(part.column("corpus"), named).to_numpy() for part in parts]
    return take_rows(facts, names, np.concatenate([np.zeros(0, np.bool_), *inside]))


def _find_copies(facts: Facts) -> Iterator[str]:
    """One sentence on all clips whose motion another clip has too."""
    hashes = get_digests(facts, "decoded_sha256").view(">u8")[:, 0]
    order = np.argsort(hashes, kind="stable")
    equal = hashes[order][1:] == hashes[order][:-1]
    either = np.zeros(len(hashes), np.bool_)
    either[order[1:][equal]] = True
    either[order[:-1][equal]] = True
    # Few but copies have 64 bits of a hash in common; the whole of it decides.
    rows = take_rows(facts, ["clip_id", *_APART, "label", "decoded_sha256"], either)
    groups = rows.group_by("decoded_sha256", use_threads=False).aggregate(
        [("clip_id", "list"), *((c, "count_distinct") for c in (*_APART, "label"))]
    )
    groups = groups.filter(pc.greater(pc.list_value_length(groups.column("clip_id_list")), 1))
    if not len(groups):
        return
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


def find_unproved(facts: Facts) -> Iterator[str]:
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
