"""Multimodal LLMs behind one contract: rendered frames in, a loss or a score out."""

from skeletonllm.mllm.adapter import Adapter, fingerprint, train_only
from skeletonllm.mllm.internvl import InternVLAdapter, load_internvl
from skeletonllm.mllm.tiny import save_internvl, tiny_internvl

__all__ = [
    "Adapter",
    "InternVLAdapter",
    "fingerprint",
    "load_internvl",
    "save_internvl",
    "tiny_internvl",
    "train_only",
]
