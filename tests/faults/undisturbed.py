"""What a job of rationales leaves when nothing disturbs it, without Ray: all in this process."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pyarrow as pa

from jobs.build_rationales import Flags
from jobs.teacher_flags import make_answers_config
from pipelines.rationales import RationalesConfig, explain_unit
from pipelines.teacher.answers import (
    AnswersConfig,
    begin_talks,
    find_candidates,
    find_views,
    make_plan,
)
from pipelines.teacher.conversations import Talk
from schemas import ANSWER
from skeletonllm.clip import Clip
from skeletonllm.clip_folders import read_unit, write_rejects
from skeletonllm.endpoint.asker import Asker
from skeletonllm.rationales.teachers.online import Turn, to_answer_rows
from skeletonllm.storage import Unit, claim, finish, join, write_table
from skeletonllm.storage.layout import PARTS


def write_undisturbed(flags: Flags) -> None:
    """Write the parts of the answers and of the rationales; what was counted is left out.

    Args:
        flags: Of the job.
    """
    answers = f"{flags.output}-answers"
    asked = make_answers_config(flags, flags.clips, answers)
    plan = make_plan(asked)
    claim(answers, plan)
    asyncio.run(_ask_all(asked, plan.units))
    finish(answers, plan, dict)  # rationales are made of finished answers alone
    config = RationalesConfig(flags.clips, flags.output, answers=answers)
    for unit in plan.units:
        explain_unit(unit, config=config)


async def _ask_all(config: AnswersConfig, units: tuple[Unit, ...]) -> None:
    asker = await Asker.open(config.endpoint, str(Path(config.output) / "work"))
    for unit in units:
        clips, rejects = read_unit(unit, "undisturbed")
        views = find_views(clips, config.views)
        talks = [*begin_talks(clips, config.teacher, rejects, views, find_candidates(config))]
        told = await asyncio.gather(*(_hold(talk, asker) for talk in talks))
        rows: list[dict[str, Any]] = []
        for talk, turns in zip(talks, told, strict=True):
            view = ", ".join(name for name, _ in views[talk.about.clip_id])
            rows += to_answer_rows(talk.about, talk.variant, talk.sample, turns, view)
        write_rejects(config.output, unit, rejects)
        table = pa.Table.from_pylist(rows, ANSWER.arrow)
        write_table(join(config.output, PARTS, f"{unit.part}.parquet"), table)
    await asker.close()


async def _hold(talk: Talk[Clip], asker: Asker) -> list[Turn]:
    request = next(talk.conversation)
    while True:
        try:
            request = talk.conversation.send(await asker.ask(request))
        except StopIteration as end:
            turns: list[Turn] = end.value
            return turns
