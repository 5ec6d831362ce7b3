"""Hard negatives: for each class, all the others from most to least confusable.

Two sources stand alone: what the names say (:mod:`.text`) and what the bodies do
(:mod:`.kinematics`). :mod:`.fuse` joins them and keeps who said what; :mod:`.view` picks the few
that a training stage may show.
"""

from skeletonllm.negatives.fuse import Scores, fuse
from skeletonllm.negatives.kinematics import ClassStatistics, class_distances, class_statistics
from skeletonllm.negatives.rank import rank_negatives
from skeletonllm.negatives.selection import hard_negatives, ranked_candidates
from skeletonllm.negatives.text import name_similarity

__all__ = [
    "ClassStatistics",
    "Scores",
    "class_distances",
    "class_statistics",
    "fuse",
    "hard_negatives",
    "name_similarity",
    "rank_negatives",
    "ranked_candidates",
]
