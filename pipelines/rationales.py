"""Clips, and what a teacher said about them -> causal rationales, each step checked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from pipelines.stage import run_stage
from pipelines.teacher.answers import STAGE as ASKED
from pipelines.teacher.answers import find_views
from schemas import ANSWER, RATIONALE, REJECT
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
from skeletonllm.evaluation.classes import list_class_names
from skeletonllm.evaluation.training_clips import check_training_clips, name_training_views
from skeletonllm.rationales import KinematicTeacher
from skeletonllm.rationales.rationale import Rationale, rationales_to_table
from skeletonllm.rationales.teachers.judge import judge_answers
from skeletonllm.rejects import Reject, build_table, isolate_clip
from skeletonllm.storage import (
    Plan,
    Unit,
    finished,
    iter_tables,
    join,
    read_plan,
    read_table,
    write_table,
)
from skeletonllm.storage.layout import PARTS, REJECTS
from skeletonllm.storage.plan import list_stated
from skeletonllm.views.view import EVERY_CLIP, NamedView

STAGE, VERSION = "build_rationales", "4"

Views = tuple[tuple[str, str], ...] | None
Explain = Callable[[Clip, Views], list[Rationale]]
"""All rationales of one clip."""


@dataclass(frozen=True)
class RationalesConfig:
    """What to explain, and by whom.

    Args:
        clips: Finished ``normalize`` folders.
        output: Folder to write.
        variants: Rationales a clip; they differ in wording and in the events they name.
        protocols: Whose training clips are explained; all without any.
        answers: Finished folder of a teacher's answers; None for the offline teacher.
        min_grounded: Least share of true steps of an answer that is not rejected.
        measures: Whether the offline teacher also tells amounts, which no picture shows.

    Raises:
        UsageError: Amounts are wanted of another teacher.
    """

    clips: tuple[str, ...]
    output: str
    variants: int = 1
    protocols: tuple[str, ...] = ()
    answers: str | None = None
    min_grounded: float = 0.0
    measures: bool = False

    def __post_init__(self) -> None:
        """Refuse what would be told too late: after the teacher was asked, and paid."""
        if self.measures and self.answers is not None:
            raise UsageError(
                "--measures, and answers of a teacher",
                where=self.answers,
                hint="Only the offline teacher tells amounts; leave --measures out.",
            )


def build_rationales(config: RationalesConfig) -> dict[str, Any]:
    """Run the stage; return its manifest, with ``counts`` of rationales, rejects and steps.

    Raises:
        UsageError: The answers are about other clips, or a protocol has no training clip here.
    """
    if config.answers is None:
        check_training_clips(config.clips, name_training_views(config.protocols))
        named = {view.name: view.sha256 for view in name_training_views(config.protocols)}
        settings = {"teacher": KinematicTeacher().name, "variants": config.variants}
        settings |= {"views": named} if config.protocols else {}
        settings |= {"measures": True} if config.measures else {}
    else:
        settings = {**_check_answers(config, config.answers), "min_grounded": config.min_grounded}
    plan = Plan(
        STAGE, VERSION, {"clips": lineage(config.clips), **settings}, clip_units(config.clips)
    )
    work = partial(explain_unit, config=config)
    return run_stage(config.output, plan, PARTS, work, partial(_count, config.output))


def _check_answers(config: RationalesConfig, answers: str) -> dict[str, Any]:
    """Part N of the answers must be about part N of the clips: then a unit reads one part."""
    finished(answers, ASKED)
    plan, units = read_plan(answers), clip_units(config.clips)
    if "clips" not in plan["config"]:
        expected = "those of `skeletonllm build-rationales --teacher openai`"
        raise UsageError("answers that are about no clips", expected=expected, where=answers)
    if stated_units(plan) != [unit.stated for unit in units]:
        raise UsageError(
            "answers about other clips",
            expected="the same --clips, in the same order",
            where=answers,
        )
    return {"answers": lineage([answers])[0], "teacher": name_teacher(plan["config"])}


def name_teacher(asked: Mapping[str, Any]) -> str:
    """The name of a teacher in rationales: ``openai:<model>``.

    Args:
        asked: Configuration of the stage of answers.
    """
    return f"openai:{asked['teacher']['model']}"


def explain_unit(unit: Unit, *, config: RationalesConfig) -> None:
    """Write the rationales of one part; a clip that cannot be explained is a reject.

    Args:
        unit: A part of clips.
        config: The stage.
    """
    clips, rejects = read_unit(unit, STAGE)
    if config.answers is None:
        views, explain = name_training_views(config.protocols), _explain_offline(config)
        seen_by = find_views(clips, views)
    else:
        views, explain, asked = _open_answers(unit, config, config.answers, rejects)
        seen_by = {k: v for k, v in find_views(clips, views).items() if k in asked}
    made: dict[Clip, list[Rationale]] = {}
    for clip in clips:
        if clip.clip_id in seen_by:
            with isolate_clip(clip, STAGE, rejects):
                mine = None if views == (EVERY_CLIP,) else seen_by[clip.clip_id]
                made[clip] = explain(clip, mine)
    table = build_table(
        [*made],
        lambda kept: rationales_to_table([told for clip in kept for told in made[clip]]),
        STAGE,
        rejects,
    )
    write_rejects(config.output, unit, rejects)
    write_table(join(config.output, PARTS, f"{unit.part}.parquet"), table)


def _explain_offline(config: RationalesConfig) -> Explain:
    teacher = KinematicTeacher(measures=config.measures)

    def explain(clip: Clip, views: Views) -> list[Rationale]:
        told = teacher.rationales(clip, range(config.variants))
        return [replace(rationale, views=views) for rationale in told]

    return explain


def _open_answers(
    unit: Unit, config: RationalesConfig, answers: str, rejects: list[Reject]
) -> tuple[tuple[NamedView, ...], Explain, set[str]]:
    """Whose clips were asked about, the judge of what was said about each, and which were asked.

    A clip that could not be asked about is rejected here too, by the same reason; so is a row that
    is no clip, which the stage of answers has met before.
    """
    asked = read_plan(answers)["config"]
    names = [name for name in asked["views"] if name != EVERY_CLIP.name]
    manifest = finished(answers, ASKED)
    refused_part, part = (
        list_stated(answers, manifest, kind)[unit.index] for kind in (REJECTS, PARTS)
    )
    refused = read_table(refused_part, schema=REJECT)
    rejects[:] = [Reject(**row) for row in refused.to_pylist()]
    rows: dict[tuple[str, int], list[dict[str, Any]]] = defaultdict(list)
    table = read_table(part, schema=ANSWER)
    for row in table.to_pylist():
        rows[row["clip_id"], row["variant"]].append(row)

    def explain(clip: Clip, views: Views) -> list[Rationale]:
        judge = partial(
            judge_answers,
            teacher=name_teacher(asked),
            views=views,
            min_grounded=config.min_grounded,
            other_labels=_list_other_labels(clip),
        )
        told, failures = [], []
        for variant in range(asked["teacher"]["variants"]):
            try:
                told.append(judge(clip, rows[clip.clip_id, variant]))
            except SourceError as error:
                failures.append(error)
        if not told:  # one good telling is enough; the answers to the others are kept as they are
            raise failures[0]
        return told

    asked_about = {clip_id for clip_id, _ in rows}
    return name_training_views(names), explain, asked_about


def _list_other_labels(clip: Clip) -> list[str]:
    """The other classes of a closed namespace; of an open one nobody knows them all."""
    names = list_class_names(clip.label_namespace or "")
    return [name for name in names if name != clip.label]


def _count(output: str) -> dict[str, int]:
    counts = {"rationales": 0, "steps": 0, "steps_true": 0, "rejects": 0}
    for _, table in iter_tables(join(output, PARTS), ["steps"], RATIONALE):
        counts["rationales"] += len(table)
        verdicts = [s["verdict"] for steps in table.column("steps").to_pylist() for s in steps]
        counts["steps"] += len(verdicts)
        counts["steps_true"] += verdicts.count("true")
    counts["rejects"] = count_rejects(output).total()
    return counts
