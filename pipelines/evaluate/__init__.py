"""Evaluating a checkpoint on clips of a release: one folder, resumable."""

from pipelines.evaluate.run import EvaluateConfig, evaluate_model

__all__ = ["EvaluateConfig", "evaluate_model"]
