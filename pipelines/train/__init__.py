"""Ray Train around the loop of :mod:`skeletonllm.training`: workers, checkpoints, one output."""

from pipelines.train.chain import chain_stages
from pipelines.train.config import TrainConfig
from pipelines.train.run import train_model

__all__ = ["TrainConfig", "chain_stages", "train_model"]
