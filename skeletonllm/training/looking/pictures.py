"""Pictures of the same clips again and again: how rendering changes while it learns."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from skeletonllm.draction import sample_frames
from skeletonllm.motion import Motion
from skeletonllm.motion_batch import MotionBatch


@torch.no_grad()
def draw_watched(renderer: nn.Module, motions: Sequence[Motion], frames: int = 4) -> Tensor:
    """One strip a clip, [N, 3, H, T W] in 0..1 on the CPU: its frames from left to right.

    The frames lie evenly over the clip and are the same at every call, so that two strips differ
    by what was learned.

    Args:
        renderer: Called as ``renderer(batch, frames) -> Rendering``; where it is, is drawn.
        motions: The clips.
        frames: Of each clip.
    """
    device = next((p.device for p in renderer.parameters()), torch.device("cpu"))
    chosen = [sample_frames(motion.num_frames, frames) for motion in motions]
    index = torch.tensor([row.tolist() for row in chosen], device=device)
    pictures = renderer(MotionBatch.from_motions(motions, device), index).frames
    return pictures.permute(0, 2, 3, 1, 4).flatten(3).cpu()
