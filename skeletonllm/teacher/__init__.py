"""Rationales: causal chains over time, and the judge that checks them against the joints."""

from skeletonllm.teacher.rationale import Rationale, Step, Verdict, rationales_to_table
from skeletonllm.teacher.verify import verify

__all__ = ["Rationale", "Step", "Verdict", "rationales_to_table", "verify"]
