"""Evaluating a checkpoint on clips of a release: one folder, resumable."""

from pipelines.evaluate.config import EvaluateConfig
from pipelines.evaluate.run import evaluate_model

__all__ = ["EvaluateConfig", "evaluate_model"]
