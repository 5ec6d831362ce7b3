"""Tiny random models of the real classes: for tests, demos and machines without a GPU."""

from skeletonllm.mllm.tiny.internvl import tiny_internvl

__all__ = ["tiny_internvl"]
