"""What is done to a clip between its reader and ``clips/``."""

from skeletonllm.kinematics.persons import rank_persons
from skeletonllm.normalize.flags import FLAGS
from skeletonllm.normalize.frames import fill_gaps, resample
from skeletonllm.normalize.profiles import PROFILES, Profile, get_profile, normalize
from skeletonllm.normalize.timing import Timing

__all__ = [
    "FLAGS",
    "PROFILES",
    "Profile",
    "Timing",
    "fill_gaps",
    "get_profile",
    "normalize",
    "rank_persons",
    "resample",
]
