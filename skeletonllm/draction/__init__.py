"""DrAction: the differentiable Gaussian renderer that turns any skeleton into pictures.

Example:
    >>> from skeletonllm.draction import DrAction, DrActionConfig
    >>> renderer = DrAction(DrActionConfig(size=56, patch=28))
"""

from skeletonllm.draction.camera import Camera
from skeletonllm.draction.config import DrActionConfig
from skeletonllm.draction.renderer import DrAction, Rendering
from skeletonllm.draction.sampling import sample_frames

__all__ = ["Camera", "DrAction", "DrActionConfig", "Rendering", "sample_frames"]
