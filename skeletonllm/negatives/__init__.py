"""Hard negatives: for each class, all the others from most to least confusable.

Two sources stand alone: what the names say (:mod:`.text`) and what the bodies do
(:mod:`.kinematics`). :mod:`.fuse` joins them and keeps who said what; :mod:`.selection` picks the
few that a training stage may show.
"""

from skeletonllm.negatives.fuse import Scores, fuse_rankings
from skeletonllm.negatives.kinematics import (
    ClassStatistics,
    compute_class_distances,
    compute_class_statistics,
)
from skeletonllm.negatives.rank import rank_negatives
from skeletonllm.negatives.selection import select_hard_negatives
from skeletonllm.negatives.text import compute_name_similarity
from skeletonllm.shards.asked_views import group_candidates

__all__ = [
    "ClassStatistics",
    "Scores",
    "compute_class_distances",
    "compute_class_statistics",
    "compute_name_similarity",
    "fuse_rankings",
    "group_candidates",
    "rank_negatives",
    "select_hard_negatives",
]
