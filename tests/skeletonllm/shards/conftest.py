"""The small clips and folders that the rooms of samples, views and streams share."""

from tests.skeletonllm.shards.finished_folders import (  # noqa: F401 - the same
    built,
    own_release,
    released,
)
from tests.skeletonllm.small_folders import (  # noqa: F401 - fixtures are found by their names
    folder,
    make_clip,
    make_folder,
    make_motion,
    make_rationale,
    unlabelled,
)
