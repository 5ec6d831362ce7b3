"""Clips -> descriptors -> the ranking of all classes for each -> the nearest clips of the hardest.

The driver looks at descriptors one part at a time and keeps sums of them: it needs no more memory
for a hundred thousand clips than for a thousand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa
import ray

from pipelines.stage import run_missing
from schemas import ALL_CLIPS, CLIP_NEGATIVE, NEGATIVE
from skeletonllm.clip import Clip
from skeletonllm.clip_folders import clip_units, count_rejects, lineage, read_unit, write_rejects
from skeletonllm.errors import SkeletonLLMError, SourceError
from skeletonllm.evaluation.classes import find_classes, list_class_names
from skeletonllm.evaluation.training_clips import (
    check_training_clips,
    name_training_views,
    select_training_clips,
)
from skeletonllm.kinematics import compute_descriptor
from skeletonllm.negatives.confusions import SOURCE as CONFUSIONS
from skeletonllm.negatives.confusions import hash_predictions, tally_predictions
from skeletonllm.negatives.descriptors.robust_scale import FloatArray
from skeletonllm.negatives.descriptors.rows import DESCRIPTOR, Key, iter_rows
from skeletonllm.negatives.embeddings import TFIDF, compare_names, find_embedder
from skeletonllm.negatives.fuse import Scores
from skeletonllm.negatives.mining import Mined, Told, find_neighbours, mine
from skeletonllm.negatives.nearest import EACH, Neighbours, find_nearest_clips
from skeletonllm.negatives.rank import Reasons
from skeletonllm.rejects import isolate_clip
from skeletonllm.storage import (
    Plan,
    Unit,
    claim,
    count_rows,
    finish,
    iter_tables,
    join,
    list_files,
    read_table,
    write_json,
    write_table,
)
from skeletonllm.storage.layout import PARTS
from skeletonllm.views.view import EVERY_CLIP, NamedView

STAGE, VERSION = "mine_negatives", "4"
DESCRIPTORS, CLIP_NEGATIVES, FUSION = "descriptors", "clip_negatives", "fusion.json"
"""Folder of the descriptors, folder of the clip-level table, and how the sources were fused."""

Views = tuple[NamedView, ...]


@dataclass(frozen=True)
class NegativesConfig:
    """What is mined.

    Args:
        clips: Finished ``normalize`` folders.
        output: Folder to write.
        protocols: Names of protocols: for each, training clips of its seen classes are ranked and
            no other. Without any, all labelled clips.
        answers: Finished folder of a teacher's rankings, one more source; None for none.
        confusions: File of :data:`schemas.PREDICTION`: what a trained model says of training clips,
            one more source; None for none.
        nearest: Clips that are kept of each of the hardest classes, for each clip; 0 for none.
    """

    clips: tuple[str, ...]
    output: str
    protocols: tuple[str, ...] = ()
    answers: str | None = None
    confusions: str | None = None
    nearest: int = EACH


@dataclass(frozen=True)
class Outside:
    """What sources say that look at no descriptor.

    Args:
        told: (View, namespace) -> label -> source -> scores.
        reasons: (View, namespace) -> source -> what it saw.
        counts: What the manifest says of them.
    """

    told: Mapping[Key, Told]
    reasons: Mapping[Key, Reasons]
    counts: Mapping[str, int]


def mine_negatives(config: NegativesConfig) -> dict[str, Any]:
    """Run the stage; return its manifest, with ``counts`` of classes and pairs.

    Raises:
        UsageError: A protocol is unknown, or has no training clip here, the answers are about other
            classes, or the predictions about other clips.
    """
    views = name_training_views(config.protocols)
    plan = make_plan(config)
    outside = _ask_outside(config, views)
    counts: dict[str, int] = {}
    if not claim(config.output, plan):
        describe = partial(describe_unit, output=config.output, views=views)
        run_missing(config.output, plan, DESCRIPTORS, describe)
        mined = rank_classes(config.output, views, outside, plan.config["embedder"])
        if config.nearest:
            among = {one.key: find_neighbours(one, config.nearest) for one in mined}
            pair = partial(pair_unit, output=config.output, views=views, among=among)
            run_missing(config.output, plan, CLIP_NEGATIVES, pair)
        counts = _count(config, mined, outside)
    return finish(config.output, plan, lambda: counts)


def make_plan(config: NegativesConfig) -> Plan:
    """A unit for each part of clips, and all that the output depends on: names and hashes.

    Raises:
        UsageError: A protocol is unknown, or has no training clip here.
    """
    views = name_training_views(config.protocols)
    units = clip_units(config.clips)
    check_training_clips(config.clips, views)
    settings: dict[str, Any] = {"clips": lineage(config.clips), "embedder": find_embedder()}
    settings["nearest"] = config.nearest
    if hashes := {view.name: view.sha256 for view in views if view.name != ALL_CLIPS}:
        settings["protocols"] = hashes
    if config.answers is not None:
        settings["answers"] = lineage([config.answers])[0]
    if config.confusions is not None:
        settings["confusions"] = hash_predictions(config.confusions)
    return Plan(STAGE, VERSION, settings, units)


def _ask_outside(config: NegativesConfig, views: Views) -> Outside:
    """The teacher's rankings and the model's confusions, where there are any."""
    told: dict[Key, dict[str, dict[str, Scores]]] = defaultdict(lambda: defaultdict(dict))
    reasons: dict[Key, Reasons] = {}
    counts: dict[str, int] = {}
    if config.answers is not None:
        # Imported here: who asks nobody needs neither openai nor pydantic.
        from pipelines.teacher.rankings import check_rankings, read_rankings  # noqa: PLC0415

        check_rankings(config.answers, config.clips, views)
        for key, by_label in read_rankings(config.answers).items():
            for label, by_source in by_label.items():
                told[key][label].update(by_source)
                counts["ranked_by_teacher"] = counts.get("ranked_by_teacher", 0) + 1
        counts.setdefault("ranked_by_teacher", 0)
    if config.confusions is not None:
        classes = find_classes(config.clips, views)
        found = _call_apart(tally_predictions, config.confusions, config.clips, views, classes)
        for key, tally in found.items():
            for label, by_source in tally.to_sources().items():
                told[key][label].update(by_source)
            reasons[key] = {CONFUSIONS: tally.to_reasons()}
        counts["predictions"] = sum(int(tally.taken.sum()) for tally in found.values())
    return Outside(told, reasons, counts)


def _call_apart(function: Callable[..., Any], *given: Any) -> Any:
    """Call in a task: what it loads, and the memory it takes, is not the driver's."""
    try:
        return ray.get(_call.remote(function, *given))
    except ray.exceptions.RayTaskError as error:
        cause = getattr(error, "cause", error)
        if isinstance(cause, SkeletonLLMError):
            raise cause from None
        raise


@ray.remote
def _call(function: Callable[..., Any], *given: Any) -> Any:
    return function(*given)


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
    write_table(join(output, DESCRIPTORS, f"{unit.part}.parquet"), table)


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
        "group": None if clip.subject is None else f"{clip.corpus}/{clip.subject}",
        "descriptor": compute_descriptor(clip.motion).tolist(),
    }


def rank_classes(output: str, views: Views, outside: Outside, embedder: str) -> list[Mined]:
    """Rank the classes of each namespace for each view, and write the table and how it was fused.

    Args:
        output: Folder of the stage, whose descriptors are complete.
        views: What is mined.
        outside: What other sources say.
        embedder: What compares names.
    """

    def compare(names: Sequence[str]) -> FloatArray:
        if embedder == TFIDF:
            return compare_names(names, embedder)
        found: FloatArray = _call_apart(compare_names, names, embedder)
        return found

    def tables() -> Iterator[pa.Table]:
        return (table for _, table in iter_tables(join(output, DESCRIPTORS)))

    mined = mine(
        tables,
        views,
        names_of=list_class_names,
        compare=compare,
        told=outside.told,
        seen=outside.reasons,
    )
    rankings = [one.ranking for one in mined]
    whole = pa.concat_tables([NEGATIVE.arrow.empty_table(), *rankings]).combine_chunks()
    write_table(join(output, PARTS, "part-00000.parquet"), whole)
    told = {"embedder": embedder, "rankings": [one.to_json() for one in mined]}
    write_json(join(output, FUSION), told)
    return mined


def pair_unit(unit: Unit, *, output: str, views: Views, among: Mapping[Key, Neighbours]) -> None:
    """Write the nearest clips of confusable classes of every clip of one part.

    Args:
        unit: A part of clips, whose descriptors were written.
        output: Folder of the stage.
        views: What is mined.
        among: With which clips those of each ranking are compared.
    """
    named = {view.name: view for view in views}
    described = read_table(join(output, DESCRIPTORS, f"{unit.part}.parquet"))
    found = [
        find_nearest_clips(rows, among[key], named[key[0]]) for key, rows in iter_rows([described])
    ]
    table = pa.concat_tables([CLIP_NEGATIVE.arrow.empty_table(), *found]).combine_chunks()
    write_table(join(output, CLIP_NEGATIVES, f"{unit.part}.parquet"), table)


def _count(config: NegativesConfig, mined: Sequence[Mined], outside: Outside) -> dict[str, int]:
    met = {(one.key[1], label) for one in mined for label in one.samples}
    counts = {"classes": len(met), "pairs": sum(len(one.ranking) for one in mined)}
    counts |= dict(outside.counts)
    if config.nearest:
        folder = join(config.output, CLIP_NEGATIVES)
        names = [name for name in list_files(folder) if name.endswith(".parquet")]
        counts["clip_pairs"] = sum(count_rows(join(folder, name)) for name in names)
    rejects = count_rejects(config.output).total()
    return counts | ({"rejects": rejects} if rejects else {})
