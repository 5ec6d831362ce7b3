"""What became of the rationales, and of the questions."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas import QUESTION, RATIONALE
from schemas.rationale import STEP, VIEW
from skeletonllm.release.diff.rows import (
    Digests,
    Ids,
    Mask,
    Matched,
    count_values,
    digest_columns,
    digest_leaves,
    find_changed,
    find_changes,
    flatten,
    list_ids,
    match_rows,
)
from skeletonllm.release.diff.side import Side, TableReader
from skeletonllm.views.view import EVERY_CLIP

SAID = ("clip_id", "text", "summary", "label")
JUDGED = ("status", "grounded", "agreement")
SOURCES = (
    *("teacher", "prompt_sha256", "request_sha256", "answer_sha256"),
    *("variant", "attempt", "facts_given"),
)
"""Columns of a rationale by the kind of change. Tokens, cost, reason of the end and flags are of
none: there is nothing to learn from them."""
VERDICTS = ("verdict", "measured")
STEPS = tuple(field.name for field in STEP if field.name not in VERDICTS)
"""Fields of a step: what was found of it, and what it says."""
_OF_VIEW = tuple(field.name for field in VIEW)
ASKED = ("question", "choices", "kind", "form", "language")
PLACE = ("clip_id", "start_s", "end_s")
"""Columns of a question: how it is asked, and of what."""
Change = dict[str, list[Any]]
"""Name -> [before, now]."""


@dataclass(frozen=True)
class RationaleChanges:
    """What became of the rationales.

    Args:
        before: Rationales of the earlier release, refused ones among them.
        after: Of the later one.
        added: Those of the later one alone.
        removed: Those of the earlier one alone.
        reworded: Those whose text, summary, label or steps changed, or that are told of another
            clip.
        rejudged: Those whose verdicts, what was measured, status or agreement changed: what was
            told is judged otherwise.
        retold: Those that another teacher, prompt, request, answer or attempt gave, or that were
            asked for the clips of other views.
        lost: Views for which there were some, and a stream over which is refused them now.
        status: Status -> how many had it before and have it now, where that changed.
        verdicts: Verdict -> the same, of steps.
        teachers: Teacher -> the same.
        grounded: Mean of what is grounded, before and now; None where there are none.
        usd: What they cost, before and now.
    """

    before: int
    after: int
    added: Ids
    removed: Ids
    reworded: Ids
    rejudged: Ids
    retold: Ids
    lost: tuple[str, ...]
    status: Change
    verdicts: Change
    teachers: Change
    grounded: tuple[float | None, float | None]
    usd: tuple[float, float]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def compare_rationales(old: Side, new: Side) -> tuple[RationaleChanges, pa.Array]:
    """What became of the rationales, and ids of the clips of which one was added or changed.

    Texts are read some thousand rows at once, and only their hashes kept.

    Args:
        old: The earlier release.
        new: The later one.

    Raises:
        ReleaseError: A table differs from its manifest, or names a rationale twice.
    """
    name = "rationales.parquet"
    with old.open_table(name, RATIONALE) as before, new.open_table(name, RATIONALE) as after:
        ids = [table.column("rationale_id") for table in (before, after)]
        match = match_rows(ids[0], ids[1], "a rationale")
        pair = _RowPairs(before, after, match)
        reworded = pair.differ(SAID) | pair.differ_within("steps", STEPS)
        rejudged = pair.find_changed(JUDGED) | pair.differ_within("steps", VERDICTS)
        retold = pair.find_changed(SOURCES) | pair.differ_within("views", _OF_VIEW)
        changes = RationaleChanges(
            before=len(before),
            after=len(after),
            added=list_ids(match.new_ids.take(pa.array(match.added))),
            removed=list_ids(match.old_ids.take(pa.array(match.removed))),
            reworded=list_ids(match.kept(reworded)),
            rejudged=list_ids(match.kept(rejudged)),
            retold=list_ids(match.kept(retold)),
            lost=_find_lost(old, new),
            status=_count_changes(before, after, "status"),
            verdicts=find_changes(_count_verdicts(before), _count_verdicts(after)),
            teachers=_count_changes(before, after, "teacher"),
            grounded=(_mean(before), _mean(after)),
            usd=(_sum(before, "usd"), _sum(after, "usd")),
        )
        return changes, _find_clips(before, after, match, reworded | rejudged | retold)


@dataclass(frozen=True)
class _RowPairs:
    """Two open tables, and which of their rows are of the same id."""

    old: TableReader
    new: TableReader
    match: Matched

    def find_changed(self, columns: tuple[str, ...]) -> Mask:
        """By the values of these columns, each held as a whole."""
        pairs = (self.match.pair(self.old.column(c), self.new.column(c)) for c in columns)
        return np.logical_or.reduce([find_changed(*pair) for pair in pairs])

    def differ(self, columns: tuple[str, ...]) -> Mask:
        """The same by hashes, for columns of texts or of lists."""
        return self._compare(*(digest_columns(table, columns) for table in (self.old, self.new)))

    def differ_within(self, column: str, names: tuple[str, ...]) -> Mask:
        """By hashes of these fields of a list of structs."""
        sides = (digest_leaves(table, column, names) for table in (self.old, self.new))
        return self._compare(*sides)

    def _compare(self, old: Digests, new: Digests) -> Mask:
        return old[self.match.old] != new[self.match.new]


def _find_lost(old: Side, new: Side) -> tuple[str, ...]:
    """By the manifests. A release with some of all clips, or before there were views, has all."""
    whole = {"rationales": [EVERY_CLIP.to_json()]}
    made = [side.data.get("views", whole)["rationales"] for side in (old, new)]
    before, after = ({view["sha256"]: view["name"] for view in views} for views in made)
    gone = set() if None in after else before.keys() - after.keys()
    return tuple(sorted(before[sha256] for sha256 in gone))


def _find_clips(before: TableReader, after: TableReader, match: Matched, changed: Mask) -> pa.Array:
    clips = after.column("clip_id")
    rows = np.concatenate([match.added, match.new[changed]])
    gone = before.column("clip_id").take(pa.array(match.removed))
    return pc.unique(pa.concat_arrays([clips.take(pa.array(rows)), gone]))


def _count_changes(before: TableReader, after: TableReader, column: str) -> Change:
    return find_changes(*(count_values(table.column(column)) for table in (before, after)))


def _count_verdicts(table: TableReader) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for rows in table.leaves("steps", ["verdict"]):
        counts.update(count_values(flatten(rows)))
    return dict(counts)


def _mean(table: TableReader) -> float | None:
    """Of all that were not refused: those that the samples hold."""
    kept = table.column("grounded").filter(pc.not_equal(table.column("status"), "rejected"))
    return None if len(kept) == 0 else round(float(pc.mean(kept).as_py()), 6)


def _sum(table: TableReader, column: str) -> float:
    return round(float(pc.sum(table.column(column)).as_py() or 0), 6)


@dataclass(frozen=True)
class QuestionChanges:
    """What became of the questions.

    Args:
        before: Questions of the earlier release.
        after: Of the later one.
        added: Those of the later one alone.
        removed: Those of the earlier one alone.
        reworded: Those that are asked in other words, form or language, with other choices, or as
            another kind.
        moved: Those that are asked of another clip, or of another stretch of it.
        reanswered: Those to which another answer is right.
        kinds: Kind -> how many there were and are, where that changed.
    """

    before: int
    after: int
    added: Ids
    removed: Ids
    reworded: Ids
    moved: Ids
    reanswered: Ids
    kinds: Change

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def compare_questions(old: Side, new: Side) -> QuestionChanges:
    """What became of the questions; a release without any has an empty table.

    Args:
        old: The earlier release.
        new: The later one.

    Raises:
        ReleaseError: A table differs from its manifest, or names a question twice.
    """
    name = "questions.parquet"
    with old.open_table(name, QUESTION) as before, new.open_table(name, QUESTION) as after:
        ids = [table.column("question_id") for table in (before, after)]
        match = match_rows(ids[0], ids[1], "a question")
        pair = _RowPairs(before, after, match)
        return QuestionChanges(
            before=len(before),
            after=len(after),
            added=list_ids(match.new_ids.take(pa.array(match.added))),
            removed=list_ids(match.old_ids.take(pa.array(match.removed))),
            reworded=list_ids(match.kept(pair.differ(ASKED))),
            moved=list_ids(match.kept(pair.find_changed(PLACE))),
            reanswered=list_ids(match.kept(pair.find_changed(("answer",)))),
            kinds=_count_changes(before, after, "kind"),
        )
