"""Frozen descriptions of classes, one JSON a label namespace, and the one way to read them."""

from skeletonllm.evaluation.class_texts.texts import HASHES, hash_texts, load_class_texts

__all__ = ["HASHES", "hash_texts", "load_class_texts"]
