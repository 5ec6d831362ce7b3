"""How far ours is from arrays that the published renderer wrote; see ../shared/golden/README.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from skeletonllm.draction.gaussians.published import (
    PublishedAppearance,
    Template,
    make_gaussians,
    make_stored_template,
)
from skeletonllm.draction.rasterize import get_engine
from skeletonllm.draction.renderer import DrAction
from skeletonllm.draction.scene.camera import Camera
from skeletonllm.draction.scene.tracks import Tracks
from skeletonllm.draction.splatting import splat_gaussians
from skeletonllm.draction.weights import load_renderer

FRAME_TOLERANCE = 1e-3
"""Largest difference of a pixel: the goldens are rounded to float16, which is 2.5e-4 off."""

GRADIENT_TOLERANCE = 1e-3
"""Norm of the difference over norm; float32 leaves 3e-6 (docs/BENCHMARKS.md)."""

GOLDENS = [
    "humanml3d_c1_224",
    "ntu_one_person_c1_448",
    "ntu_one_person_c3_224",
    "ntu_two_person_c1_448",
    "ntu_two_person_c2_224",
]


def _load_golden(shared: Path, name: str) -> tuple[dict[str, Any], DrAction]:
    arrays = dict(np.load(shared / "golden" / "draction" / f"{name}.npz"))
    weights = name.split("_c")[1][0]
    path = shared / "golden" / "weights" / f"draction_candidate_0{weights}.safetensors"
    return arrays, load_renderer(path, size=int(name.rsplit("_", maxsplit=1)[1]), patch=28)


def _draw_poses(
    renderer: DrAction, template: Template, poses: Tensor, vels: Tensor, camera: Camera
) -> Tensor:
    """Frames [T, H, W, 3] of poses and velocities [T, P, J, 3], one camera a frame."""
    joints = poses.transpose(0, 1)
    there = (joints.detach().abs().sum((-1, -2)) > 0)[..., None].expand(joints.shape[:-1])
    frame = torch.arange(len(poses)).expand(len(joints), -1)
    tracks = Tracks(joints, vels.transpose(0, 1), there, camera=frame, picture=frame)
    assert isinstance(renderer.appearance, PublishedAppearance)
    gaussians = make_gaussians(renderer.appearance, template, tracks, camera)
    frames, _ = splat_gaussians(
        gaussians,
        camera,
        pictures=len(poses),
        size=renderer.config.size,
        blur=renderer.formula.blur,
        engine=get_engine("auto"),
    )
    return frames.permute(0, 2, 3, 1)


def _make_published_camera(k: Tensor, w2c: Tensor) -> Camera:
    return Camera(k, w2c, torch.zeros(len(k), dtype=torch.bool), mirrored=True)


def _read_template(arrays: dict[str, Any]) -> Template:
    names = "canonical_joints canonical_means canonical_scales lbs_weights_logits".split()
    return make_stored_template(*(torch.from_numpy(arrays[f"state_{name}"]) for name in names))


def measure_frame_error(shared: Path, name: str) -> float:
    """Largest difference of any pixel of a golden's frames, of values in 0..1.

    Args:
        shared: The folder that holds ``golden/``.
        name: One of :data:`GOLDENS`.
    """
    arrays, renderer = _load_golden(shared, name)
    poses, vels, k, w2c = (torch.from_numpy(arrays[n]) for n in ("poses", "vels", "K", "w2c"))
    with torch.no_grad():
        frames = _draw_poses(
            renderer, _read_template(arrays), poses, vels, _make_published_camera(k, w2c)
        )
    return float((frames - torch.from_numpy(arrays["frames"]).float()).abs().max())


def measure_gradient_errors(shared: Path) -> dict[str, float]:
    """Norm of the difference over norm of each golden gradient; `frames` is absolute."""
    arrays, renderer = _load_golden(shared, "gradients_c1_112")
    leaves = {
        name: torch.from_numpy(arrays[name]).requires_grad_() for name in ("poses", "K", "w2c")
    }
    appearance = renderer.appearance
    assert isinstance(appearance, PublishedAppearance)
    template = make_stored_template(
        appearance.canonical_joints,
        appearance.canonical_means,
        appearance.canonical_scales,
        appearance.lbs_weights_logits,
    )
    camera = _make_published_camera(leaves["K"], leaves["w2c"])
    vels = torch.from_numpy(arrays["vels"])
    frames = _draw_poses(renderer, template, leaves["poses"], vels, camera)
    leaves |= dict(appearance.named_parameters())
    loss = (frames * torch.from_numpy(arrays["cotangent"])).sum()
    gradients = dict(zip(leaves, torch.autograd.grad(loss, list(leaves.values())), strict=True))
    goldens = {n.removeprefix("grad_"): a for n, a in arrays.items() if n.startswith("grad_")}
    assert set(gradients) == set(goldens)
    errors = {"frames": float(np.abs(frames.detach().numpy() - arrays["frames"]).max())}
    for name, gradient in gradients.items():
        expected = torch.from_numpy(goldens[name])
        errors[f"grad {name}"] = float((gradient - expected).norm() / expected.norm())
    return errors
