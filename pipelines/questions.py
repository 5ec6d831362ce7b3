"""Clips -> questions made of what was measured in them, each with an answer that was checked.

They are made for all clips, those of tests among them: nothing but the motion is asked about, no
class is named, and a test needs questions of its own. What a training may see is the business of
its view: a stream gives the questions of the clips that its view selects and of no other, and
leaves out those whose words tell an unseen class. So no protocol is asked for here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa

from pipelines.stage import run_stage
from schemas import QUESTION
from skeletonllm.clip import Clip
from skeletonllm.clip_folders import clip_units, count_rejects, lineage, read_unit, write_rejects
from skeletonllm.errors import SchemaError
from skeletonllm.questions import SOURCE, Made, make_questions
from skeletonllm.questions.baselines import count_answers, measure_blind
from skeletonllm.rejects import build_table, isolate_clip
from skeletonllm.storage import Plan, Unit, iter_tables, join, write_json, write_table
from skeletonllm.storage.layout import PARTS

STAGE, VERSION = "build_questions", "1"

TALLIES = "tallies"
"""Folder with a part a unit: how many clips were asked about, and why drafts were dropped."""
BALANCE = "balance.json"
"""Counts of kinds and answers, the blind baselines, and the reasons, over all parts."""
CLIP = "clip"
"""Kind of the tallies of whole clips."""
TALLY = pa.schema([("kind", pa.string()), ("reason", pa.string()), ("count", pa.int64())])


@dataclass(frozen=True)
class QuestionsConfig:
    """Finished ``normalize`` folders, and the folder to write."""

    clips: tuple[str, ...]
    output: str


def build_questions(config: QuestionsConfig) -> dict[str, Any]:
    """Run the stage; return its manifest, with ``counts`` of clips, questions and kinds."""
    settings = {"clips": lineage(config.clips), "source": SOURCE}
    plan = Plan(STAGE, VERSION, settings, clip_units(config.clips))
    work = partial(ask_unit, output=config.output)
    return run_stage(config.output, plan, PARTS, work, partial(_sum_up, config.output))


def ask_unit(unit: Unit, *, output: str) -> None:
    """Write the questions of one part; a clip that cannot be asked about is a reject.

    Args:
        unit: A part of clips.
        output: Folder of the stage.
    """
    clips, rejects = read_unit(unit, STAGE)
    made: dict[Clip, Made] = {}
    for clip in clips:
        with isolate_clip(clip, STAGE, rejects):
            made[clip] = make_questions(clip)
    table = build_table(
        [*made], lambda kept: _make_table([made[clip] for clip in kept]), STAGE, rejects
    )
    write_rejects(output, unit, rejects)
    tally = pa.Table.from_pylist(list(_tally(list(made.values()))), schema=TALLY)
    write_table(join(output, TALLIES, f"{unit.part}.parquet"), tally)
    write_table(join(output, PARTS, f"{unit.part}.parquet"), table)


def _make_table(made: list[Made]) -> pa.Table:
    rows = [row for one in made for row in one.rows]
    table = pa.Table.from_pylist(rows, schema=QUESTION.arrow)
    if faults := QUESTION.faults(table):
        raise SchemaError("; ".join(faults), where=STAGE)
    return table


def _tally(made: list[Made]) -> Iterator[dict[str, Any]]:
    found: Counter[tuple[str, str]] = Counter()
    for one in made:
        found[CLIP, "asked_about" if one.rows else "not_asked_about"] += 1
        found.update(one.dropped)
    for (kind, reason), times in sorted(found.items()):
        yield {"kind": kind, "reason": reason, "count": times}


def _sum_up(output: str) -> dict[str, int]:
    rows: list[dict[str, Any]] = []
    columns = ["clip_id", "kind", "form", "question", "answer", "choices"]
    for _, table in iter_tables(join(output, PARTS), columns, QUESTION):
        rows += table.to_pylist()
    tallies: Counter[tuple[str, str]] = Counter()
    for _, table in iter_tables(join(output, TALLIES)):
        for row in table.to_pylist():
            tallies[row["kind"], row["reason"]] += row["count"]
    clips = {reason: n for (kind, reason), n in sorted(tallies.items()) if kind == CLIP}
    balance = {
        "clips": clips,
        "answers": count_answers(rows),
        "blind": {kind: blind.to_json() for kind, blind in measure_blind(rows).items()},
        "dropped": {f"{k}: {r}": n for (k, r), n in sorted(tallies.items()) if k != CLIP},
    }
    write_json(join(output, BALANCE), balance)
    kinds = Counter(row["kind"] for row in rows)
    counts = {"clips": sum(clips.values()), "clips_asked_about": clips.get("asked_about", 0)}
    counts |= {"questions": len(rows), **{f"questions_{k}": n for k, n in sorted(kinds.items())}}
    return counts | {"rejects": count_rejects(output).total()}
