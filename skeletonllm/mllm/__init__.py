"""Multimodal LLMs behind one contract: rendered frames in, a loss or scores out."""

from skeletonllm.mllm.adapter import Adapter, LoadOptions, hash_frozen_parts, train_only
from skeletonllm.mllm.internvl import InternVLAdapter, load_internvl
from skeletonllm.mllm.registry import FAMILIES, get_family, load_adapter
from skeletonllm.mllm.tiny import save_internvl, tiny_internvl

__all__ = [
    "FAMILIES",
    "Adapter",
    "InternVLAdapter",
    "LoadOptions",
    "get_family",
    "hash_frozen_parts",
    "load_adapter",
    "load_internvl",
    "save_internvl",
    "tiny_internvl",
    "train_only",
]
