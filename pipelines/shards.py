"""Clips, rationales and negatives -> WebDataset tars and their index."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.gather import gather_tars
from pipelines.stage import run_missing
from schemas import NEGATIVE, RATIONALE, SAMPLE
from skeletonllm.clip import Clip
from skeletonllm.clip_folders import (
    clip_units,
    count_rejects,
    lineage,
    read_unit,
    stated_units,
    write_rejects,
)
from skeletonllm.errors import SourceError, UsageError
from skeletonllm.rejects import isolate_clip
from skeletonllm.shards import encode, write_shard
from skeletonllm.shards.placement import sort_samples
from skeletonllm.storage import (
    TOPOLOGIES,
    Plan,
    Unit,
    claim,
    finish,
    finished,
    iter_tables,
    join,
    merge_definitions,
    read_plan,
    read_table,
    remove_folder,
    sha256_of,
    write_json,
    write_table,
)
from skeletonllm.storage.layout import INDEX, PACKED, WORK
from skeletonllm.storage.plan import StatedFile, stated_parts
from skeletonllm.views.asked_views import VIEWS, summarize_views
from skeletonllm.views.questions import (
    QUESTIONS,
    list_question_files,
    read_questions,
)
from skeletonllm.views.rankings import NEGATIVES

STAGE, VERSION = "build_shards", "4"


@dataclass(frozen=True)
class ShardsConfig:
    """What goes into the shards.

    Args:
        clips: Finished ``normalize`` folders.
        rationales: Finished ``build_rationales`` folder, or None.
        negatives: Finished ``mine_negatives`` folder, or None.
        output: Folder to write.
        questions: A parquet file of :data:`schemas.QUESTION`, a folder of such, that of
            ``build-questions``, or None.
    """

    clips: tuple[str, ...]
    output: str
    rationales: str | None = None
    negatives: str | None = None
    questions: str | None = None


def build_shards(config: ShardsConfig) -> dict[str, Any]:
    """Run the stage; return its manifest, with ``counts`` of shards, samples and bytes.

    First each part of the clips is packed, its samples in the order of the release; then the tars
    are gathered from all of them. So a killed job goes on in either half.
    """
    inputs = [*config.clips, *(f for f in (config.rationales, config.negatives) if f)]
    units = clip_units(config.clips)
    if config.rationales:
        _check_aligned(config.rationales, units)
    if config.negatives:
        finished(config.negatives, "mine_negatives")
    settings = {"inputs": sorted(lineage(inputs)), **_hash_questions(config)}
    plan = Plan(STAGE, VERSION, settings, units)
    if not claim(config.output, plan):
        explained = [config.rationales] if config.rationales else []
        told = stated_parts(explained, "build_rationales")
        given = (lambda unit: (told[unit.index],)) if told else (lambda _: ())
        run_missing(config.output, plan, PACKED, partial(pack_unit, config=config), given)
        gather_tars(config.output, plan, _read_questions(config))
    manifest = finish(config.output, plan, partial(_sum_up, config))
    remove_folder(join(config.output, WORK))
    return manifest


def pack_unit(unit: Unit, told: StatedFile | None = None, *, config: ShardsConfig) -> None:
    """Pack the samples of one part of clips, and say where each lies.

    Args:
        unit: A part of clips.
        told: The part of the rationales about them; None if there is none.
        config: The stage.
    """
    clips, rejects = read_unit(unit, STAGE)
    rationales = _rationales(told)
    samples = []
    order = sort_samples([c.corpus for c in clips], [c.clip_id for c in clips])
    for clip in (clips[i] for i in order):
        with isolate_clip(clip, STAGE, rejects):
            samples.append(encode(_drawable(clip), rationales[clip.clip_id]))
    if rejects:
        write_rejects(config.output, unit, rejects)
    index = write_shard(join(config.output, PACKED, f"{unit.part}.tar"), samples)
    write_table(join(config.output, PACKED, f"{unit.part}.parquet"), index)


def _drawable(clip: Clip) -> Clip:
    """The clip itself.

    Raises:
        SourceError: ``no_body``: no renderer can draw it, and a batch that holds it would fail.
    """
    if not clip.motion.observed.any():
        raise SourceError("no_body", "no joint is observed in any frame", where=clip.clip_id)
    return clip


def _check_aligned(rationales: str, units: Sequence[Unit]) -> None:
    """Part N of the rationales must explain part N of the clips: then a unit reads one part."""
    finished(rationales, "build_rationales")
    if stated_units(read_plan(rationales)) != [unit.stated for unit in units]:
        raise UsageError(
            "rationales of other clips",
            expected="the same --clips, in the same order",
            where=rationales,
        )


def _rationales(told: StatedFile | None) -> dict[str, list[dict[str, Any]]]:
    """The accepted rationales of a part, by clip."""
    accepted: dict[str, list[dict[str, Any]]] = defaultdict(list)
    if told is None:
        return accepted
    table = read_table(told, schema=RATIONALE)
    for row in table.to_pylist():
        if row["status"] != "rejected":
            accepted[row["clip_id"]].append(row)
    return accepted


def _negatives(config: ShardsConfig) -> pa.Table:
    """The rankings of all views; no row where none were mined."""
    if config.negatives is None:
        return NEGATIVE.arrow.empty_table()
    (part,) = stated_parts([config.negatives], "mine_negatives")
    return read_table(part, schema=NEGATIVE)


def _sum_up(config: ShardsConfig) -> dict[str, int]:
    """Write what a stream needs beside the shards, for who trains on them, and count."""
    write_json(join(config.output, TOPOLOGIES), merge_definitions(config.clips))
    negatives = _negatives(config)
    if config.negatives is not None:
        write_table(join(config.output, NEGATIVES), negatives)
    views = summarize_views(negatives, _rationale_views(config))
    write_json(join(config.output, VIEWS), views)
    return _count(config.output) | _write_questions(config)


def _hash_questions(config: ShardsConfig) -> dict[str, dict[str, str]]:
    """What the questions are, wherever they lie: other ones need another folder.

    Raises:
        UsageError: There is no file of questions.
        SchemaError: A file holds something else, or breaks the schema.
    """
    if config.questions is None:
        return {}
    urls = list_question_files(config.questions)
    if not urls:
        expected = "a parquet file of questions, a folder of such, or that of build-questions"
        raise UsageError("no questions here", expected=expected, where=config.questions)
    read_questions(config.questions)  # before anything is written
    return {"questions": {name: sha256_of(str(url))[0] for name, url in urls.items()}}


def _read_questions(config: ShardsConfig) -> pa.Table | None:
    return None if config.questions is None else read_questions(config.questions)


def _write_questions(config: ShardsConfig) -> dict[str, int]:
    """The questions about clips that are in the shards, beside them; how many, and how many not."""
    every = _read_questions(config)
    if every is None:
        return {}
    index = pa.concat_tables(t for _, t in iter_tables(join(config.output, INDEX), ["clip_id"]))
    inside = every.filter(pc.is_in(every.column("clip_id"), value_set=index.column("clip_id")))
    write_table(join(config.output, QUESTIONS), inside)
    others = len(every) - len(inside)
    return {"questions": len(inside)} | ({"questions_of_other_clips": others} if others else {})


def _rationale_views(config: ShardsConfig) -> Iterator[Sequence[Mapping[str, Any]] | None]:
    """For which views each accepted rationale was asked for."""
    if config.rationales is None:
        return
    for part in stated_parts([config.rationales], "build_rationales"):
        table = read_table(part, ["views", "status"], RATIONALE)
        kept = table.filter(pc.not_equal(table.column("status"), "rejected"))
        yield from kept.column("views").to_pylist()


def _count(output: str) -> dict[str, int]:
    counts = {"shards": 0, "samples": 0, "rationales": 0}
    for _, table in iter_tables(join(output, INDEX), ["shard", "num_rationales"], SAMPLE):
        counts["shards"] += pc.count_distinct(table.column("shard")).as_py()
        counts["samples"] += len(table)
        counts["rationales"] += pc.sum(table.column("num_rationales")).as_py() or 0
    rejects = count_rejects(output).total()
    return counts | ({"rejects": rejects} if rejects else {})
