"""A stage of answers: many conversations at once, all with one asker."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic

import ray

from pipelines.stage import run_missing, run_stage
from pipelines.teacher.asker import AskerConfig, open_asker, unwrap
from schemas import ANSWER
from skeletonllm.clip_folders import count_rejects
from skeletonllm.errors import EndpointError
from skeletonllm.rationales.teachers.online import Conversation, Turn
from skeletonllm.rejects import NamedT, Reject, isolate_clip
from skeletonllm.storage import Plan, Unit, claim, finish, hold_lock, iter_tables, join, write_json
from skeletonllm.storage.layout import PARTS

log = logging.getLogger(__name__)

ASKED = "ask_teacher"
"""Name of the stage of answers, whatever they are about."""
SPEND = "spend.json"
"""What was paid, and what may have been, by the ledger."""


@dataclass(frozen=True, eq=False)
class Talk(Generic[NamedT]):
    """A conversation.

    Args:
        about: The clip, or whatever else is asked about.
        variant: Which of its rationales.
        sample: Which of the answers to it.
        conversation: Its questions.
    """

    about: NamedT
    variant: int
    sample: int
    conversation: Conversation


def run_asking(
    plan: Plan, asker: AskerConfig, expected: int, work: Callable[..., None]
) -> dict[str, Any]:
    """Run a stage of answers with one asker for all of its tasks; return its manifest.

    Args:
        plan: Of the stage.
        asker: Whom to open, and the folder of the stage.
        expected: Answers that the job will need, for the time that is left.
        work: Writes the answers of one unit; takes the handle of the asker as ``asker``.

    Raises:
        UsageError: Another job is at work on the answers, or there is no key or price.
        EndpointError: Nothing can be asked any more; the same command goes on later.
    """
    output = asker.answers
    with hold_lock(output, "job"):
        if claim(output, plan):
            return finish(output, plan, dict)
        with open_asker(asker, expected) as handle:
            told = partial(work, asker=handle)
            if asker.endpoint.batch:
                _run_rounds(output, plan, told, handle)
            return run_stage(output, plan, PARTS, told, partial(_sum_up, output, handle))


def _run_rounds(output: str, plan: Plan, work: Callable[..., None], asker: Any) -> None:
    """Collect questions, and wait for the batches that answer them, until there are none."""
    more = True
    while more:
        run_missing(output, plan, PARTS, partial(_work_if_answered, work=work))
        now = unwrap(asker.progress.remote())
        if count := now.waiting + now.in_flight:
            log.info("%d questions are collected, and now wait for their batches", count)
        more = unwrap(asker.flush.remote())


def _work_if_answered(unit: Unit, *, work: Callable[..., None]) -> None:
    with suppress(AnswersPending):
        work(unit)


class AnswersPending(EndpointError):
    """A unit cannot be written yet: some of its questions are in a batch."""


def hold_talks(
    talks: Iterator[Talk[NamedT]], asker: Any, most: int, stage: str, rejects: list[Reject]
) -> Iterator[tuple[Talk[NamedT], list[Turn]]]:
    """Each conversation that came to its end, and its turns, in any order.

    New ones begin, and their pictures are drawn, only as earlier ones end: memory stays even.

    Args:
        talks: Not yet begun.
        asker: Handle of the job's asker.
        most: How many are held at once.
        stage: For rejects.
        rejects: Grows by what could not be asked about.

    Raises:
        EndpointError: Nothing can be asked any more.
        AnswersPending: Batches must bring some of the answers first.
    """
    waiting: dict[Any, Talk[NamedT]] = {}
    more, pending = True, 0
    while more or waiting:
        while more and len(waiting) < most:
            talk = next(talks, None)
            more = talk is not None
            if talk is not None:
                with isolate_clip(talk.about, stage, rejects):
                    waiting[asker.ask.remote(next(talk.conversation))] = talk
        if not waiting:
            continue
        ready, _ = ray.wait(list(waiting), num_returns=1)
        for reference in ready:
            talk, answer = waiting.pop(reference), unwrap(reference)
            if answer is None:
                pending += 1
                continue
            with isolate_clip(talk.about, stage, rejects):
                try:
                    waiting[asker.ask.remote(talk.conversation.send(answer))] = talk
                except StopIteration as end:
                    yield talk, end.value
    if pending:
        hint = "Run the same command again: it goes on from here."
        raise AnswersPending(f"{pending} questions have no answer yet", hint=hint)


def share_talks(concurrency: int, tasks: int | None = None) -> int:
    """How many conversations a task holds: with all others twice what may be in flight, so that the
    asker never waits for one to begin.

    Args:
        concurrency: Most requests in flight of the job.
        tasks: Tasks that work at once; as many as there are CPUs if not given.
    """
    beside = int(ray.cluster_resources().get("CPU", 1)) if tasks is None else tasks
    return max(2, 2 * concurrency // max(1, beside))


def _sum_up(output: str, asker: Any) -> dict[str, Any]:
    spend = unwrap(asker.progress.remote()).spend
    write_json(join(output, SPEND), vars(spend))
    return count_answers(output)


def count_answers(output: str) -> dict[str, Any]:
    """Answers of a folder by outcome, and what they cost by the endpoint's own count.

    Args:
        output: Folder of the stage.
    """
    columns = ["outcome", "tokens_in", "tokens_out", "tokens_formula", "usd"]
    counts: dict[str, Any] = {"answers": 0}
    for _, table in iter_tables(join(output, PARTS), columns, ANSWER):
        counts["answers"] += len(table)
        for row in table.to_pylist():
            counts[row["outcome"]] = counts.get(row["outcome"], 0) + 1
            for name in columns[1:]:
                counts[name] = counts.get(name, 0) + row[name]
    counts["usd"] = round(counts.get("usd", 0.0), 6)
    return counts | {"rejects": count_rejects(output).total()}
