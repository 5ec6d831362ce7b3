"""What tested clips share with each other and with training clips, and what a score is without it.

Clips of one subject hang together, so an interval over clips alone may be too narrow: subjects are
drawn anew instead. A clip whose motion training saw measures memory: beside all clips, those
without such copies are scored (a fifth of NW-UCLA's test clips are copies, docs/SPLITS.md).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skeletonllm.tasks.accuracy import score_accuracy
from skeletonllm.tasks.task import Answer
from skeletonllm.views.view import View

DRAWS = 10_000
"""Of all subjects, with replacement. With ten subjects the ends of the interval then move by about
a point from seed to seed; the fixed seed makes them come again, not more exact."""


@dataclass(frozen=True)
class Dependence:
    """Whom tested clips show, and which of them training saw.

    Args:
        subjects: Clip -> corpus and subject; clips of unknown subjects count as of one.
        copies: Clips whose motion a training clip has, number by number.
    """

    subjects: Mapping[str, tuple[str, str]]
    copies: frozenset[str]

    @classmethod
    def of(cls, tested: pa.Table, trained: pa.Table) -> Dependence:
        """The dependence of tested clips on each other and on trained ones.

        Args:
            tested: Rows of :data:`schemas.SAMPLE`.
            trained: Likewise; possibly none.
        """
        seen = pc.is_in(tested["motion_sha256"], value_set=trained["motion_sha256"])
        rows = tested.select(["clip_id", "corpus", "subject"]).to_pylist()
        return cls(
            {row["clip_id"]: (row["corpus"], row["subject"] or "") for row in rows},
            frozenset(tested.filter(seen)["clip_id"].to_pylist()),
        )

    def score(self, answers: Sequence[Answer]) -> dict[str, Any]:
        """Plain data for ``evaluation.json``, and what to remark about it as sentences.

        Args:
            answers: About tested clips; at least one.
        """
        subjects = [self.subjects[answer.clip_id] for answer in answers]
        right = [answer.target == answer.prediction for answer in answers]
        count, interval = len(set(subjects)), bootstrap_share(right, subjects)
        over = "one subject only: how others would do, nobody knows"
        if interval is not None:
            over = f"over {count} subjects: 95 %: {interval[0]:.1%} to {interval[1]:.1%}"
        found: dict[str, Any] = {"by_subject": {"subjects": count, "interval95": interval}}
        remarks = [over]
        if any(answer.clip_id in self.copies for answer in answers):
            found["leak_free"], remark = self._leave_out_copies(answers)
            remarks.append(remark)
        return {**found, "remarks": remarks}

    def _leave_out_copies(self, answers: Sequence[Answer]) -> tuple[dict[str, Any], str]:
        own = [answer for answer in answers if answer.clip_id not in self.copies]
        left_out = f"without {len(answers) - len(own)} whose motion training saw"
        if not own:
            return {"clips": 0}, f"{left_out}: none is left"
        scores = score_accuracy(own)
        told = {"clips": scores.count, "top1": scores.top1, "interval95": [scores.low, scores.high]}
        return told, f"{left_out}: {scores.summarize()} of {scores.count}"


def find_trained(index: pa.Table, trained: View) -> pa.Table:
    """The rows that training may have seen; possibly none.

    Args:
        index: A release, rows of :data:`schemas.SAMPLE`.
        trained: What a checkpoint was trained on.
    """
    return index.filter(trained.split.mask(index))


def find_overlap(tested: pa.Table, trained: pa.Table, unseen: Collection[str]) -> list[str]:
    """What training saw of what is tested, as sentences; none where it saw nothing.

    Args:
        tested: Rows of :data:`schemas.SAMPLE`.
        trained: Likewise; possibly none.
        unseen: Classes that the test takes for unseen ones.
    """
    told = []
    same = pc.sum(pc.is_in(tested["clip_id"], value_set=trained["clip_id"])).as_py() or 0
    if same:
        told.append(f"{same} of {len(tested)} tested clips are training clips of this checkpoint")
    known = sorted(set(unseen) & set(trained["label"].to_pylist()))
    if known:
        told.append(f"classes that should be unseen were trained: {', '.join(known)}")
    return told


def bootstrap_share(
    right: Sequence[bool], groups: Sequence[Any], seed: int = 0
) -> list[float] | None:
    """95 % interval of the share of right answers; see :func:`bootstrap_mean`.

    Args:
        right: Whether each answer is right.
        groups: Whom each is about; in any order.
        seed: Of the draws.

    Example:
        >>> bootstrap_share([True, True, False, False], ["a", "a", "b", "b"])
        [0.0, 1.0]
    """
    return bootstrap_mean([float(one) for one in right], groups, seed)


def bootstrap_mean(
    values: Sequence[float], groups: Sequence[Any], seed: int = 0
) -> list[float] | None:
    """95 % interval of a mean, by drawing groups with replacement.

    The percentile interval of the cluster bootstrap (Davison and Hinkley 1997, 3.8). With a
    handful of groups it is still too narrow: say how many there were.

    Args:
        values: One of each clip.
        groups: Whom each is about; in any order.
        seed: Of the draws.

    Returns:
        Lower and upper end; None of a single group.
    """
    names = {name: at for at, name in enumerate(sorted(set(groups)))}
    if len(names) < 2:
        return None
    place = [names[group] for group in groups]
    sizes = np.bincount(place)
    sums = np.bincount(place, weights=values)
    drawn = np.random.default_rng(seed).integers(len(names), size=(DRAWS, len(names)))
    means = sums[drawn].sum(1) / sizes[drawn].sum(1)
    low, high = np.quantile(means, (0.025, 0.975))
    return [float(low), float(high)]
