"""One answer of a model with all that a later measure may need: a row of the table RESPONSE."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pyarrow as pa

from schemas import RESPONSE
from skeletonllm.errors import SchemaError, UsageError
from skeletonllm.tasks.task import Answer

OWN = "own"
"""Name of the condition in which a model is shown the clip as it is."""

SUM, MEAN, MINUS_BLIND, BLIND = "sum", "mean", "minus_blind", "blind"
SCORINGS = (SUM, MEAN, MINUS_BLIND, BLIND)
"""How candidates are compared: by the probability of the whole answer; by that of a token of it;
by how much the picture adds to a black one; and, as a control, by the black picture alone."""


@dataclass(frozen=True, kw_only=True)
class Response:
    """What a model answered to one question about a clip.

    Args:
        clip_id: The clip.
        target: The right answer.
        condition: In what the motion that was shown differs from the clip's.
        turn: For the how manieth time the clip is asked about.
        kind: Of a question, such as ``side``.
        label_namespace: Of the label.
        label: The clip's class.
        references: All right answers, of free text.
        candidates: Answers to choose from; None where the model wrote freely.
        scores: Log-likelihood of each, in nats.
        tokens: Tokens of each, its end of turn included.
        blind_scores: As ``scores``, of a black picture.
        text: What the model wrote, if it was asked to.
        loss: Of the target, in nats a token; of free text.
        verdicts: What the clip's joints say of each step that ``text`` claims.
    """

    clip_id: str
    target: str
    condition: str = OWN
    turn: int = 0
    kind: str | None = None
    label_namespace: str | None = None
    label: str | None = None
    references: Sequence[str] = ()
    candidates: Sequence[str] | None = None
    scores: Sequence[float] | None = None
    tokens: Sequence[int] | None = None
    blind_scores: Sequence[float] | None = None
    text: str | None = None
    loss: float | None = None
    verdicts: Sequence[str] | None = None

    def choose(self, scoring: str = SUM) -> Answer | None:
        """The candidate that scores best, of equal ones the first; None where that was not scored.

        Args:
            scoring: One of :data:`SCORINGS`.

        Raises:
            UsageError: Another scoring.

        Example:
            >>> said = Response(clip_id="a", target="x", candidates=("x", "y z"),
            ...                 scores=(-2.0, -2.1), tokens=(2, 3))
            >>> said.choose().prediction, said.choose("mean").prediction
            ('x', 'y z')
        """
        values = self._values(scoring)
        if self.candidates is None or values is None:
            return None
        chosen = self.candidates[int(np.argmax(values))]
        return Answer(self.clip_id, self.target, chosen, len(self.candidates), self.kind or "")

    def _values(self, scoring: str) -> Sequence[float] | None:
        if scoring not in SCORINGS:
            raise UsageError(f"scoring {scoring!r}", expected=f"one of {', '.join(SCORINGS)}")
        if self.scores is None or scoring == SUM:
            return self.scores
        if scoring == MEAN:
            return self.tokens and [s / n for s, n in zip(self.scores, self.tokens, strict=True)]
        if self.blind_scores is None or scoring == BLIND:
            return self.blind_scores
        return [s - b for s, b in zip(self.scores, self.blind_scores, strict=True)]


def responses_to_table(responses: Iterable[Response]) -> pa.Table:
    """Rows of :data:`schemas.RESPONSE`, checked.

    Raises:
        SchemaError: Lists every fault of the table.
    """
    table = pa.Table.from_pylist([asdict(r) for r in responses], schema=RESPONSE.arrow)
    if faults := RESPONSE.faults(table):
        raise SchemaError("; ".join(faults), where="responses")
    return table


def responses_from_table(table: pa.Table) -> list[Response]:
    """The responses of a table of :data:`schemas.RESPONSE`."""
    return [Response(**row) for row in table.to_pylist()]
