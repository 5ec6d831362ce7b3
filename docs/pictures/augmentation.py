"""Draw augmentation.png: each change of a synthesized motion, as far as it usually goes.

From the root of the checkout: ``python -m docs.pictures.augmentation``. The sensor's camera, since
the one that fits each clip into the picture shows no change of size.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch

from skeletonllm.augmentation import DEFAULTS
from skeletonllm.augmentation.changes import mirror_example
from skeletonllm.augmentation.sensing import add_noise, change_speed, drop_joints, scale_bodies
from skeletonllm.augmentation.turns import turn_bodies
from skeletonllm.draction import DrAction, DrActionConfig
from skeletonllm.motion import Motion
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.synthesis import synthesize
from skeletonllm.tasks import Example
from skeletonllm.visualization.sheets import make_contact_sheet

SIZE, FRAMES, CROP = 252, 6, 150
LABELS = ("wave right hand", "wave left hand")


def make_versions(motion: Motion) -> dict[str, Motion]:
    """What stands at the left of each row, and the motion that the row shows."""
    angle, rng = {n: math.radians(DEFAULTS[n]) for n in ("yaw", "view")}, np.random.default_rng(1)
    view = angle["view"]
    mirrored = mirror_example(Example("", motion, LABELS[0], LABELS))
    assert mirrored is not None
    return {
        f"as it is: {LABELS[0]}": motion,
        "yaw=30: to one side": turn_bodies(motion, yaw=angle["yaw"]),
        "yaw=30: to the other": turn_bodies(motion, yaw=-angle["yaw"]),
        "view=10": turn_bodies(motion, yaw=0.0, elevation=view, roll=view / 3),
        "scale=0.1: smaller": scale_bodies(motion, 1 / (1 + DEFAULTS["scale"])),
        "speed=0.15: faster": change_speed(motion, 1 + DEFAULTS["speed"]),
        "dropout=0.1": drop_joints(motion, DEFAULTS["dropout"], rng),
        "noise=0.01": add_noise(motion, DEFAULTS["noise"], rng),
        f"mirror: {mirrored.label}": mirrored.motion,
    }


@torch.no_grad()
def main() -> None:
    """Frames a quarter of a second apart, a row a change."""
    motion = synthesize("hand waving", side="right", yaw_deg=15.0, noise_m=0.0)
    renderer = DrAction(DrActionConfig(size=SIZE, camera="sensor"))
    low = (SIZE - CROP) // 2
    rows, versions = [], make_versions(motion)
    for version in versions.values():
        frames = torch.arange(FRAMES)[None] * round(0.25 * version.fps) + 10
        batch = MotionBatch.from_motions([version])
        drawn = renderer(batch, frames.clamp_max(version.num_frames - 1)).frames[0]
        rows.append(np.asarray(drawn[..., low : low + CROP, low : low + CROP]))
    sheet = make_contact_sheet(rows, list(versions))
    sheet.quantize(64).save(Path(__file__).with_suffix(".png"), optimize=True)


if __name__ == "__main__":
    main()
