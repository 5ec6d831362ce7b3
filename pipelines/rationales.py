"""Clips -> causal rationales, each step checked against the motion."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from pipelines.stage import run_stage
from schemas import RATIONALE
from skeletonllm.clip import Clip
from skeletonllm.clip_folders import clip_units, count_rejects, lineage, read_unit, write_rejects
from skeletonllm.rationales import KinematicTeacher
from skeletonllm.rationales.rationale import Rationale, rationales_to_table
from skeletonllm.rejects import build_table, isolate_clip
from skeletonllm.storage import Plan, Unit, iter_tables, join, write_table
from skeletonllm.storage.layout import PARTS

STAGE, VERSION = "build_rationales", "2"


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
        STAGE,
        VERSION,
        {
            "clips": lineage(config.clips),
            "teacher": KinematicTeacher().name,
            "variants": config.variants,
        },
        clip_units(config.clips),
    )
    work = partial(explain_unit, output=config.output, variants=config.variants)
    return run_stage(config.output, plan, PARTS, work, partial(_count, config.output))


def explain_unit(unit: Unit, *, output: str, variants: int) -> None:
    """Write the rationales of one part; a clip that cannot be explained is a reject.

    Args:
        unit: A part of clips.
        output: Folder of the stage.
        variants: Rationales a clip.
    """
    clips, rejects = read_unit(unit, STAGE)
    made: dict[Clip, list[Rationale]] = {}
    for clip in clips:
        with isolate_clip(clip, STAGE, rejects):
            made[clip] = [KinematicTeacher().rationale(clip, v) for v in range(variants)]
    table = build_table(
        [*made],
        lambda kept: rationales_to_table([told for clip in kept for told in made[clip]]),
        STAGE,
        rejects,
    )
    write_rejects(output, unit, rejects)
    write_table(join(output, PARTS, f"{unit.part}.parquet"), table)


def _count(output: str) -> dict[str, int]:
    counts = {"rationales": 0, "steps": 0, "steps_true": 0, "rejects": 0}
    for _, table in iter_tables(join(output, PARTS), ["steps"], RATIONALE):
        counts["rationales"] += len(table)
        verdicts = [s["verdict"] for steps in table.column("steps").to_pylist() for s in steps]
        counts["steps"] += len(verdicts)
        counts["steps_true"] += verdicts.count("true")
    counts["rejects"] = count_rejects(output).total()
    return counts
