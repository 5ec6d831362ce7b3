"""Rationales: causal chains over time, and their verification against the joints."""

from skeletonllm.rationales.rationale import Rationale, Step, Verdict, rationales_to_table
from skeletonllm.rationales.teachers.kinematic import KinematicTeacher
from skeletonllm.rationales.verify.verdicts import verify_steps

__all__ = [
    "KinematicTeacher",
    "Rationale",
    "Step",
    "Verdict",
    "rationales_to_table",
    "verify_steps",
]
