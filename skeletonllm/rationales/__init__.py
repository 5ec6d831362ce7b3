"""Rationales: causal chains over time, and the judge that checks them against the joints."""

from skeletonllm.rationales.rationale import Rationale, Step, Verdict, rationales_to_table
from skeletonllm.rationales.teachers.kinematic import KinematicTeacher
from skeletonllm.rationales.verify.verdicts import verify

__all__ = ["KinematicTeacher", "Rationale", "Step", "Verdict", "rationales_to_table", "verify"]
