"""Training: the stages of the paper, and the loop that runs them."""

from skeletonllm.training.examples import Example, Questions, ask, draw_frames
from skeletonllm.training.learner import Learner
from skeletonllm.training.loop import train
from skeletonllm.training.stages import STAGES, TINY, WARM_UP, Stage, get_stage
from skeletonllm.training.state import TrainState

__all__ = [
    "STAGES",
    "TINY",
    "WARM_UP",
    "Example",
    "Learner",
    "Questions",
    "Stage",
    "TrainState",
    "ask",
    "draw_frames",
    "get_stage",
    "train",
]
