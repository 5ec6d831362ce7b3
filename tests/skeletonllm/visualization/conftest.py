"""The renderer's people, for tests of pictures."""

from tests.skeletonllm.draction.conftest import everyone, waving

__all__ = ["everyone", "waving"]
