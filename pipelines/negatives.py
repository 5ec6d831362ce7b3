"""Clips -> descriptors of every clip -> the full ranking of hard negatives of every class."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipelines.stage import run_stage
from schemas import ALL_CLIPS, NEGATIVE
from skeletonllm.clip import Clip
from skeletonllm.clip_folders import clip_units, count_rejects, lineage, read_unit, write_rejects
from skeletonllm.errors import SourceError
from skeletonllm.evaluation.classes import list_class_names
from skeletonllm.evaluation.training_clips import (
    check_training_clips,
    name_training_views,
    select_training_clips,
)
from skeletonllm.kinematics import compute_descriptor
from skeletonllm.negatives import rank_negatives
from skeletonllm.negatives.rank import BySource
from skeletonllm.rejects import isolate_clip
from skeletonllm.shards.view import EVERY_CLIP, NamedView
from skeletonllm.storage import Plan, Unit, iter_tables, join, write_table
from skeletonllm.storage.layout import PARTS

STAGE, VERSION = "mine_negatives", "2"

DESCRIPTOR = pa.schema(
    [
        ("clip_id", pa.string()),
        ("label_namespace", pa.string()),
        ("label", pa.string()),
        ("descriptor", pa.list_(pa.float64())),
        ("views", pa.list_(pa.string())),
    ]
)
"""``views``: names of those whose ranking looks at the clip."""

Views = tuple[NamedView, ...]
Found = dict[str, dict[str, list[list[float]]]]
"""Namespace -> label -> descriptors of its clips."""
Rankings = Mapping[tuple[str, str], Mapping[str, BySource]]
"""(View, namespace) -> label -> what other sources say of it."""


@dataclass(frozen=True)
class NegativesConfig:
    """What is mined.

    Args:
        clips: Finished ``normalize`` folders.
        output: Folder to write.
        protocols: Names of protocols: for each, training clips of its seen classes are ranked and
            no other. Without any, all labelled clips.
        answers: Finished folder of a teacher's rankings, one more source; None for none.
    """

    clips: tuple[str, ...]
    output: str
    protocols: tuple[str, ...] = ()
    answers: str | None = None


def mine_negatives(config: NegativesConfig) -> dict[str, Any]:
    """Run the stage; return its manifest, with ``counts`` of classes and pairs.

    Raises:
        UsageError: A protocol is unknown, or has no training clip here, or the answers are about
            other classes.
    """
    views = name_training_views(config.protocols)
    units = clip_units(config.clips)
    check_training_clips(config.clips, views)
    rankings = None if config.answers is None else _open_rankings(config, config.answers, views)
    planned = {"clips": lineage(config.clips), **_planned(views, config.answers)}
    plan = Plan(STAGE, VERSION, planned, units)
    work = partial(describe_unit, output=config.output, views=views)
    sum_up = partial(_fuse, config.output, views, rankings)
    return run_stage(config.output, plan, "descriptors", work, sum_up)


def _open_rankings(config: NegativesConfig, answers: str, views: Views) -> Rankings:
    # Imported here: who asks nobody needs neither openai nor pydantic.
    from pipelines.rankings import check_rankings, read_rankings  # noqa: PLC0415

    check_rankings(answers, config.clips, views)
    return read_rankings(answers)


def _planned(views: Views, answers: str | None) -> dict[str, Any]:
    """Names and hashes; nothing for all clips and no teacher, so that plans of before go on."""
    hashes = {view.name: view.sha256 for view in views if view.name != ALL_CLIPS}
    planned: dict[str, Any] = {"protocols": hashes} if hashes else {}
    return planned if answers is None else {**planned, "answers": lineage([answers])[answers]}


def describe_unit(unit: Unit, *, output: str, views: Views = (EVERY_CLIP,)) -> None:
    """Write the kinematic descriptor of every clip of one part that a view sees.

    Args:
        unit: A part of clips.
        output: Folder of the stage.
        views: Whose clips.
    """
    clips, rejects = read_unit(unit, STAGE)
    seen_by = _seen_by(clips, views)
    rows = []
    for clip in clips:
        if clip.clip_id in seen_by:
            with isolate_clip(clip, STAGE, rejects):
                rows.append({**_describe(clip), "views": seen_by[clip.clip_id]})
    if rejects:
        write_rejects(output, unit, rejects)
    table = pa.Table.from_pylist(rows, schema=DESCRIPTOR)
    write_table(join(output, "descriptors", f"{unit.part}.parquet"), table)


def _seen_by(clips: Sequence[Clip], views: Views) -> dict[str, list[str]]:
    """Clip id -> names of the views that see it; a clip that none sees is left out."""
    found: dict[str, list[str]] = {}
    for named in views:
        for clip in select_training_clips(clips, named.view):
            found.setdefault(clip.clip_id, []).append(named.name)
    return found


def _describe(clip: Clip) -> dict[str, Any]:
    known = list_class_names(clip.label_namespace or "")
    if known and clip.label not in known:
        found = f"label {clip.label!r}"
        raise SourceError("unknown_label", found, expected=f"a class of {clip.label_namespace}")
    return {
        "clip_id": clip.clip_id,
        "label_namespace": clip.label_namespace,
        "label": clip.label,
        "descriptor": compute_descriptor(clip.motion).tolist(),
    }


def _fuse(
    output: str, views: Views = (EVERY_CLIP,), rankings: Rankings | None = None
) -> dict[str, int]:
    """Rank the classes of each label namespace against each other, for each view by itself."""
    found = _read_descriptors(output)
    told = rankings or {}
    tables = [table for named in views for table in _rank_view(named, found[named.name], told)]
    ranking = pa.concat_tables([NEGATIVE.arrow.empty_table(), *tables]).combine_chunks()
    write_table(join(output, PARTS, "part-00000.parquet"), ranking)
    met = {
        (space, label) for of in found.values() for space, labels in of.items() for label in labels
    }
    counts = {"classes": len(met), "pairs": len(ranking)}
    if rankings is not None:
        counts["ranked_by_teacher"] = sum(
            len(told.get((named.name, space), {})) for named in views for space in found[named.name]
        )
    rejects = count_rejects(output).total()
    return counts | ({"rejects": rejects} if rejects else {})


def _read_descriptors(output: str) -> dict[str, Found]:
    """Name of a view -> the descriptors of its clips."""
    found: dict[str, Found] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for _, table in iter_tables(join(output, "descriptors")):
        for row in table.to_pylist():
            # A part that an earlier version wrote, before the job was killed, names no views.
            for name in row.get("views") or (ALL_CLIPS,):
                found[name][row["label_namespace"]][row["label"]].append(row["descriptor"])
    return found


def _rank_view(named: NamedView, found: Found, told: Rankings) -> Iterator[pa.Table]:
    """A table of each namespace: its classes that the view shows, met in these clips or not."""
    for namespace in sorted(found):
        arrays: dict[str, npt.NDArray[np.float64]] = {
            label: np.asarray(rows) for label, rows in found[namespace].items()
        }
        known = list_class_names(namespace) or sorted(arrays)
        labels = [name for name in known if named.view.shows(name)]
        extra = _keep_labels(told.get((named.name, namespace), {}), labels)
        yield rank_negatives(namespace, labels, arrays, view=named, extra_sources=extra)


def _keep_labels(told: Mapping[str, BySource], labels: Sequence[str]) -> dict[str, BySource]:
    """Without classes of an open namespace all of whose clips became rejects here."""
    return {
        label: {
            source: {name: scores[name] for name in scores if name in labels}
            for source, scores in by_source.items()
        }
        for label, by_source in told.items()
        if label in labels
    }
