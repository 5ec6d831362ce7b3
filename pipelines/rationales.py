"""``clips/`` -> causal rationales, each step checked against the motion."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa

from pipelines.stage import run_stage
from schemas import RATIONALE, REJECT
from skeletonllm.clip import Clip
from skeletonllm.clip_folders import clip_units, lineage, read_unit
from skeletonllm.corpora import Reject
from skeletonllm.errors import SchemaError, SourceError
from skeletonllm.rationales import KinematicTeacher
from skeletonllm.storage import Plan, Unit, iter_tables, join, write_table

VERSION = "1"


@dataclass(frozen=True)
class RationalesConfig:
    """What to explain, and by whom.

    Args:
        clips: Finished ``normalize`` folders.
        output: Folder to write.
        variants: Rationales a clip; they differ in wording and in the events they name.
    """

    clips: tuple[str, ...]
    output: str
    variants: int = 1


def build_rationales(config: RationalesConfig) -> dict[str, Any]:
    """Run the stage; return its manifest, with ``counts`` of rationales, rejects and steps."""
    plan = Plan(
        "build_rationales",
        VERSION,
        {
            "clips": lineage(config.clips),
            "teacher": KinematicTeacher().name,
            "variants": config.variants,
        },
        clip_units(config.clips),
    )
    work = partial(explain_unit, output=config.output, variants=config.variants)
    return run_stage(config.output, plan, "rationales", work, partial(_count, config.output))


def explain_unit(unit: Unit, *, output: str, variants: int) -> None:
    """Write the rationales of one part; a clip that cannot be explained is a reject.

    Args:
        unit: A clips part.
        output: Folder of the stage.
        variants: Rationales a clip.
    """
    rows: list[dict[str, Any]] = []
    rejects: list[dict[str, Any]] = []
    for clip in read_unit(unit):
        for variant in range(variants):
            _explain(clip, variant, rows, rejects)
    table = pa.Table.from_pylist(rows, schema=RATIONALE.arrow)
    if faults := RATIONALE.faults(table):
        raise SchemaError("; ".join(faults), where=f"rationales of {unit.inputs[0]}")
    part = f"{unit.part}.parquet"
    write_table(join(output, "rejects", part), pa.Table.from_pylist(rejects, schema=REJECT.arrow))
    write_table(join(output, "rationales", part), table)


def _explain(
    clip: Clip, variant: int, rows: list[dict[str, Any]], rejects: list[dict[str, Any]]
) -> None:
    try:
        rows.append(KinematicTeacher().rationale(clip, variant).to_row())
    except SourceError as error:
        reject = Reject(clip.source_uri, "build_rationales", error.code, f"{clip.clip_id}: {error}")
        rejects.append(reject.to_row())


def _count(output: str) -> dict[str, int]:
    counts = {"rationales": 0, "steps": 0, "steps_true": 0, "rejects": 0}
    for _, table in iter_tables(join(output, "rationales"), ["steps"]):
        counts["rationales"] += len(table)
        verdicts = [s["verdict"] for steps in table.column("steps").to_pylist() for s in steps]
        counts["steps"] += len(verdicts)
        counts["steps_true"] += verdicts.count("true")
    for _, table in iter_tables(join(output, "rejects"), ["code"]):
        counts["rejects"] += len(table)
    return counts
