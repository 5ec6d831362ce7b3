"""A text that somebody wrote about a motion, claim by claim against the joints.

A text names no seconds, so each claim is looked for in the whole clip, and the order of two steps
is judged only where one is told as the cause of the other.
"""

from __future__ import annotations

from dataclasses import dataclass

from skeletonllm.motion import Motion
from skeletonllm.rationales.language import ParsedClaim, parse_claims
from skeletonllm.rationales.rationale import Step, Verdict
from skeletonllm.rationales.verify.verdicts import verify_steps


@dataclass(frozen=True)
class ToldClaim:
    """One claim of a text, and what the joints say to it.

    Args:
        claim: As it was read.
        verdict: None where the sentence is not understood.
    """

    claim: ParsedClaim
    verdict: Verdict | None


def verify_text(text: str, motion: Motion) -> tuple[ToldClaim, ...]:
    """Every claim of a text, in its order; a line ``Label: x`` is none.

    Args:
        text: Of an explanation.
        motion: What it is about.

    Example:
        >>> verify_text("The right hand rises.", waving)[0].verdict.verdict  # doctest: +SKIP
        'true'
    """
    claims = parse_claims(text)
    known = [at for at, claim in enumerate(claims) if claim.role != "unknown"]
    steps = [_make_step(at, claims[at], motion) for at in known]
    found = dict(zip(known, verify_steps(steps, motion), strict=True))
    return tuple(ToldClaim(claim, found.get(at)) for at, claim in enumerate(claims))


def _make_step(at: int, claim: ParsedClaim, motion: Motion) -> Step:
    """The claim over the whole clip; ids are places in the text, from 1."""
    motion_, part, side, person, target, direction, count = claim.facts
    # A cause that is told nowhere is no claim of this text.
    causes = tuple(dict.fromkeys(i + 1 for i in claim.cause_indices if i >= 0))
    end = motion.duration_s
    return Step(at + 1, 0.0, end, motion_, part, side, person, target, direction, count, causes)
