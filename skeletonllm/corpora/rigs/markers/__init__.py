"""Markers of motion capture: what their labels mean, whose they are, and how to join them."""

from skeletonllm.corpora.rigs.markers.naming import (
    KNOWN,
    NO_BONES,
    make_marker_topology,
    name_markers,
)
from skeletonllm.corpora.rigs.markers.subjects import Subjects, find_subjects

__all__ = [
    "KNOWN",
    "NO_BONES",
    "Subjects",
    "find_subjects",
    "make_marker_topology",
    "name_markers",
]
