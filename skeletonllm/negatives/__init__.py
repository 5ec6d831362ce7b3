"""Hard negatives: for each class, all the others from most to least confusable.

Sources stand alone: what the names say (:mod:`.text`, :mod:`.embeddings`), what the bodies do
(:mod:`.kinematics`), what a small classifier confuses (:mod:`.held_out`), what a teacher says
(:mod:`.teacher`) and what a trained model confuses (:mod:`.confusions`). :mod:`.weights` chooses
how much each counts, :mod:`.fuse` joins them and keeps who said what, :mod:`.mining` does so for
all views of a stage; :mod:`.nearest` finds clips, and :mod:`.selection` picks the few classes that
a training stage may show.
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
from skeletonllm.views.rankings import group_candidates

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
