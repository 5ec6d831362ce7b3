"""Multimodal LLMs behind one contract: rendered frames in, losses or scores out."""

from skeletonllm.mllm.adapter import Adapter, LoadOptions, train_only
from skeletonllm.mllm.chat import ChatAdapter
from skeletonllm.mllm.generation import Piece
from skeletonllm.mllm.identity import fingerprint
from skeletonllm.mllm.internvl import InternVLAdapter, load_internvl
from skeletonllm.mllm.registry import FAMILIES, get_family, load_adapter
from skeletonllm.mllm.sequence import DecoderInput, Visual
from skeletonllm.mllm.tiny.internvl import tiny_internvl

__all__ = [
    "FAMILIES",
    "Adapter",
    "ChatAdapter",
    "DecoderInput",
    "InternVLAdapter",
    "LoadOptions",
    "Piece",
    "Visual",
    "fingerprint",
    "get_family",
    "load_adapter",
    "load_internvl",
    "tiny_internvl",
    "train_only",
]
