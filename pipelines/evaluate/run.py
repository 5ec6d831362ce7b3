"""Evaluate a checkpoint: units of clips on Ray, then ``evaluation.json`` over all responses.

The folder has ``parts/`` (:data:`schemas.RESPONSE`, every answer with its scores), ``rejects/``
(clips without an answer), ``predictions.parquet`` (:data:`schemas.PREDICTION`, of tasks that choose
among classes: what ``mine-negatives --confusions`` reads) and ``evaluation.json``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import pyarrow as pa

from pipelines.evaluate.config import (
    EvaluateConfig,
    choose_test_view,
    make_plan,
)
from pipelines.evaluate.unit import respond_unit
from pipelines.stage import Resources, run_stage
from schemas import PREDICTION, REJECT, RESPONSE
from skeletonllm.errors import UsageError
from skeletonllm.evaluation import get_protocol
from skeletonllm.evaluation.candidates import list_candidates
from skeletonllm.evaluation.captions.packages import check_packages
from skeletonllm.evaluation.responses.exchange import EXCHANGED
from skeletonllm.evaluation.responses.response import OWN, Response, responses_from_table
from skeletonllm.evaluation.scores.dependence import Dependence, find_overlap, find_trained
from skeletonllm.evaluation.scores.judge import Judge, group_responses
from skeletonllm.evaluation.trained import get_trained_view
from skeletonllm.shards import read_index
from skeletonllm.shards.manifest import read_manifest
from skeletonllm.storage import Unit, iter_tables, join, read_json, write_json, write_table
from skeletonllm.storage.layout import PARTS, PREDICTIONS, REJECTS, table_file
from skeletonllm.training import TrainState, read_state

RESULT = "evaluation.json"


def evaluate_model(config: EvaluateConfig) -> dict[str, Any]:
    """What ``evaluation.json`` holds: the scores of the task for each label namespace.

    Of a task whose answers are free text, it is how much the right motion helps to tell the text.
    Clips that have no answer, such as damaged ones, count nowhere and stand under ``unanswered``.
    A run that was killed goes on with the same command, to the same scores.

    Raises:
        UsageError: No clip to ask about, none with an answer, or a request that contradicts itself.
        StateError: No checkpoint, or one of another model.
        ModelError: The model's numbers are not finite, whatever it is shown.
        OutputMismatch: The folder holds another evaluation.
    """
    state = read_state(config.checkpoint)
    task = config.get_task(state)
    if config.writes and task.describes:
        check_packages()  # before hours of writing, not after
    view = task.choose_view(choose_test_view(config, state))
    index = read_index(config.release)
    rows = view.select(index)
    candidates = list_candidates(view, index)
    task.check_candidates(candidates)
    plan = make_plan(config, state, view, rows)
    conditions = config.list_conditions(task)
    each = len(plan.units) // len(conditions)

    def condition_of(unit: Unit) -> tuple[str]:
        return (conditions[unit.index // each],)

    unseen = get_protocol(config.protocol).train.unseen if config.protocol else ()
    trained = find_trained(index, get_trained_view(state))
    related = Dependence.of(rows, trained)
    judge = Judge(task, related, candidates, unseen if config.generalized else ())
    overlap = find_overlap(rows, trained, unseen)
    run_stage(
        config.output,
        plan,
        PARTS,
        partial(respond_unit, config=config),
        partial(_sum_up, config, state, judge, overlap),
        condition_of,
        Resources(gpus=int(config.gpu), at_once=config.workers),
    )
    result: dict[str, Any] = read_json(join(config.output, RESULT))
    return result


def _sum_up(
    config: EvaluateConfig, state: TrainState, judge: Judge, overlap: Sequence[str]
) -> dict[str, Any]:
    """Write the result over all parts, and count them."""
    responses = _read_responses(config.output)
    failed = _read_rejects(config.output)
    if not any(response.condition == OWN for response in responses):
        reason = f"; the first: {failed[0]['message']}" if failed else ""
        found = f"no clip has an answer in task {judge.task.name!r}{reason}"
        raise UsageError(found, where=config.release)
    own, *others = _judge_all(judge, responses).items()
    result = {
        "release": read_manifest(config.release).identity.sha256,
        "trained_on": state.owner["release"],
        "trained_corpora": state.owner["view"]["corpora"],
        "model": state.owner["model"]["source"],
        "renderer": state.owner["model"]["renderer"],
        "stage": state.stage.name,
        "steps": state.step,
        "task": judge.task.name,
        "judged": config.judged,
        "remarks": list(overlap),
        "results": own[1],
        **({"conditions": dict(others)} if others else {}),
        **({"unanswered": failed} if failed else {}),
    }
    if judge.task.names_classes:
        table = make_predictions([r for r in responses if r.condition == OWN])
        write_table(join(config.output, table_file(PREDICTIONS)), table)
    write_json(join(config.output, RESULT), result)
    return {"responses": len(responses), "unanswered": len(failed)}


def _judge_all(judge: Judge, responses: Sequence[Response]) -> dict[str, dict[str, Any]]:
    """Condition -> namespace -> scores; ``own`` first."""
    groups = group_responses(responses)
    exchanged = groups.get(EXCHANGED, {})
    names = sorted(groups, key=lambda name: (name != OWN, name))
    return {
        name: {
            space: judge.score(listed, exchanged.get(space, ()) if name == OWN else ())
            for space, listed in sorted(groups[name].items())
        }
        for name in names
    }


def make_predictions(responses: Sequence[Response]) -> pa.Table:
    """Rows of :data:`schemas.PREDICTION`: every candidate's score, a row a clip.

    Args:
        responses: Of one condition, of a task that chooses among classes.
    """
    names = ("clip_id", "label_namespace", "label", "candidates", "scores")
    rows = [{name: getattr(r, name) for name in names} for r in responses if r.turn == 0]
    return pa.Table.from_pylist(rows, schema=PREDICTION.arrow)


def _read_responses(output: str) -> list[Response]:
    tables = iter_tables(join(output, PARTS), schema=RESPONSE)
    return [response for _, table in tables for response in responses_from_table(table)]


def _read_rejects(output: str) -> list[dict[str, Any]]:
    """Each once, though a clip that cannot be read fails in every condition."""
    tables = iter_tables(join(output, REJECTS), schema=REJECT)
    rows = {tuple(row.values()): row for _, table in tables for row in table.to_pylist()}
    return sorted(rows.values(), key=lambda row: str(row["message"]))
