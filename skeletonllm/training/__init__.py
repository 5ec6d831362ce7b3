"""Training: the stages of the paper, and the loop that runs them; only the stages need no torch."""

from typing import TYPE_CHECKING

from skeletonllm.lazy import lazy_exports
from skeletonllm.training.stages import STAGES, TINY, WARM_UP, Stage, get_stage

if TYPE_CHECKING:
    from skeletonllm.training.examples import Example, Questions, ask, draw_frames
    from skeletonllm.training.learner import Learner
    from skeletonllm.training.loop import train
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

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "Example": "skeletonllm.training.examples",
        "Learner": "skeletonllm.training.learner",
        "Questions": "skeletonllm.training.examples",
        "TrainState": "skeletonllm.training.state",
        "ask": "skeletonllm.training.examples",
        "draw_frames": "skeletonllm.training.examples",
        "train": "skeletonllm.training.loop",
    },
)
