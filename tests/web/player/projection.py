"""Where the Python renderer sees the joints of a motion, in pixels of a picture of the page."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from skeletonllm.draction.scene.fitted_camera import FittedView
from skeletonllm.motion import Motion
from skeletonllm.motion_batch import MotionBatch

_SIZE = 1001
"""Pixels of the Python picture, which is stretched onto the page's: any number does."""


@torch.no_grad()
def project_joints(motion: Motion, probe: dict[str, Any]) -> NDArray[np.float64]:
    """Places [T, P, J, 2] of joints on the page's canvas, in CSS pixels, by Python's camera.

    Args:
        motion: All frames of the clip.
        probe: ``size`` of the canvas, and ``fill``: how much of its shorter edge the Python
            renderer's square picture takes.
    """
    camera = FittedView()(MotionBatch.from_motions([motion]), _SIZE)
    index = torch.zeros(motion.joints.shape[:2], dtype=torch.int64)
    x = camera.transform_points(torch.from_numpy(motion.joints), index).double().numpy()
    k = camera.k[0].double().numpy()
    depth = np.ones_like(x[..., 2]) if camera.orthographic[0] else x[..., 2]
    u = k[0, 2] - k[0, 0] * x[..., 0] / depth
    v = k[1, 2] - k[1, 1] * x[..., 1] / depth
    width, height = probe["size"]
    stretch = probe["fill"] * min(width, height) / (_SIZE - 1)
    middle = np.array([width, height]) / 2
    return middle + (np.stack([u, v], -1) - (_SIZE - 1) / 2) * stretch
