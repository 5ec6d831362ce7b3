"""Draw body_parts.png: what each part of formula ``body`` adds, on a synthesized motion.

From the root of the checkout: ``python -m docs.pictures.body_parts``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from skeletonllm.draction import DrAction, DrActionConfig, sample_frames
from skeletonllm.draction.config import PARTS
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.synthesis import synthesize
from skeletonllm.visualization.sheets import make_contact_sheet

SIZE, FRAMES = 140, 6
ROWS = {
    "none of the three: round, soft rows": (),
    "sharp": ("sharp",),
    "sharp, halos": ("sharp", "halos"),
    "sharp, halos, motion": ("sharp", "halos", "motion"),
}


@torch.no_grad()
def main() -> None:
    """Six frames of a punch, a row more for each part."""
    motion = synthesize("punch/slap someone", yaw_deg=30.0, noise_m=0.0)
    batch = MotionBatch.from_motions([motion])
    frames = torch.from_numpy(sample_frames(motion.num_frames, FRAMES))[None]
    rows = []
    for parts in ROWS.values():
        switched = {part: part in parts for part in PARTS}
        rows.append(DrAction(DrActionConfig(size=SIZE, **switched))(batch, frames).frames[0])
    sheet = make_contact_sheet([np.asarray(row) for row in rows], list(ROWS))
    sheet.quantize(256).save(Path(__file__).with_suffix(".png"), optimize=True)


if __name__ == "__main__":
    main()
