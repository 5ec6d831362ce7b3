"""The seam behind which the formulas stand: what becomes of a motion before a camera.

A formula owns its parameters (the appearance), its near plane, its blur, the side on which the
picture shows the right hand, and the way it is served. The renderer asks the formula and nothing
else, so that a new formula is one file here and one line in
:mod:`skeletonllm.draction.gaussians.registry`.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Self

from torch import Tensor, nn

from skeletonllm.draction.config import DrActionConfig
from skeletonllm.draction.gaussians.primitives import Primitives
from skeletonllm.draction.scene.camera import Camera, make_sensor_camera, move_before_sensor
from skeletonllm.draction.splatting import Gaussians
from skeletonllm.errors import RenderError
from skeletonllm.motion_batch import MotionBatch


@dataclass(frozen=True, eq=False)
class Figure:
    """The bodies of one skeleton: what is drawn of S persons over T frames.

    Args:
        shapes: K Gaussians a body.
        drawn: bool [S, T, K].
        gaussians: Those for which ``drawn`` holds, in its flat order.
    """

    shapes: Primitives
    drawn: Tensor
    gaussians: Gaussians


class Formula(ABC):
    """How motions become Gaussians.

    Args:
        config: See :class:`skeletonllm.draction.DrActionConfig`; which fields count is the
            formula's own business.
    """

    name: ClassVar[str]
    """What the formula is called in the configuration and on the command line."""
    near: ClassVar[float]
    """Depth up to which nothing is drawn, in body metres. At depth 0 a projection has no value."""
    blur: ClassVar[float]
    """Variance in square pixels that is added to every Gaussian."""
    mirrored: ClassVar[bool] = False
    """Whether the person's right hand is on the right of the picture, as in a mirror."""
    trained_camera: ClassVar[str | None] = None
    """The camera that weights of this formula belong to; None where any will do."""
    has_bones: ClassVar[bool] = False
    """Whether :meth:`figures` works: the formula knows which of its Gaussians make a bone."""

    appearance: nn.Module
    """All parameters. The renderer registers it under this name, so files of weights say
    ``appearance.*`` whatever the formula is."""

    @abstractmethod
    def __init__(self, config: DrActionConfig) -> None: ...

    @abstractmethod
    def gaussians(self, batch: MotionBatch, frames: Tensor, camera: Camera) -> Gaussians:
        """The drawn Gaussians of every clip, flat, differentiable.

        Args:
            batch: B clips, any mix of skeletons.
            frames: int64 [B, T], indices into each clip.
            camera: One camera a clip.
        """

    def figures(self, batch: MotionBatch, frames: Tensor, camera: Camera) -> list[Figure]:
        """The same Gaussians body by body, for what draws bones as solids.

        Args:
            batch: B clips, any mix of skeletons.
            frames: int64 [B, T], indices into each clip.
            camera: One camera a clip.

        Raises:
            RenderError: This formula does not know its bones.
        """
        del batch, frames, camera
        raise RenderError(f"formula {self.name!r} knows no bones", expected="formula 'body'")

    def bake(self) -> Self:
        """A frozen copy for serving: the same Gaussians, no gradient."""
        served = copy.copy(self)
        served.appearance = copy.deepcopy(self.appearance).requires_grad_(requires_grad=False)
        return served

    @classmethod
    def place_sensor(
        cls, batch: MotionBatch, frames: Tensor, size: int
    ) -> tuple[MotionBatch, Camera]:
        """The clips moved before the sensor, and the sensor's camera, one a clip.

        Args:
            batch: B clips.
            frames: int64 [B, T], indices into each clip; where a clip is moved depends on them.
            size: Height and width of a picture.

        Raises:
            RenderError: A clip lies in the image plane, which no sensor at an origin sees.
        """
        camera = make_sensor_camera(batch, size, mirrored=cls.mirrored)
        return move_before_sensor(batch, frames), camera
