"""Formula ``body``: limbs whose look lives on the body, their halos, and streaks of motion.

It holds the best fixed drawing, ``velocity_sticks``, as a special case, and each of its three parts
can be switched off and learns by a group of parameters of its own:

- ``motion``: where joints come from and go (:mod:`skeletonllm.draction.gaussians.streaks`);
- ``halos``: what covers what (:mod:`skeletonllm.draction.gaussians.halos`);
- ``sharp``: thin, even limbs (:mod:`skeletonllm.draction.gaussians.sharpness`).
"""

from __future__ import annotations

import copy
from typing import Self

from torch import Tensor

from skeletonllm.draction.config import DrActionConfig
from skeletonllm.draction.gaussians import bodies
from skeletonllm.draction.gaussians.appearance import BodyAppearance, StaticAppearance
from skeletonllm.draction.gaussians.baked import BakedAppearance
from skeletonllm.draction.gaussians.bodies import Bodies
from skeletonllm.draction.gaussians.formula import Figure, Formula
from skeletonllm.draction.gaussians.limbs import make_limbs
from skeletonllm.draction.gaussians.primitives import Primitives, make_primitives
from skeletonllm.draction.scene.camera import Camera, measure_clip_extents
from skeletonllm.draction.scene.tracks import group_clips
from skeletonllm.draction.splatting import Gaussians
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.topology import Topology

EVEN_POINTS, ROUND_POINTS = 4, 10
"""Gaussians a bone: of long ones fewer make an even limb than of round ones."""


class BodyFormula(Formula):
    """Our formula: features on the body, the whole clip as the frame of reference, no mirror.

    Args:
        config: ``points_per_bone``, ``sharp``, and what :class:`BodyAppearance` reads.
    """

    name = "body"
    near = bodies.NEAR
    blur = 0.1
    """Deviation of a third of a pixel. Without it a thin limb far away slips between pixel centres,
    where it is neither seen nor learns; much more would soften limbs that are a pixel wide."""
    has_bones = True

    appearance: BodyAppearance

    def __init__(self, config: DrActionConfig) -> None:
        self.appearance = BodyAppearance(config)
        self.even, points = config.sharp, config.points_per_bone
        self.points = (EVEN_POINTS if self.even else ROUND_POINTS) if points is None else points

    def gaussians(self, batch: MotionBatch, frames: Tensor, camera: Camera) -> Gaussians:
        """See :meth:`Formula.gaussians`; of each skeleton streaks, limbs, then halos.

        In the image plane, where nothing has a depth, what comes first lies in front.

        Args:
            batch: B clips, any mix of skeletons.
            frames: int64 [B, T], indices into each clip.
            camera: One camera a clip.
        """
        look, parts = self.appearance, []
        for shapes, static, persons in self._gather(batch, frames, camera):
            limbs, drawn = make_limbs(look, static, shapes, persons)
            joints = shapes.blend.shape[1]
            if look.motion is not None:
                parts.append(look.motion.draw(persons, shapes))
            parts.append(limbs.where(drawn))
            if look.halos is not None:
                bones = limbs.narrow(joints)
                radius = static.radius[joints:]
                parts.append(look.halos.draw(persons, bones, radius, drawn[..., joints:]))
        return Gaussians.cat(parts)

    def figures(self, batch: MotionBatch, frames: Tensor, camera: Camera) -> list[Figure]:
        """The limbs of all clips, one figure a skeleton; without halos and streaks.

        Args:
            batch: B clips, any mix of skeletons.
            frames: int64 [B, T], indices into each clip.
            camera: One camera a clip.

        Raises:
            RenderError: A clip has no observed joint.
        """
        figures = []
        for shapes, static, persons in self._gather(batch, frames, camera):
            limbs, drawn = make_limbs(self.appearance, static, shapes, persons)
            limbs = limbs if self.appearance.sharp is None else self.appearance.sharp.soften(limbs)
            figures.append(Figure(shapes, drawn, limbs.where(drawn)))
        return figures

    def bake(self) -> Self:
        """A frozen copy whose appearance looks up what does not move."""
        served = copy.copy(self)
        served.appearance = BakedAppearance(self.appearance)
        return served

    def _gather(
        self, batch: MotionBatch, frames: Tensor, camera: Camera
    ) -> list[tuple[Primitives, StaticAppearance, Bodies]]:
        """Of each skeleton its Gaussians, how they look at rest, and its persons."""
        extents, groups = measure_clip_extents(batch, camera), []
        for topology, clips in group_clips(batch).items():
            shapes = self._shapes(topology, batch.joints)
            static = self.appearance.compute_static(shapes, topology.name)
            persons = Bodies.gather(
                batch, clips, frames, camera, extents=extents, size=static.scale
            )
            groups.append((shapes, static, persons))
        return groups

    def _shapes(self, topology: Topology, like: Tensor) -> Primitives:
        return make_primitives(topology, self.points, like.device, like.dtype, even=self.even)
