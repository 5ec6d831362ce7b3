"""Classes -> what a teacher says about each: all others, ranked by how easily they are mistaken."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pyarrow as pa

from pipelines.teacher.asker import AskerConfig
from pipelines.teacher.conversations import ASKED, Talk, hold_talks, run_asking, share_talks
from schemas import ANSWER
from skeletonllm.clip_folders import lineage, write_rejects
from skeletonllm.endpoint.estimate import SAMPLE, estimate_requests
from skeletonllm.endpoint.prices import open_price
from skeletonllm.endpoint.request import Sampling
from skeletonllm.endpoint.settings import EndpointSettings
from skeletonllm.errors import SourceError, UsageError
from skeletonllm.evaluation.classes import find_classes
from skeletonllm.evaluation.training_clips import check_training_clips, name_training_views
from skeletonllm.negatives.rank import BySource
from skeletonllm.negatives.teacher import (
    SOURCE,
    RankingQuestion,
    converse_ranking,
    list_questions,
    read_ranking,
    score_ranking,
    to_ranking_rows,
)
from skeletonllm.prompts.ranking import PROMPT_VERSION
from skeletonllm.rejects import Reject, isolate_clip
from skeletonllm.storage import Plan, Unit, finished, join, read_plan, read_table, write_table
from skeletonllm.storage.layout import PARTS
from skeletonllm.storage.plan import stated_parts
from skeletonllm.views.view import NamedView

STAGE, VERSION = ASKED, "1"
PURPOSE = "ranking"
TURNS = 2
"""Most questions about a class: the ranking, and its faults."""


@dataclass(frozen=True, kw_only=True)
class RankingsConfig:
    """Who is asked about which classes.

    Args:
        clips: Finished ``normalize`` folders: the classes of their namespaces are asked about.
        output: Folder to write.
        endpoint: Where and how hard, and which model.
        sampling: How answers are drawn; its ``max_tokens`` must hold all names of a namespace.
        structured: How firmly the form is asked for.
        protocols: Whose seen classes; all classes without any.
        reuse: Finished folders of answers, looked into before anything is asked.
    """

    clips: tuple[str, ...]
    output: str
    endpoint: EndpointSettings
    sampling: Sampling = field(default_factory=Sampling)
    structured: str = "json_schema"
    protocols: tuple[str, ...] = ()
    reuse: tuple[str, ...] = ()


def ask_for_rankings(config: RankingsConfig) -> dict[str, Any]:
    """Run the stage; return its manifest, with ``counts`` of answers, tokens and dollars.

    Raises:
        UsageError: A protocol has no training clip here, or no class has another beside it.
        EndpointError: Nothing can be asked any more; the same command goes on later.
    """
    plan = make_ranking_plan(config)
    asker = AskerConfig(config.endpoint, config.output, config.reuse)
    questions = tuple(list_questions(plan.config["classes"]))
    work = partial(rank_unit, config=config, questions=questions)
    return run_asking(plan, asker, len(questions), work)


def make_ranking_plan(config: RankingsConfig) -> Plan:
    """What the rankings depend on: the classes and the teacher, not the clips themselves.

    Args:
        config: The stage.

    Raises:
        UsageError: A protocol has no training clip here, or no class has another beside it.
    """
    views = name_training_views(config.protocols)
    lineage(config.clips)  # finished folders only: a class could be missing from others
    check_training_clips(config.clips, views)
    classes = _as_json(find_classes(config.clips, views))
    if not list_questions(classes):
        raise UsageError(
            "no class has another one beside it",
            expected="clips of two labels or more",
            where=", ".join(config.clips),
        )
    teacher = {
        "base_url": config.endpoint.base_url,
        "model": config.endpoint.model,
        "sampling": config.sampling.to_json(),
        "structured": config.structured,
        "prompt": PROMPT_VERSION,
    }
    settings = {"purpose": PURPOSE, "teacher": teacher, "classes": classes}
    return Plan(STAGE, VERSION, settings, (Unit(0, ()),))


def rank_unit(
    unit: Unit, *, config: RankingsConfig, questions: Sequence[RankingQuestion], asker: Any
) -> None:
    """Write all answers, in order of the questions; a class without a ranking is a reject too.

    Args:
        unit: The only one.
        config: The stage.
        questions: About all classes.
        asker: Handle of the job's asker.
    """
    rejects: list[Reject] = []
    rows: dict[RankingQuestion, list[dict[str, Any]]] = {}
    talks = _begin_talks(config, questions)
    most = share_talks(config.endpoint.concurrency, tasks=1)
    for talk, turns in hold_talks(talks, asker, most, STAGE, rejects):
        rows[talk.about] = to_ranking_rows(talk.about, turns)
    answered = [question for question in questions if question in rows]
    for question in answered:
        with isolate_clip(question, STAGE, rejects):
            read_ranking(question, rows[question])
    ordered = [row for question in answered for row in rows[question]]
    write_rejects(config.output, unit, rejects)
    table = pa.Table.from_pylist(ordered, ANSWER.arrow)
    write_table(join(config.output, PARTS, f"{unit.part}.parquet"), table)


def estimate_rankings(config: RankingsConfig) -> dict[str, Any]:
    """Lines for people: requests, tokens and dollars, each with an interval. Nothing is sent.

    Args:
        config: As for asking.

    Raises:
        UsageError: As for asking, or there is no price for the model.
    """
    price = open_price(config.endpoint)
    questions = list_questions(make_ranking_plan(config).config["classes"])
    some = questions[:: max(1, len(questions) // SAMPLE)]
    sample = [next(talk.conversation) for talk in _begin_talks(config, some)]
    batch = config.endpoint.batch
    found = estimate_requests(sample, len(questions), TURNS, price, batch=batch)
    # Nothing is shown here: what twelve pictures would cost says nothing.
    told = {name: text for name, text in found.to_rows().items() if "pictures" not in name}
    return {"classes": len(questions), **told}


def check_rankings(answers: str, clips: Sequence[str], views: Sequence[NamedView]) -> None:
    """Refuse a folder that does not rank just the classes that are to be mined.

    Args:
        answers: Finished folder of rankings.
        clips: Finished ``normalize`` folders.
        views: What is to be mined; the answers may hold others besides.

    Raises:
        UsageError: It is of other classes, or holds answers of another kind.
    """
    finished(answers, STAGE)
    asked = read_plan(answers)["config"]
    if asked.get("purpose") != PURPOSE:
        raise UsageError(
            "answers that rank no classes",
            expected="those of `skeletonllm mine-negatives --teacher openai`",
            where=answers,
        )
    for name, wanted in _as_json(find_classes(clips, views)).items():
        if asked["classes"].get(name) != wanted:
            raise UsageError(
                f"answers about other classes than those of view {name!r} here",
                expected="the same --protocol, and clips of the same classes",
                where=answers,
            )


def read_rankings(answers: str) -> dict[tuple[str, str], dict[str, BySource]]:
    """(View, namespace) -> label -> what the teacher says; one without a usable answer is absent.

    Args:
        answers: Finished folder of rankings.
    """
    rows: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
    for part in stated_parts([answers], STAGE):
        for row in read_table(part, schema=ANSWER).to_pylist():
            rows[row["view"], row["label_namespace"], row["label"]].append(row)
    found: dict[tuple[str, str], dict[str, BySource]] = defaultdict(dict)
    for asked in list_questions(read_plan(answers)["config"]["classes"]):
        try:
            ranking = read_ranking(asked, rows[asked.view, asked.namespace, asked.label])
        except SourceError:
            continue  # a reject of the answers already; other sources rank it
        found[asked.view, asked.namespace][asked.label] = {SOURCE: score_ranking(ranking)}
    return found


def _begin_talks(
    config: RankingsConfig, questions: Sequence[RankingQuestion]
) -> Iterator[Talk[RankingQuestion]]:
    endpoint = config.endpoint
    for question in questions:
        told = converse_ranking(
            question, endpoint.base_url, endpoint.model, config.sampling, config.structured
        )
        yield Talk(question, 0, 0, told)


def _as_json(classes: Mapping[str, Mapping[str, Sequence[str]]]) -> dict[str, dict[str, list[str]]]:
    """With lists for tuples, as a plan is read back."""
    return {view: {space: [*names] for space, names in of.items()} for view, of in classes.items()}
