"""Clips -> descriptors of every clip -> the full ranking of hard negatives of every class."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipelines.stage import run_stage
from schemas import NEGATIVE
from skeletonllm.clip import Clip
from skeletonllm.clip_folders import clip_units, count_rejects, lineage, read_unit, write_rejects
from skeletonllm.corpora import readers
from skeletonllm.errors import SourceError
from skeletonllm.kinematics import compute_descriptor
from skeletonllm.negatives import rank_negatives
from skeletonllm.rejects import isolate_clip
from skeletonllm.storage import Plan, Unit, iter_tables, join, write_table
from skeletonllm.storage.layout import PARTS

STAGE, VERSION = "mine_negatives", "2"

DESCRIPTOR = pa.schema(
    [
        ("clip_id", pa.string()),
        ("label_namespace", pa.string()),
        ("label", pa.string()),
        ("descriptor", pa.list_(pa.float64())),
    ]
)


@dataclass(frozen=True)
class NegativesConfig:
    """Finished ``normalize`` folders, and the folder to write."""

    clips: tuple[str, ...]
    output: str


def mine_negatives(config: NegativesConfig) -> dict[str, Any]:
    """Run the stage; return its manifest, with ``counts`` of classes and pairs."""
    plan = Plan(STAGE, VERSION, {"clips": lineage(config.clips)}, clip_units(config.clips))
    work = partial(describe_unit, output=config.output)
    return run_stage(config.output, plan, "descriptors", work, partial(_fuse, config.output))


def describe_unit(unit: Unit, *, output: str) -> None:
    """Write the kinematic descriptor of every labelled clip of one part.

    Args:
        unit: A part of clips.
        output: Folder of the stage.
    """
    clips, rejects = read_unit(unit, STAGE)
    rows = []
    for clip in clips:
        if clip.label is not None:
            with isolate_clip(clip, STAGE, rejects):
                rows.append(_describe(clip))
    if rejects:
        write_rejects(output, unit, rejects)
    table = pa.Table.from_pylist(rows, schema=DESCRIPTOR)
    write_table(join(output, "descriptors", f"{unit.part}.parquet"), table)


def _describe(clip: Clip) -> dict[str, Any]:
    known = _class_names(clip.label_namespace or "")
    if known and clip.label not in known:
        found = f"label {clip.label!r}"
        raise SourceError("unknown_label", found, expected=f"a class of {clip.label_namespace}")
    return {
        "clip_id": clip.clip_id,
        "label_namespace": clip.label_namespace,
        "label": clip.label,
        "descriptor": compute_descriptor(clip.motion).tolist(),
    }


def _fuse(output: str) -> dict[str, int]:
    """Rank the classes of each label namespace against each other."""
    found: dict[str, dict[str, list[list[float]]]] = defaultdict(lambda: defaultdict(list))
    for _, table in iter_tables(join(output, "descriptors")):
        for row in table.to_pylist():
            found[row["label_namespace"]][row["label"]].append(row["descriptor"])
    tables = [_rank(namespace, found[namespace]) for namespace in sorted(found)]
    ranking = pa.concat_tables(tables) if tables else NEGATIVE.arrow.empty_table()
    write_table(join(output, PARTS, "part-00000.parquet"), ranking)
    counts = {"classes": sum(len(labels) for labels in found.values()), "pairs": len(ranking)}
    rejects = count_rejects(output).total()
    return counts | ({"rejects": rejects} if rejects else {})


def _rank(namespace: str, by_label: dict[str, list[list[float]]]) -> pa.Table:
    arrays: dict[str, npt.NDArray[np.float64]] = {
        label: np.asarray(rows) for label, rows in by_label.items()
    }
    return rank_negatives(namespace, _class_names(namespace) or sorted(arrays), arrays)


def _class_names(namespace: str) -> tuple[str, ...]:
    """All classes of a closed namespace, met in these clips or not; () for an open one."""
    declared = (reader.label_names.get(namespace, ()) for reader in readers().values())
    return next(filter(None, declared), ())
