"""Looking at a run while it trains: curves and pictures for TensorBoard."""

from skeletonllm.training.looking.measures import Pace, measure_group_norms, measure_memory
from skeletonllm.training.looking.pictures import draw_watched
from skeletonllm.training.looking.tensorboard import TensorBoardLog

__all__ = [
    "Pace",
    "TensorBoardLog",
    "draw_watched",
    "measure_group_norms",
    "measure_memory",
]
