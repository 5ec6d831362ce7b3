"""Training: the stages of the paper, and the loop that runs them; only the stages need no torch."""

from typing import TYPE_CHECKING

from skeletonllm.lazy import lazy_exports
from skeletonllm.training.stages import STAGES, TINY_RECIPE, WARM_UP, TrainingStage, get_stage

if TYPE_CHECKING:
    from skeletonllm.training.batches import ExampleStream, choose_frames
    from skeletonllm.training.loop import train_stage
    from skeletonllm.training.model_spec import ModelSpec, check_frozen
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

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "ExampleStream": "skeletonllm.training.batches",
        "ModelSpec": "skeletonllm.training.model_spec",
        "TrainState": "skeletonllm.training.state",
        "Trainer": "skeletonllm.training.trainer",
        "check_frozen": "skeletonllm.training.model_spec",
        "choose_frames": "skeletonllm.training.batches",
        "read_state": "skeletonllm.training.state",
        "train_stage": "skeletonllm.training.loop",
    },
)
