"""What was answered about a clip: text, probabilities, claims and what the joints say to them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from skeletonllm.motion import Motion
from skeletonllm.rationales.language import ParsedClaim
from skeletonllm.rationales.verify.amounts import write_amount
from skeletonllm.rationales.verify.told import ToldClaim, verify_text

VERDICTS = ("true", "contradicted", "unverifiable")
NOT_UNDERSTOOD = "no sentence of the language of claims"


@dataclass(frozen=True)
class Likelihood:
    """One of the answers that there were to choose from.

    Args:
        text: The answer.
        probability: Of these answers, 0..1: all of them sum to one.
        log_likelihood: That the model says exactly this, end of turn included.
    """

    text: str
    probability: float
    log_likelihood: float


@dataclass(frozen=True)
class CheckedClaim:
    """One claim of an explanation, and what the joints of the clip say to it.

    Args:
        sentence: That makes it.
        claim: In few words, such as ``raise right hand to head``; empty if not understood.
        verdict: One of :data:`VERDICTS`.
        measured: As of :class:`skeletonllm.rationales.rationale.Verdict`; None if nothing was.
        amount: The same with its unit; empty where no unit says anything.
        reason: Why it is not true, or cannot be told.
    """

    sentence: str
    claim: str
    verdict: str
    measured: float | None = None
    amount: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer about a clip.

    Args:
        clip_id: The clip.
        kind: Of the inquiry.
        text: The answer.
        likelihoods: The answers to choose from, the likeliest first; empty for own words.
        claims: Of an explanation, in its order.
        label: Of an explanation: the class that it concludes; empty for none.
        frames: Indices of the frames that were looked at.
        remarks: What a reader should know, a sentence each.
        prompt_tokens: That the language model read, visual ones included.
        answer_tokens: Of the answer.
        cut: Whether the answer was cut at its most tokens.
    """

    clip_id: str
    kind: str
    text: str
    likelihoods: tuple[Likelihood, ...] = ()
    claims: tuple[CheckedClaim, ...] = ()
    label: str = ""
    frames: tuple[int, ...] = ()
    remarks: tuple[str, ...] = ()
    prompt_tokens: int = 0
    answer_tokens: int = 0
    cut: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain data, all fields."""
        return asdict(self)

    def describe(self, top: int = 5) -> list[str]:
        """Lines for a person below the text: probabilities, verdicts, remarks.

        Args:
            top: Answers to choose from that are listed.
        """
        lines = [f"{each.probability:7.1%}  {each.text}" for each in self.likelihoods[:top]]
        if (more := len(self.likelihoods) - top) > 0:
            rest = sum(each.probability for each in self.likelihoods[top:])
            lines.append(f"{rest:7.1%}  {more} others")
        lines += [_describe_claim(claim) for claim in self.claims]
        if self.claims:
            found = [claim.verdict for claim in self.claims]
            counts = ", ".join(f"{found.count(name)} {name}" for name in VERDICTS)
            lines.append(f"{len(found)} claims: {counts}")
        return [*lines, *(f"note: {remark}" for remark in self.remarks)]


def check_text(text: str, motion: Motion) -> tuple[CheckedClaim, ...]:
    """Every claim of a text, compared with the joints at some time of the clip.

    A text names no seconds, so that the window of each claim is the whole clip. A sentence that is
    not understood is ``unverifiable``, and a line ``Label: x`` is no claim.

    Args:
        text: Of an explanation.
        motion: What it is about.

    Example:
        >>> check_text("The right hand rises.", waving)[0].verdict  # doctest: +SKIP
        'true'
    """
    return tuple(_judge(told, motion) for told in verify_text(text, motion))


def rank_likelihoods(
    names: Sequence[str], log_likelihoods: Sequence[float]
) -> tuple[Likelihood, ...]:
    """The answers with their probabilities, the likeliest first; equally likely ones as given.

    Args:
        names: The answers.
        log_likelihoods: Of each.
    """
    highest = max(log_likelihoods)
    weights = [math.exp(each - highest) for each in log_likelihoods]
    found = [
        Likelihood(name, weight / sum(weights), each)
        for name, weight, each in zip(names, weights, log_likelihoods, strict=True)
    ]
    return tuple(sorted(found, key=lambda each: -each.log_likelihood))


def make_printable(text: str) -> str:
    """A text without characters that would steer a terminal; a model may say any."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)


def _judge(told: ToldClaim, motion: Motion) -> CheckedClaim:
    claim, verdict = told.claim, told.verdict
    if verdict is None:
        return CheckedClaim(claim.text, "", "unverifiable", reason=NOT_UNDERSTOOD)
    finite = math.isfinite(verdict.measured)
    return CheckedClaim(
        claim.text,
        _name(claim),
        verdict.verdict,
        verdict.measured if finite else None,
        write_amount(claim.motion, verdict.measured, metric=motion.metric),
        verdict.reason,
    )


def _name(claim: ParsedClaim) -> str:
    """``raise right hand to head, 3 times``."""
    motion = "moves most:" if claim.role == "cast" else claim.motion.replace("_", " ")
    side = "" if claim.side == "centre" else f"{claim.side} "
    who = f" of person {claim.person + 1}" if claim.person else ""
    where = f" {claim.direction}" if claim.direction else ""
    target = f" to {claim.target}" if claim.target else ""
    count = f", {claim.count} times" if claim.count > 1 else ""
    return f"{motion} {side}{claim.part}{who}{where}{target}{count}"


def _describe_claim(claim: CheckedClaim) -> str:
    if not claim.claim:
        return f"{claim.verdict:<13} {claim.sentence!r}: {claim.reason}"
    facts = [text for text in (claim.amount, claim.reason) if text]
    return f"{claim.verdict:<13} {claim.claim}" + (f": {', '.join(facts)}" if facts else "")
