"""What a renderer takes for one clip, measured: it is drawn once, in the size of the run.

On the CPU, for one synthesized person. Engines of a GPU save other things, and two persons twice as
many Gaussians; beside a model of billions of parameters both are nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from skeletonllm.draction import DrActionConfig, sample_frames
from skeletonllm.draction.renderers import get_renderer
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.synthesis import synthesize
from skeletonllm.training.estimates.saved_bytes import count_saved
from skeletonllm.training.estimates.workload import RENDERER, Workload

ACTION = "hand waving"


@dataclass(frozen=True, eq=False)
class DrawnClip:
    """What it took to draw a clip.

    Args:
        parameters: Of the renderer.
        saved: Bytes kept for the backward pass; 0 if the renderer does not learn.
        pictures: Bytes of the pictures.
        patches: Where something can be seen, bool [1, T, h, w].
        learns: Whether the renderer has parameters that are trained.
    """

    parameters: int
    saved: int
    pictures: int
    patches: Tensor
    learns: bool


def draw_clip(workload: Workload, patch: int) -> DrawnClip:
    """Draw one clip as a run would.

    Args:
        workload: Renderer, frames and size apply.
        patch: Pixels a side that one visual token sees.

    Raises:
        RenderError: No renderer has the name, or the size is no multiple of the patch.
    """
    renderer = get_renderer(workload.renderer, DrActionConfig(size=workload.size, patch=patch))
    parameters = sum(parameter.numel() for parameter in renderer.parameters())
    learns = parameters > 0 and RENDERER in workload.trains
    motion = synthesize(ACTION)
    index = torch.tensor([sample_frames(motion.num_frames, workload.num_frames).tolist()])
    with torch.set_grad_enabled(learns), count_saved(renderer) as saved:
        drawn = renderer(MotionBatch.from_motions([motion]), index)
    return DrawnClip(parameters, saved.total, drawn.frames.nbytes, drawn.patches, learns)
