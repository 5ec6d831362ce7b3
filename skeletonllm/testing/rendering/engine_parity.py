"""How far an engine is from ``torch_tiles`` in float64, on clips that are hard to draw.

Through the whole of DrAction: the pictures, and the gradient of every parameter and of the joints,
so that a training step is the same step whichever engine drew.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from skeletonllm.draction import DrAction, DrActionConfig
from skeletonllm.draction.drawers import SplatDrawer
from skeletonllm.draction.rasterize import Engine, Splats, get_engine
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.testing.rendering.motion_scenes import SCENES, Scene
from skeletonllm.testing.rendering.splat_scenes import LEAVES

FRAME_TOLERANCE = 1e-5
"""Largest difference of a pixel: twice the worst of ``numba_cpu`` (docs/BENCHMARKS.md,
Exactness); a Gaussian left out at the threshold of its weight is some 1e-3."""

GRADIENT_TOLERANCE = 1e-3
"""Norm of the difference over norm: twice the worst of ``numba_cpu`` (see there); a wrong term
of a formula is some 1e-1."""

EPSILON, LARGE_EPSILON = 1e-2, 1e-1
"""Added to a gradient's norm: where a figure can hardly be seen, its gradients are rounding. The
large one is for a halo's width and strength, where it is solid and hardly anything is behind, and
for pictures of a single pixel. All others are some 1 to 1000."""


def _with_rounded_splats(engine: Engine, dtype: torch.dtype) -> Engine:
    """The engine, given splats rounded to float32 in another precision.

    Two precisions of the geometry would sort near-equal depths differently, and a picture jumps
    where two Gaussians change places: so all engines get the very same splats.
    """

    def draw(splats: Splats, *, pictures: int, height: int, width: int) -> Tensor:
        rounded = {name: getattr(splats, name).float().to(dtype) for name in (*LEAVES, "depth")}
        drawn = engine(replace(splats, **rounded), pictures=pictures, height=height, width=width)
        return drawn.double()

    return draw


def _draw_with_gradients(
    config: DrActionConfig, scene: Scene, seed: int, device: str = "cpu"
) -> dict[str, Tensor]:
    """Frames, and gradients by name, of a float64 renderer with random parameters."""
    motions = scene.make(np.random.default_rng(seed))
    renderer, random = DrAction(config), torch.Generator().manual_seed(seed)
    exact = config.engine == "torch_tiles"
    dtype = torch.float64 if exact else torch.float32
    renderer.drawer = SplatDrawer(_with_rounded_splats(get_engine(config.engine), dtype))
    with torch.no_grad():
        for name, parameter in renderer.named_parameters():
            size = 0.1 if name.startswith("view.") else 0.3
            parameter.add_(size * torch.randn(parameter.shape, generator=random))
        if seed % 3 == 0:  # half of every limb cannot be seen
            renderer.get_parameter("appearance.intensity")[::2] = -200.0
        if seed % 2:  # light passes limbs and halos
            for name in ("sharp.density", "halos.strength"):
                renderer.get_parameter(f"appearance.{name}").fill_(1.0)
    batch = MotionBatch.from_motions(motions, device)
    batch = replace(batch, joints=batch.joints.double().requires_grad_())
    shown = torch.tensor(scene.frames, device=device).expand(len(motions), -1)
    frames = renderer.to(device, torch.float64)(batch, shown).frames
    weight = torch.randn(frames.shape, generator=random).to(device)
    (frames * weight).sum().backward()
    gradients = {name: p.grad for name, p in renderer.named_parameters() if p.grad is not None}
    assert batch.joints.grad is not None
    return {"frames": frames.detach(), "joints": batch.joints.grad, **gradients}


def measure_errors(
    scene: str, seed: int, size: int, engine: str, *, recurrent: bool, device: str = "cpu"
) -> tuple[float, dict[str, float]]:
    """Largest difference of a pixel, and the difference of each gradient over its norm.

    Args:
        scene: Of :data:`skeletonllm.testing.rendering.motion_scenes.SCENES`.
        seed: Of the scene and of the renderer's parameters.
        size: Height and width of the picture.
        engine: Which one.
        recurrent: Whether the renderer has its GRU.
        device: Where to draw.
    """
    config = DrActionConfig(
        size=size,
        patch=1,
        points_per_bone=4,
        camera=SCENES[scene].camera,
        recurrent=recurrent,
        engine=engine,
    )
    oracle = replace(config, engine="torch_tiles")
    expected = _draw_with_gradients(oracle, SCENES[scene], seed, device)
    drawn = _draw_with_gradients(config, SCENES[scene], seed, device)
    assert drawn.keys() == expected.keys()
    difference = {name: drawn[name] - value for name, value in expected.items()}
    picture = float(difference.pop("frames").abs().max())
    faint = {name for name in difference if size == 1 or ".halos." in name}
    least = {name: LARGE_EPSILON if name in faint else EPSILON for name in difference}
    relative = {n: float(d.norm() / (expected[n].norm() + least[n])) for n, d in difference.items()}
    return picture, relative
