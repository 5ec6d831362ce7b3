"""Baselines without pictures or language models, under the discipline of a model's evaluation.

What a model says counts only beside what is to be had without it. A baseline turns a motion into
numbers (:meth:`~skeletonllm.evaluation.baselines.baseline.Baseline.measure`), learns from the
training part of a protocol, and scores the candidates of its test part. Its settings are chosen by
:mod:`.choosing` within the training part.
"""
