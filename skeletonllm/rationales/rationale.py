"""Step and Rationale: a causal chain in memory, and its way into a row of ``rationales/``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa

from schemas import RATIONALE
from skeletonllm.errors import SchemaError


@dataclass(frozen=True)
class Verdict:
    """What the joints say to a claim.

    Args:
        verdict: ``true``, ``contradicted`` or ``unverifiable``.
        measured: What the claimed part did in the claimed window, positive in the claimed sense:
            metres (statures where the motion has no unit) or degrees; NaN if nothing was seen.
        reason: One sentence, fit to be shown to the teacher that made the claim.
    """

    verdict: str
    measured: float = float("nan")
    reason: str = ""


@dataclass(frozen=True)
class Step:
    """One link of a causal chain: a claim about a part of a person in a stretch of time.

    Args:
        id: Number within the rationale, from 1, in order of time.
        start_s: Start of the claimed window, seconds from the first frame.
        end_s: Its end.
        motion: One of ``schemas.rationale.MOTIONS``.
        part: ``hand``, ``elbow``, ``foot``, ``knee``, ``torso``, ``head``, ``body`` ...
        side: ``left``, ``right``, ``both`` or ``centre``.
        person: Row of the motion, from 0.
        target: Where to or to what, in words; empty if nothing is claimed.
        direction: ``up``, ``down``, ``forward``, ``back``, ``left``, ``right`` or empty.
        count: How often it happens in the window.
        causes: Ids of the steps that lead to this one.
        text: The sentence.
        verdict: Of :func:`skeletonllm.rationales.verify.verdicts.verify_steps`.
        measured: Likewise.
    """

    id: int
    start_s: float
    end_s: float
    motion: str
    part: str
    side: str = "centre"
    person: int = 0
    target: str = ""
    direction: str = ""
    count: int = 1
    causes: tuple[int, ...] = ()
    text: str = ""
    verdict: str = "unverifiable"
    measured: float = float("nan")


@dataclass(frozen=True)
class Rationale:
    """Why a clip is what its label says: steps, a summary, and the text a student learns.

    Args:
        rationale_id: ``<clip_id>#<teacher>/<variant>``.
        attempt: How often the teacher was asked again before this one.
        text: Summary, chain, and a final line ``Label: <label>``.
        grounded: Share of the steps that were found true, 0..1.
        status: ``accepted``, ``kept_with_faults`` or ``rejected``.
        prompt_sha256: Hash of the prompt that was sent; None where nobody was asked.
        request_sha256: Hash of everything the answer depends on.
        finish_reason: As the endpoint gave it; None where nobody was asked.
        answer_sha256: Of the raw answer, as kept in ``answers/``.
        agreement: With the other answers to the same question, 0..1; None where there was one.
        facts_given: Whether the teacher was told measured facts.
        views: Name and hash of each protocol whose training clips were asked about; None where
            all labelled clips were.
        flags: What a reader should know: what was guessed, or not told since the sensor was wrong.
    """

    rationale_id: str
    clip_id: str
    variant: int
    attempt: int
    steps: tuple[Step, ...]
    summary: str
    text: str
    label: str
    grounded: float
    status: str
    teacher: str
    prompt_sha256: str | None
    request_sha256: str
    tokens_in: int = 0
    tokens_out: int = 0
    usd: float = 0.0
    finish_reason: str | None = None
    answer_sha256: str | None = None
    agreement: float | None = None
    facts_given: bool = False
    views: tuple[tuple[str, str], ...] | None = None
    flags: tuple[str, ...] = ()

    def to_row(self) -> dict[str, Any]:
        """One row of :data:`schemas.RATIONALE`; a measurement that is not finite becomes null."""
        row = {name: getattr(self, name) for name in RATIONALE.arrow.names}
        row["steps"] = [_step_row(step) for step in self.steps]
        row["flags"] = list(self.flags)
        if self.views is not None:
            row["views"] = [{"name": name, "sha256": sha256} for name, sha256 in self.views]
        return row


def rationales_to_table(rationales: Sequence[Rationale]) -> pa.Table:
    """Rows of :data:`schemas.RATIONALE`, validated.

    Raises:
        SchemaError: Lists every fault of the table.
    """
    table = pa.Table.from_pylist([r.to_row() for r in rationales], schema=RATIONALE.arrow)
    faults = RATIONALE.faults(table)
    if faults:
        raise SchemaError("; ".join(faults), where="rationales")
    return table


def _step_row(step: Step) -> dict[str, Any]:
    row = asdict(step)
    row["causes"] = list(step.causes)
    row["measured"] = step.measured if math.isfinite(step.measured) else None
    return row
