"""Procedural motions with known truth, and writers of the real on-disk formats."""

from skeletonllm.synthesis.actions import ACTIONS, get_action, ntu_actions, nw_ucla_actions
from skeletonllm.synthesis.bad_files import GOOD_WITH_GAPS, write_bad_files
from skeletonllm.synthesis.corpus import DEMO_ACTIONS, write_corpora
from skeletonllm.synthesis.generate import TruthEvent, synthesize, synthesize_with_truth
from skeletonllm.synthesis.spec import ActionSpec
from skeletonllm.synthesis.subjects import Subject
from skeletonllm.synthesis.writers import (
    NW_UCLA_LABELS,
    make_pyskl_annotation,
    write_humanml3d,
    write_ntu,
    write_nw_ucla,
    write_pyskl,
)

__all__ = [
    "ACTIONS",
    "DEMO_ACTIONS",
    "GOOD_WITH_GAPS",
    "NW_UCLA_LABELS",
    "ActionSpec",
    "Subject",
    "TruthEvent",
    "get_action",
    "make_pyskl_annotation",
    "ntu_actions",
    "nw_ucla_actions",
    "synthesize",
    "synthesize_with_truth",
    "write_bad_files",
    "write_corpora",
    "write_humanml3d",
    "write_ntu",
    "write_nw_ucla",
    "write_pyskl",
]
