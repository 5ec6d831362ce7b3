"""``clips/`` -> ``quality.parquet``, ``duplicates.parquet`` and ``report.html``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.stage import run_stage
from schemas import DUPLICATE, QUALITY, REJECT
from skeletonllm.clip import Clip, clips_from_table
from skeletonllm.clip_folders import clip_units, lineage, read_unit
from skeletonllm.errors import SchemaError
from skeletonllm.quality import Findings, find_duplicates, judge, measure, report, worst
from skeletonllm.quality.detectors.fingerprint import SIZE
from skeletonllm.shards import load_topologies
from skeletonllm.storage import Plan, Unit, iter_tables, join, read_table, write_bytes, write_table

VERSION = "1"

MEASURED = pa.schema([*QUALITY.arrow, pa.field("fingerprint", pa.list_(pa.float32(), SIZE))])
"""A part: rows without faults yet, since a duplicate may be in any other part."""


@dataclass(frozen=True)
class QualityConfig:
    """Finished ``normalize`` folders, and the folder to write."""

    clips: tuple[str, ...]
    output: str


def check_quality(config: QualityConfig) -> dict[str, Any]:
    """Run the stage; return its manifest, with ``counts`` of clips, of sound ones and by fault."""
    units = clip_units(config.clips)
    plan = Plan("quality", VERSION, {"clips": lineage(config.clips)}, units)
    work = partial(measure_unit, output=config.output)
    return run_stage(config.output, plan, "measured", work, partial(_sum_up, config, units))


def measure_unit(unit: Unit, *, output: str) -> None:
    """Write the measurements of one part.

    Args:
        unit: A clips part.
        output: Folder of the stage.
    """
    rows = []
    for clip in read_unit(unit):
        row, mark = measure(clip)
        rows.append({**row, "label_conflict": False, "faults": [], "fingerprint": mark})
    table = pa.Table.from_pylist(rows, schema=MEASURED)
    write_table(join(output, "measured", f"{unit.part}.parquet"), table)


def _sum_up(config: QualityConfig, units: Sequence[Unit]) -> dict[str, int]:
    parts = [table for _, table in iter_tables(join(config.output, "measured"))]
    measured = pa.concat_tables([MEASURED.empty_table(), *parts])
    marks = measured.column("fingerprint").combine_chunks().flatten().to_numpy()
    rows = measured.drop_columns(["fingerprint"])
    duplicates = find_duplicates(rows, marks.reshape(-1, SIZE))
    rows = judge(rows, duplicates)
    if found := QUALITY.faults(rows) + DUPLICATE.faults(duplicates):
        raise SchemaError("; ".join(found), where="quality")
    write_table(join(config.output, "quality.parquet"), rows)
    write_table(join(config.output, "duplicates.parquet"), duplicates)
    findings = Findings(rows, duplicates, _rejects(config.clips))
    page = _page(config, findings, units, [len(part) for part in parts])
    write_bytes(join(config.output, "report.html"), page.encode())
    return {"clips": len(rows), "sound": findings.sound, **dict(sorted(findings.by_fault.items()))}


def _page(
    config: QualityConfig, findings: Findings, units: Sequence[Unit], sizes: Sequence[int]
) -> str:
    for folder in config.clips:
        load_topologies(folder)
    part_of = np.repeat(np.arange(len(sizes)), sizes)
    chosen = worst(findings.rows)
    clips = _fetch(units, {(int(part_of[pick.row]), pick.clip_id) for pick in chosen})
    return report(findings, [(pick, clips[pick.clip_id]) for pick in chosen])


def _rejects(folders: Sequence[str]) -> pa.Table:
    tables = [table for f in folders for _, table in iter_tables(join(f, "rejects"))]
    plain = [table.cast(pa.schema(list(REJECT.arrow))) for table in tables]
    return pa.concat_tables([pa.schema(list(REJECT.arrow)).empty_table(), *plain])


def _fetch(units: Sequence[Unit], wanted: set[tuple[int, str]]) -> dict[str, Clip]:
    """Some clips by id, given the part of each: the others stay on disk."""
    clips: dict[str, Clip] = {}
    for part in sorted({part for part, _ in wanted}):
        names = sorted(name for at, name in wanted if at == part)
        table = read_table(units[part].inputs[0])
        rows = table.filter(pc.is_in(table.column("clip_id"), pa.array(names, pa.string())))
        clips |= {clip.clip_id: clip for clip in clips_from_table(rows)}
    return clips
