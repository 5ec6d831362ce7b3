"""Rationales: causal chains over time, in claims and in words, checked against the joints."""

from skeletonllm.rationales.language import (
    ParsedClaim,
    find_sentence_faults,
    find_text_faults,
    parse_claims,
)
from skeletonllm.rationales.rationale import Rationale, Step, Verdict, rationales_to_table
from skeletonllm.rationales.teachers.kinematic import KinematicTeacher
from skeletonllm.rationales.verify.verdicts import verify_steps

__all__ = [
    "KinematicTeacher",
    "ParsedClaim",
    "Rationale",
    "Step",
    "Verdict",
    "find_sentence_faults",
    "find_text_faults",
    "parse_claims",
    "rationales_to_table",
    "verify_steps",
]
