"""Clips -> ``measurements.parquet``, ``duplicates.parquet`` and ``report.html``."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.stage import run_stage
from schemas import CLIP, DUPLICATE, QUALITY, REJECT
from skeletonllm.clip import Clip, clips_from_table
from skeletonllm.clip_folders import clip_units, count_rejects, lineage, read_unit, write_rejects
from skeletonllm.errors import SchemaError
from skeletonllm.quality import (
    QualityResults,
    assign_faults,
    choose_examples,
    find_duplicates,
    make_report,
    measure_clip,
)
from skeletonllm.quality.detectors.fingerprint import SIZE
from skeletonllm.quality.measurement import STAGE, make_unmeasured_row
from skeletonllm.storage import Plan, Unit, iter_tables, join, read_table, write_bytes, write_table
from skeletonllm.storage.layout import DUPLICATES, MEASUREMENTS, REJECTS, table_file
from skeletonllm.storage.plan import finished, list_stated

VERSION = "2"

log = logging.getLogger(__name__)

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
    plan = Plan(STAGE, VERSION, {"clips": lineage(config.clips)}, units)
    work = partial(measure_unit, output=config.output)
    return run_stage(config.output, plan, "measured", work, partial(_sum_up, config, units))


def measure_unit(unit: Unit, *, output: str) -> None:
    """Write the measurements of one part; a row that is no clip is a reject.

    Args:
        unit: A part of clips.
        output: Folder of the stage.
    """
    clips, rejects = read_unit(unit, STAGE)
    if rejects:
        write_rejects(output, unit, rejects)
    table = measure_all(clips)
    write_table(join(output, "measured", f"{unit.part}.parquet"), table)


def measure_all(clips: Sequence[Clip]) -> pa.Table:
    """A row of :data:`MEASURED` for every clip; where measurements break the schema, none but why.

    Args:
        clips: Of one part.
    """
    rows = [{**row, "fingerprint": mark} for row, mark in map(measure_clip, clips)]
    if _schema_faults(rows):
        for i, clip in enumerate(clips):
            if found := _schema_faults(rows[i : i + 1]):
                log.warning("quality leaves out the measurements of %s: %s", clip.clip_id, found)
                rows[i] = {**make_unmeasured_row(clip, found), "fingerprint": [0.0] * SIZE}
    return pa.Table.from_pylist(rows, schema=MEASURED)


def _schema_faults(rows: list[dict[str, Any]]) -> str:
    """What is wrong with some rows; empty if nothing is."""
    try:
        table = pa.Table.from_pylist(rows, schema=MEASURED)
    except (pa.ArrowException, OverflowError) as error:
        return f"{type(error).__name__}: {error}"
    return "; ".join(QUALITY.faults(table.drop_columns(["fingerprint"])))


def _sum_up(config: QualityConfig, units: Sequence[Unit]) -> dict[str, int]:
    parts = [table for _, table in iter_tables(join(config.output, "measured"))]
    measured = pa.concat_tables([MEASURED.empty_table(), *parts])
    marks = measured.column("fingerprint").combine_chunks().flatten().to_numpy()
    rows = measured.drop_columns(["fingerprint"])
    duplicates = find_duplicates(rows, marks.reshape(-1, SIZE))
    rows = assign_faults(rows, duplicates)
    if found := QUALITY.faults(rows) + DUPLICATE.faults(duplicates):
        raise SchemaError("; ".join(found), where="quality")
    write_table(join(config.output, table_file(MEASUREMENTS)), rows)
    write_table(join(config.output, table_file(DUPLICATES)), duplicates)
    results = QualityResults(rows, duplicates, _rejects(config.clips, config.output))
    page = _page(results, units, [len(part) for part in parts])
    write_bytes(join(config.output, "report.html"), page.encode())
    counts = {"clips": len(rows), "sound": results.sound}
    counts |= dict(sorted(results.by_fault.items()))
    rejects = count_rejects(config.output).total()
    return counts | ({"rejects": rejects} if rejects else {})


def _page(results: QualityResults, units: Sequence[Unit], sizes: Sequence[int]) -> str:
    part_of = np.repeat(np.arange(len(sizes)), sizes)
    chosen = choose_examples(results.rows)
    clips = _fetch(units, {(int(part_of[pick.row]), pick.clip_id) for pick in chosen})
    return make_report(results, [(pick, clips[pick.clip_id]) for pick in chosen])


def _rejects(clips: Sequence[str], output: str) -> pa.Table:
    """Those of the inputs, and its own."""
    manifests = [(folder, finished(folder, "normalize")) for folder in clips]
    stated = [part for each in manifests for part in list_stated(*each, REJECTS)]
    tables = [read_table(part, schema=REJECT) for part in stated]
    tables += [table for _, table in iter_tables(join(output, REJECTS), schema=REJECT)]
    plain = [table.cast(pa.schema(list(REJECT.arrow))) for table in tables]
    return pa.concat_tables([pa.schema(list(REJECT.arrow)).empty_table(), *plain])


def _fetch(units: Sequence[Unit], wanted: set[tuple[int, str]]) -> dict[str, Clip]:
    """Some clips by id, given the part of each: the others stay on disk."""
    clips: dict[str, Clip] = {}
    for part in sorted({part for part, _ in wanted}):
        names = sorted(name for at, name in wanted if at == part)
        table = read_table(units[part].parts[0], schema=CLIP)
        rows = table.filter(pc.is_in(table.column("clip_id"), pa.array(names, pa.string())))
        clips |= {clip.clip_id: clip for clip in clips_from_table(rows)}
    return clips
