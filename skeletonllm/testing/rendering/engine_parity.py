"""Scenes of people, and how far an engine is from ``torch_tiles`` in float64 on them.

Through the whole of DrAction: the pictures, and the gradient of every parameter and of the joints,
so that a training step is the same step whichever engine drew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np
import torch
from torch import Tensor

from skeletonllm.draction import DrAction, DrActionConfig
from skeletonllm.draction.drawers import SplatDrawer
from skeletonllm.draction.rasterize import Engine, Splats, get_engine
from skeletonllm.motion import Motion
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.topology import COCO_17, KINECT_V1, KINECT_V2, SMPL_22
from tests.skeletonllm.draction.conftest import in_the_image, in_the_world, wave
from tests.skeletonllm.draction.rasterize.scenes import LEAVES

FRAMES = torch.tensor([[5]])
NOTHING = 1e-2


def behind_each_other(rng: np.random.Generator) -> list[Motion]:
    motion = wave(KINECT_V2, persons=3)
    joints = (
        motion.joints + np.float32([-0.7, 0, 0.3]) * np.arange(3, dtype=np.float32)[:, None, None]
    )
    return [replace(motion, joints=joints + noise(rng, joints))]


def beside_each_other(rng: np.random.Generator) -> list[Motion]:
    return [shaken(wave(KINECT_V1, persons=2), rng), shaken(in_the_world(wave(SMPL_22)), rng)]


def at_the_sensor(rng: np.random.Generator) -> list[Motion]:
    """Some joints before the near plane, some at it, some behind."""
    motion = shaken(wave(KINECT_V2, persons=2), rng)
    return [replace(motion, joints=motion.joints - np.float32([0, 0, 2.9 + 0.4 * rng.random()]))]


def filling_the_frame(rng: np.random.Generator) -> list[Motion]:
    motion = shaken(wave(KINECT_V1), rng)
    return [replace(motion, joints=motion.joints - np.float32([0, 0, 2.5]))]


def hundreds_overlapping(rng: np.random.Generator) -> list[Motion]:
    """Twelve persons in one place."""
    motion = wave(COCO_17, persons=12)
    joints = np.repeat(motion.joints[:, :1], 12, axis=1)
    return [replace(motion, joints=joints + noise(rng, joints))]


def identical_depths(rng: np.random.Generator) -> list[Motion]:
    """The same person twice, and a pose in the image plane, where all depths are the same."""
    motion = wave(KINECT_V2, persons=1)
    twice = replace(
        motion,
        joints=np.repeat(motion.joints, 2, axis=1),
        present=np.repeat(motion.present, 2, axis=1),
        confidence=np.repeat(motion.confidence, 2, axis=1),
    )
    return [twice, shaken(in_the_image(wave(COCO_17)), rng)]


def missing_joints(rng: np.random.Generator) -> list[Motion]:
    motion = shaken(wave(SMPL_22, persons=2), rng)
    seen = (rng.random(motion.confidence.shape) < 0.7).astype(np.float32)
    seen[0, 0] = 1
    return [replace(motion, confidence=seen, joints=motion.joints * seen[..., None])]


def shaken(motion: Motion, rng: np.random.Generator) -> Motion:
    scale = 30 if motion.space == "image" else 1
    shake = scale * noise(rng, motion.joints)
    if motion.space == "image":
        shake[..., 2] = 0
    return replace(motion, joints=motion.joints + shake)


def noise(rng: np.random.Generator, like: np.ndarray) -> np.ndarray:
    return (0.05 * rng.normal(size=like.shape)).astype(np.float32)


SCENES: dict[str, tuple[Callable[[np.random.Generator], list[Motion]], str]] = {
    "behind each other": (behind_each_other, "fit"),
    "beside each other": (beside_each_other, "fit"),
    "at the sensor": (at_the_sensor, "sensor"),
    "filling the frame": (filling_the_frame, "sensor"),
    "hundreds overlapping": (hundreds_overlapping, "fit"),
    "identical depths": (identical_depths, "fit"),
    "missing joints": (missing_joints, "fit"),
}


def rounded(engine: Engine, dtype: torch.dtype) -> Engine:
    """The engine, given splats rounded to float32 in another precision.

    Two precisions of the geometry would sort near-equal depths differently, and a picture jumps
    where two Gaussians change places: so all engines get the very same splats.
    """

    def draw(splats: Splats, *, pictures: int, height: int, width: int) -> Tensor:
        values = {f.name: getattr(splats, f.name) for f in fields(splats)}
        for name in (*LEAVES, "depth"):
            values[name] = values[name].float().to(dtype)
        drawn = engine(Splats(**values), pictures=pictures, height=height, width=width)
        return drawn.double()

    return draw


def results(
    config: DrActionConfig, motions: list[Motion], seed: int, device: str = "cpu"
) -> dict[str, Tensor]:
    """Frames, and gradients by name, of a float64 renderer with random parameters."""
    renderer, random = DrAction(config), torch.Generator().manual_seed(seed)
    exact = config.engine == "torch_tiles"
    dtype = torch.float64 if exact else torch.float32
    renderer.drawer = SplatDrawer(rounded(get_engine(config.engine), dtype))
    with torch.no_grad():
        for name, parameter in renderer.named_parameters():
            size = 0.1 if name.startswith("view.") else 0.3
            parameter.add_(size * torch.randn(parameter.shape, generator=random))
        if seed % 3 == 0:  # half of every limb cannot be seen
            renderer.appearance.intensity[::2] = -200.0
    batch = MotionBatch.from_motions(motions, device)
    batch = replace(batch, joints=batch.joints.double().requires_grad_())
    shown = FRAMES.expand(len(motions), -1).to(device)
    frames = renderer.to(device, torch.float64)(batch, shown).frames
    weight = torch.randn(frames.shape, generator=random).to(device)
    (frames * weight).sum().backward()
    found = {name: p.grad for name, p in renderer.named_parameters() if p.grad is not None}
    assert batch.joints.grad is not None
    return {"frames": frames.detach(), "joints": batch.joints.grad, **found}


def errors(
    scene: str, seed: int, size: int, engine: str, *, recurrent: bool, device: str = "cpu"
) -> tuple[float, dict[str, float]]:
    """Largest difference of the pictures, and of each gradient the norm of it over its norm.

    Where a figure can hardly be seen, its gradients are rounding: the norm counts as NOTHING more.
    """
    make, camera = SCENES[scene]
    motions = make(np.random.default_rng(seed))
    config = DrActionConfig(
        size=size, patch=1, points_per_bone=4, camera=camera, recurrent=recurrent, engine=engine
    )
    expected = results(replace(config, engine="torch_tiles"), motions, seed, device)
    found = results(config, motions, seed, device)
    assert found.keys() == expected.keys()
    difference = {name: found[name] - value for name, value in expected.items()}
    picture = float(difference.pop("frames").abs().max())
    relative = {n: float(d.norm() / (expected[n].norm() + NOTHING)) for n, d in difference.items()}
    return picture, relative
