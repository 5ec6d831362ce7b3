"""Draw gaussians_and_mesh.png: the same synthesized motions as Gaussians and as solids.

From the root of the checkout: ``python -m docs.pictures.gaussians_and_mesh``. The solids are drawn
by the stand-in for nvdiffrast of skeletonllm.testing, 4 x 4 samples a pixel: no GPU is needed.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from skeletonllm.draction import DrAction, DrActionConfig
from skeletonllm.draction.solids.nvdiffrast_mesh import draw_figures
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.rendering.software_nvdiffrast import SoftwareNvdiffrast
from skeletonllm.visualization.sheets import make_contact_sheet

SIZE = 224
ACTIONS = {"throw": (0.3, 0.55), "punch/slap someone": (0.4, 0.5)}
"""Where in the clip its frames are, as shares of it."""


def main() -> None:
    """Two frames of each action, side by side: Gaussians above, solids below."""
    rows: list[list[Tensor]] = [[], []]
    for action, shares in ACTIONS.items():
        for row, frames in zip(rows, both(action, shares), strict=True):
            row.append(frames)
    captions = ["torch_tiles: Gaussians", "nvdiffrast_mesh: solids (drawn by the stand-in)"]
    sheet = make_contact_sheet([torch.cat(row).numpy() for row in rows], captions)
    sheet.quantize(256).save(Path(__file__).with_suffix(".png"), optimize=True)


@torch.no_grad()
def both(action: str, shares: tuple[float, ...]) -> tuple[Tensor, Tensor]:
    """The same frames as Gaussians and as solids, [T, 3, SIZE, SIZE] each."""
    motion = synthesize(action, yaw_deg=30.0, noise_m=0.0)
    batch = MotionBatch.from_motions([motion])
    frames = torch.tensor([[round(share * (len(motion.joints) - 1)) for share in shares]])
    renderer = DrAction(DrActionConfig(size=SIZE, engine="torch_tiles"))
    assert renderer.view is not None
    camera = renderer.view(batch, SIZE)
    bodies = renderer.formula.figures(batch, frames, camera)
    count = frames.numel()
    solids = draw_figures(
        bodies, camera, pictures=count, size=SIZE, library=SoftwareNvdiffrast(samples=4)
    )
    return renderer(batch, frames, camera).frames[0], solids


if __name__ == "__main__":
    main()
