"""Rationales: causal chains over time, and the judge that checks them against the joints."""

from skeletonllm.teacher.kinematic import KinematicTeacher
from skeletonllm.teacher.rationale import Rationale, Step, Verdict, rationales_to_table
from skeletonllm.teacher.verify import verify

__all__ = ["KinematicTeacher", "Rationale", "Step", "Verdict", "rationales_to_table", "verify"]
