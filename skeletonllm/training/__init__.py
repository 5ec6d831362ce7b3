"""Training: the stages of the paper, and the loop that runs them."""

from skeletonllm.training.batches import ExampleStream, choose_frames
from skeletonllm.training.loop import train_stage
from skeletonllm.training.model_spec import ModelSpec, check_frozen
from skeletonllm.training.stages import STAGES, TINY_RECIPE, WARM_UP, TrainingStage, get_stage
from skeletonllm.training.state import TrainState, read_state
from skeletonllm.training.trainer import Trainer

__all__ = [
    "STAGES",
    "TINY_RECIPE",
    "WARM_UP",
    "ExampleStream",
    "ModelSpec",
    "TrainState",
    "Trainer",
    "TrainingStage",
    "check_frozen",
    "choose_frames",
    "get_stage",
    "read_state",
    "train_stage",
]
