"""MotionBatch: many motions as flat tensors, any mix of skeletons, differentiable.

Nothing is padded: a batch of a 25-joint pair and a 17-joint single holds exactly their joints.
Kept apart from :mod:`skeletonllm.motion` so that workers that never render never import torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from skeletonllm.errors import MotionError
from skeletonllm.motion import Motion
from skeletonllm.topology import Topology


@dataclass(frozen=True, eq=False)
class MotionBatch:
    """B clips, flat.

    Args:
        joints: [N, 3] float32, all joints of all clips, each clip in [T, P, J] order.
        confidence: [N] float32, 0 where a joint is unobserved or its person absent.
        shapes: (T, P, J) of each clip.
        topologies: Topology of each clip.
        fps: Frames a second of each clip.
        spaces: ``camera``, ``world`` or ``image`` of each clip.
        image_sizes: (width, height) of each ``image`` clip, else None.
        metric: Whether the unit of each clip is the metre.

    All frames of each clip are held, since velocities look ahead of the rendered frames.
    """

    joints: Tensor  # [N, 3]
    confidence: Tensor  # [N]
    shapes: tuple[tuple[int, int, int], ...]
    topologies: tuple[Topology, ...]
    fps: tuple[float, ...]
    spaces: tuple[str, ...]
    image_sizes: tuple[tuple[int, int] | None, ...]
    metric: tuple[bool, ...]

    @classmethod
    def from_motions(
        cls, motions: Sequence[Motion], device: torch.device | str = "cpu"
    ) -> MotionBatch:
        """A batch of motions, joints and confidence each in one tensor.

        Args:
            motions: The B motions, of any lengths and skeletons.
            device: Where the tensors go.

        Raises:
            MotionError: The batch is empty, or a motion has no frame or no person.

        Example:
            >>> batch = MotionBatch.from_motions([motion_a, motion_b])  # doctest: +SKIP
            >>> batch.clip(1).shape  # doctest: +SKIP
            torch.Size([80, 2, 25, 3])
        """
        if not motions:
            raise MotionError("an empty batch", expected="at least one motion")
        for i, motion in enumerate(motions):
            if motion.joints.size == 0:
                raise MotionError(f"shape {motion.joints.shape}", where=f"motion {i} of the batch")
        joints = np.concatenate([m.joints.reshape(-1, 3) for m in motions])
        known = np.concatenate([(m.confidence * m.present[..., None]).reshape(-1) for m in motions])
        return cls(
            joints=torch.from_numpy(joints).to(device),
            confidence=torch.from_numpy(known.astype(np.float32)).to(device),
            shapes=tuple((m.num_frames, m.num_persons, m.num_joints) for m in motions),
            topologies=tuple(m.topology for m in motions),
            fps=tuple(m.fps for m in motions),
            spaces=tuple(m.space for m in motions),
            image_sizes=tuple(m.image_size for m in motions),
            metric=tuple(m.metric for m in motions),
        )

    def __len__(self) -> int:
        return len(self.shapes)

    @property
    def offsets(self) -> tuple[int, ...]:
        """Where each clip starts in ``joints``, and the end: B + 1 numbers."""
        sizes = [t * p * j for t, p, j in self.shapes]
        return tuple(np.cumsum([0, *sizes]).tolist())

    def clip(self, index: int) -> Tensor:
        """Joints of one clip, [T, P, J, 3], a differentiable view."""
        start, end = self.offsets[index : index + 2]
        return self.joints[start:end].view(*self.shapes[index], 3)

    def clip_confidence(self, index: int) -> Tensor:
        """Confidence of one clip, [T, P, J]."""
        start, end = self.offsets[index : index + 2]
        return self.confidence[start:end].view(self.shapes[index])

    def to(self, device: torch.device | str) -> MotionBatch:
        """The same batch on another device."""
        return replace(self, joints=self.joints.to(device), confidence=self.confidence.to(device))
