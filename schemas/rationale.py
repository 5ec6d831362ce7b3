"""Causal chains, a row each, checked step by step against the motion."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from schemas.base import Column, TableSchema, at_least, between, hold_within, one_of, sha256

MOTIONS = (
    *("raise", "lower", "bend", "extend", "lean", "straighten", "twist"),
    *("forward", "backward", "sideways", "swing", "approach", "retreat"),
    *("touch", "clap", "cross", "circle", "oscillate", "hold"),
    *("turn", "step", "walk", "run", "jump", "crouch", "sit", "stand", "lunge"),
    *("kick", "push", "pull", "throw", "pick_up", "other"),
)
"""What a body part may do in a step; all but the last can be measured; docs/CLAIMS.md."""
SIDES = ("left", "right", "both", "centre")
DIRECTIONS = (
    *("", "up", "down", "forward", "back", "left", "right"),
    *("clockwise", "counterclockwise"),
)
"""Of the own body; the last two, of a circle, as the person sees the own hand."""
VERDICTS = ("true", "contradicted", "unverifiable")
STATUSES = ("accepted", "kept_with_faults", "rejected")

STEP = pa.struct(
    [
        ("id", pa.int32()),
        ("start_s", pa.float64()),
        ("end_s", pa.float64()),
        ("person", pa.int32()),
        ("side", pa.string()),
        ("part", pa.string()),
        ("motion", pa.string()),
        ("target", pa.string()),
        ("direction", pa.string()),
        ("count", pa.int32()),
        ("causes", pa.list_(pa.int32())),
        ("text", pa.string()),
        ("verdict", pa.string()),
        ("measured", pa.float64()),
    ]
)

VIEW = pa.struct([("name", pa.string()), ("sha256", pa.string())])
"""A protocol whose training part was asked about: its name, and the hash of its view."""


def _words_are_known(table: pa.Table) -> pa.Array:
    known = {"motion": MOTIONS, "side": SIDES, "direction": DIRECTIONS, "verdict": VERDICTS}
    steps, rows = _steps(table)
    held = pa.array([True] * len(steps), pa.bool_())
    for name, words in known.items():
        held = pc.and_(held, pc.is_in(steps.field(name), value_set=pa.array(words)))
    return hold_within(table, rows, held)


def _causes_are_steps(table: pa.Table) -> pa.Array:
    """Each cause is another step of the same rationale."""
    steps, rows = _steps(table)
    ids, causes = steps.field("id"), steps.field("causes")
    told_by = pc.list_parent_indices(causes)
    effects, caused = (pc.take(column, told_by) for column in (ids, rows))
    known = _in_row(rows, ids)
    named = _in_row(caused, pc.list_flatten(causes))
    held = pc.and_(pc.is_in(named, value_set=known), pc.not_equal(named, _in_row(caused, effects)))
    return hold_within(table, caused, held)


def _views_are_named(table: pa.Table) -> pa.Array:
    column = table.column("views").combine_chunks()
    views = pc.list_flatten(column)
    named = pc.and_(pc.is_valid(views), pc.is_valid(views.field("name")))
    return hold_within(table, pc.list_parent_indices(column), named)


def _steps(table: pa.Table) -> tuple[pa.StructArray, pa.Array]:
    """All steps, and the row of each."""
    column = table.column("steps").combine_chunks()
    return pc.list_flatten(column), pc.list_parent_indices(column)


def _in_row(rows: pa.Array, ids: pa.Array) -> pa.Array:
    """A number for each pair of a row and the id of a step."""
    return pc.add(pc.shift_left(rows.cast(pa.int64()), 32), ids.cast(pa.int64()))


RATIONALE = TableSchema(
    name="rationale",
    # 1.1: ten kinds of claim, no flags. 1.0: a prompt that was never sent was recorded, and words
    # were not judged
    version="1.2.0",
    columns=(
        Column("rationale_id", pa.string()),
        Column("clip_id", pa.string()),
        Column("variant", pa.int32(), checks=(at_least(0),)),
        Column("attempt", pa.int32(), checks=(at_least(0),)),
        Column("steps", pa.list_(STEP)),
        Column("summary", pa.string()),
        Column("text", pa.string()),
        Column("label", pa.string()),
        Column("grounded", pa.float64(), checks=(between(0, 1),)),
        Column("status", pa.string(), checks=(one_of(*STATUSES),)),
        Column("teacher", pa.string()),
        Column("prompt_sha256", pa.string(), nullable=True, checks=(sha256(),)),
        Column("request_sha256", pa.string(), checks=(sha256(),)),
        Column("tokens_in", pa.int64(), checks=(at_least(0),)),
        Column("tokens_out", pa.int64(), checks=(at_least(0),)),
        Column("usd", pa.float64(), checks=(at_least(0),)),
        Column("finish_reason", pa.string(), nullable=True),
        Column("answer_sha256", pa.string(), nullable=True, checks=(sha256(),)),
        Column("agreement", pa.float64(), nullable=True, checks=(between(0, 1),)),
        Column("facts_given", pa.bool_(), default=False),
        Column("views", pa.list_(VIEW), nullable=True),
        Column("flags", pa.list_(pa.string()), nullable=True),
    ),
    rules=(
        ("causes are other steps of the rationale", _causes_are_steps),
        ("each view has a name", _views_are_named),
    ),
    vocabulary=(("words of steps are of their sets", _words_are_known),),
    unique=("rationale_id",),
)
"""``prompt_sha256``: of the prompt that was sent; null where nobody was asked. ``agreement``: with
the other answers to the same question, 0..1; null where there was one. ``views``: the protocols
whose training clips were asked about; null where all labelled clips were. ``flags``: what a reader
should know, such as stretches in which the sensor was wrong and nothing is told."""
