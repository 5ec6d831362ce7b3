"""The clips of chosen trajectories that the tests of normalization have."""

from tests.skeletonllm.normalize.conftest import make_clip

__all__ = ["make_clip"]
