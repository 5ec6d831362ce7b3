"""Language models that understand human motion."""

import skeletonllm.pose_topologies  # noqa: F401 - registers its skeletons, wherever clips are read
