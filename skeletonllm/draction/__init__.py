"""DrAction: the differentiable Gaussian renderer that turns any skeleton into pictures.

Example:
    >>> from skeletonllm.draction import DrAction, DrActionConfig
    >>> renderer = DrAction(DrActionConfig(size=56))
"""

from skeletonllm.draction.config import DrActionConfig
from skeletonllm.draction.renderer import DrAction, Rendering
from skeletonllm.draction.sampling import sample_frames
from skeletonllm.draction.scene.camera import Camera
from skeletonllm.draction.weights import load_renderer, save_renderer

__all__ = [
    "Camera",
    "DrAction",
    "DrActionConfig",
    "Rendering",
    "load_renderer",
    "sample_frames",
    "save_renderer",
]
