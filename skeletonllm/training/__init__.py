"""Training: the stages of the paper, and the loop that runs them; only the stages need no torch."""

from typing import TYPE_CHECKING

from skeletonllm.lazy import lazy_exports
from skeletonllm.training.recipes import RECIPES, TINY_RECIPE, get_stage
from skeletonllm.training.stages import STAGES, TrainingStage

if TYPE_CHECKING:
    from skeletonllm.training.batches import ExampleStream, choose_frames, make_rng
    from skeletonllm.training.checkpoints.state import TrainState, read_state
    from skeletonllm.training.loop import SaveClock, train_stage
    from skeletonllm.training.model_spec import ModelSpec, check_fingerprint
    from skeletonllm.training.trainer import Trainer

__all__ = [
    "RECIPES",
    "STAGES",
    "TINY_RECIPE",
    "ExampleStream",
    "ModelSpec",
    "SaveClock",
    "TrainState",
    "Trainer",
    "TrainingStage",
    "check_fingerprint",
    "choose_frames",
    "get_stage",
    "make_rng",
    "read_state",
    "train_stage",
]

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "ExampleStream": "skeletonllm.training.batches",
        "ModelSpec": "skeletonllm.training.model_spec",
        "SaveClock": "skeletonllm.training.loop",
        "TrainState": "skeletonllm.training.checkpoints.state",
        "Trainer": "skeletonllm.training.trainer",
        "check_fingerprint": "skeletonllm.training.model_spec",
        "choose_frames": "skeletonllm.training.batches",
        "make_rng": "skeletonllm.training.batches",
        "read_state": "skeletonllm.training.checkpoints.state",
        "train_stage": "skeletonllm.training.loop",
    },
)
