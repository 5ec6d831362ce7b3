"""What became of the rationales, and of the questions."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas import QUESTION, RATIONALE
from schemas.rationale import VERDICTS
from skeletonllm.release.diff.rows import (
    Ids,
    Mask,
    Matched,
    count_values,
    digest_texts,
    digest_words,
    find_changed,
    find_changes,
    flatten,
    list_ids,
    match_rows,
)
from skeletonllm.release.diff.side import Side, TableReader

_TEXTS = ["text", "summary", "label"]
_SOURCES = ("teacher", "prompt_sha256", "request_sha256", "answer_sha256")
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
        reworded: Those whose text, summary or label changed.
        rejudged: Those whose verdicts or status changed: what was told is judged otherwise.
        retold: Those that another teacher, prompt, request or answer gave.
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
        texts = [digest_texts(table, _TEXTS) for table in (before, after)]
        judged = [digest_words(t.leaves("steps", "verdict"), VERDICTS) for t in (before, after)]
        reworded = texts[0][match.old] != texts[1][match.new]
        rejudged = judged[0][match.old] != judged[1][match.new]
        rejudged |= _find_changed(before, after, match, ("status", "grounded"))
        retold = _find_changed(before, after, match, _SOURCES)
        changes = RationaleChanges(
            before=len(before),
            after=len(after),
            added=list_ids(match.new_ids.take(pa.array(match.added))),
            removed=list_ids(match.old_ids.take(pa.array(match.removed))),
            reworded=list_ids(match.kept(reworded)),
            rejudged=list_ids(match.kept(rejudged)),
            retold=list_ids(match.kept(retold)),
            status=_count_changes(before, after, "status"),
            verdicts=find_changes(_count_verdicts(before), _count_verdicts(after)),
            teachers=_count_changes(before, after, "teacher"),
            grounded=(_mean(before), _mean(after)),
            usd=(_sum(before, "usd"), _sum(after, "usd")),
        )
        return changes, _find_clips(before, after, match, reworded | rejudged | retold)


def _find_changed(
    before: TableReader, after: TableReader, match: Matched, columns: tuple[str, ...]
) -> Mask:
    masks = (find_changed(*match.pair(before.column(c), after.column(c))) for c in columns)
    return np.logical_or.reduce(list(masks))


def _find_clips(before: TableReader, after: TableReader, match: Matched, changed: Mask) -> pa.Array:
    clips = after.column("clip_id")
    rows = np.concatenate([match.added, match.new[changed]])
    gone = before.column("clip_id").take(pa.array(match.removed))
    return pc.unique(pa.concat_arrays([clips.take(pa.array(rows)), gone]))


def _count_changes(before: TableReader, after: TableReader, column: str) -> Change:
    return find_changes(*(count_values(table.column(column)) for table in (before, after)))


def _count_verdicts(table: TableReader) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for rows in table.leaves("steps", "verdict"):
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
        reworded: Those that are asked in other words, or with other choices.
        reanswered: Those to which another answer is right.
        kinds: Kind -> how many there were and are, where that changed.
    """

    before: int
    after: int
    added: Ids
    removed: Ids
    reworded: Ids
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
        asked = [digest_texts(table, ["question", "choices"]) for table in (before, after)]
        return QuestionChanges(
            before=len(before),
            after=len(after),
            added=list_ids(match.new_ids.take(pa.array(match.added))),
            removed=list_ids(match.old_ids.take(pa.array(match.removed))),
            reworded=list_ids(match.kept(asked[0][match.old] != asked[1][match.new])),
            reanswered=list_ids(match.kept(_find_changed(before, after, match, ("answer",)))),
            kinds=_count_changes(before, after, "kind"),
        )
