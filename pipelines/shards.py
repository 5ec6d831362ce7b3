"""``clips/``, ``rationales/`` and ``negatives/`` -> WebDataset tars and their index."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow.compute as pc

from pipelines.stage import run_stage
from skeletonllm.clip_folders import clip_units, contents, lineage, read_unit
from skeletonllm.errors import UsageError
from skeletonllm.negatives import ranked_candidates
from skeletonllm.shards import encode, write_shard
from skeletonllm.storage import (
    Plan,
    Unit,
    count_rows,
    finished,
    iter_tables,
    join,
    parts,
    read_json,
    read_table,
    write_table,
)

VERSION = "1"


@dataclass(frozen=True)
class ShardsConfig:
    """What goes into the shards.

    Args:
        clips: Finished ``normalize`` folders.
        rationales: Finished ``build_rationales`` folder, or None.
        negatives: Finished ``mine_negatives`` folder, or None.
        output: Folder to write.
    """

    clips: tuple[str, ...]
    output: str
    rationales: str | None = None
    negatives: str | None = None


def build_shards(config: ShardsConfig) -> dict[str, Any]:
    """Run the stage; return its manifest, with ``counts`` of shards, samples and bytes."""
    inputs = [*config.clips, *(f for f in (config.rationales, config.negatives) if f)]
    units = clip_units(config.clips)
    sources = lineage(inputs)
    if config.rationales:
        _check_aligned(config, config.rationales, units)
    if config.negatives:
        finished(config.negatives, "mine_negatives")
    plan = Plan("build_shards", VERSION, {"inputs": sources}, units)
    rows = [count_rows(unit.inputs[0]) for unit in units]
    starts = {unit.index: sum(rows[: unit.index]) for unit in units}
    work = partial(shard_unit, config=config, starts=starts)
    return run_stage(config.output, plan, "index", work, partial(_count, config.output))


def shard_unit(unit: Unit, *, config: ShardsConfig, starts: dict[int, int]) -> None:
    """Write one tar and, once it is whole, its part of the index.

    Args:
        unit: A clips part.
        config: The stage.
        starts: Position of the first sample of each unit in the whole release.
    """
    clips = read_unit(unit)
    rationales = _rationales(config, unit)
    rankings = _rankings(config)
    samples = (
        encode(
            clip,
            rationales[clip.clip_id],
            rankings.get((clip.label_namespace or "", clip.label or ""), []),
        )
        for clip in clips
    )
    shard = f"shard-{unit.index:06d}.tar"
    index = write_shard(join(config.output, "shards", shard), samples, start=starts[unit.index])
    write_table(join(config.output, "index", f"{unit.part}.parquet"), index)


def _check_aligned(config: ShardsConfig, rationales: str, units: Sequence[Unit]) -> None:
    """Part N of the rationales must explain part N of the clips: then a unit reads one part."""
    finished(rationales, "build_rationales")
    plan = read_json(join(rationales, "plan.json"))
    ours = contents([unit.inputs for unit in units], lineage(config.clips))
    if contents(plan["units"], plan["config"]["clips"]) != ours:
        raise UsageError(
            "rationales of other clips",
            expected="the same --clips, in the same order",
            where=rationales,
        )


def _rationales(config: ShardsConfig, unit: Unit) -> dict[str, list[dict[str, Any]]]:
    """The accepted rationales of a unit, by clip."""
    accepted: dict[str, list[dict[str, Any]]] = defaultdict(list)
    if config.rationales is None:
        return accepted
    table = read_table(join(config.rationales, "rationales", f"{unit.part}.parquet"))
    for row in table.to_pylist():
        if row["status"] != "rejected":
            accepted[row["clip_id"]].append(row)
    return accepted


def _rankings(config: ShardsConfig) -> dict[tuple[str, str], list[str]]:
    """Every class's candidates, hardest first, by (namespace, label)."""
    if config.negatives is None:
        return {}
    (url,) = parts([config.negatives], "mine_negatives", "negatives")
    return ranked_candidates(read_table(url))


def _count(output: str) -> dict[str, int]:
    counts = {"shards": 0, "samples": 0, "rationales": 0}
    for _, table in iter_tables(join(output, "index"), ["num_rationales"]):
        counts["shards"] += 1
        counts["samples"] += len(table)
        counts["rationales"] += pc.sum(table.column("num_rationales")).as_py() or 0
    return counts
