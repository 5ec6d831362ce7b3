"""The published renderer's own outputs and gradients; see ../shared/golden/README.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from skeletonllm.corpora import get_reader, read_clips
from skeletonllm.draction import DrActionConfig
from skeletonllm.draction.gaussians.published import (
    PublishedAppearance,
    Template,
    make_gaussians,
    make_stored_template,
)
from skeletonllm.draction.rasterize import get_engine
from skeletonllm.draction.renderer import DrAction
from skeletonllm.draction.scene.camera import Camera
from skeletonllm.draction.scene.fitted_camera import FittedView
from skeletonllm.draction.scene.tracks import Tracks
from skeletonllm.draction.splatting import splat_gaussians
from skeletonllm.draction.weights import load_renderer
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.visualization.frames import render_motion

FRAME_TOLERANCE = 1e-3  # absolute; the goldens are rounded to float16 (2.5e-4)
GRADIENT_TOLERANCE = 1e-3  # norm of the difference over norm

GOLDENS = [
    "humanml3d_c1_224",
    "ntu_one_person_c1_448",
    "ntu_one_person_c3_224",
    "ntu_two_person_c1_448",
    "ntu_two_person_c2_224",
]


def load(shared: Path, name: str) -> tuple[dict[str, Any], DrAction]:
    arrays = dict(np.load(shared / "golden" / "draction" / f"{name}.npz"))
    weights = name.split("_c")[1][0]
    path = shared / "golden" / "weights" / f"draction_candidate_0{weights}.safetensors"
    return arrays, load_renderer(path, size=int(name.rsplit("_", maxsplit=1)[1]), patch=28)


def draw(
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


def published_camera(k: Tensor, w2c: Tensor) -> Camera:
    return Camera(k, w2c, torch.zeros(len(k), dtype=torch.bool), mirrored=True)


def golden_template(arrays: dict[str, Any]) -> Template:
    names = "canonical_joints canonical_means canonical_scales lbs_weights_logits".split()
    return make_stored_template(*(torch.from_numpy(arrays[f"state_{name}"]) for name in names))


def frame_error(shared: Path, name: str) -> float:
    """Largest difference of a golden's frames."""
    arrays, renderer = load(shared, name)
    poses, vels, k, w2c = (torch.from_numpy(arrays[n]) for n in ("poses", "vels", "K", "w2c"))
    with torch.no_grad():
        frames = draw(renderer, golden_template(arrays), poses, vels, published_camera(k, w2c))
    return float((frames - torch.from_numpy(arrays["frames"]).float()).abs().max())


def gradient_errors(shared: Path) -> dict[str, float]:
    """Norm of the difference over norm of each golden gradient; `frames` is absolute."""
    arrays, renderer = load(shared, "gradients_c1_112")
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
    camera = published_camera(leaves["K"], leaves["w2c"])
    vels = torch.from_numpy(arrays["vels"])
    frames = draw(renderer, template, leaves["poses"], vels, camera)
    leaves |= dict(appearance.named_parameters())
    loss = (frames * torch.from_numpy(arrays["cotangent"])).sum()
    found = dict(zip(leaves, torch.autograd.grad(loss, list(leaves.values())), strict=True))
    wanted = {n.removeprefix("grad_"): a for n, a in arrays.items() if n.startswith("grad_")}
    assert set(found) == set(wanted)
    errors = {"frames": float(np.abs(frames.detach().numpy() - arrays["frames"]).max())}
    for name, gradient in found.items():
        expected = torch.from_numpy(wanted[name])
        errors[f"grad {name}"] = float((gradient - expected).norm() / expected.norm())
    return errors


@pytest.mark.real
@pytest.mark.parametrize("name", GOLDENS)
def test_frames_are_the_published_ones(shared: Path, name: str) -> None:
    assert frame_error(shared, name) < FRAME_TOLERANCE


@pytest.mark.real
def test_gradients_are_the_published_ones(shared: Path) -> None:
    errors = gradient_errors(shared)
    assert errors.pop("frames") < FRAME_TOLERANCE
    assert {n: e for n, e in errors.items() if e >= GRADIENT_TOLERANCE} == {}


RAW = {
    "humanml3d_c1_224": ("humanml3d", "humanml3d/new_joints/000000.npy"),
    "ntu_one_person_c1_448": ("ntu_rgbd", "ntu_rgbd/S001C001P001R001A005.skeleton"),
    "ntu_one_person_c3_224": ("ntu_rgbd", "ntu_rgbd/S001C001P001R001A008.skeleton"),
    "ntu_two_person_c1_448": ("ntu_rgbd", "ntu_rgbd/S017C003P020R002A055.skeleton"),
    "ntu_two_person_c2_224": ("ntu_rgbd", "ntu_rgbd/S017C003P020R002A051.skeleton"),
}


@pytest.mark.real
@pytest.mark.parametrize("name", GOLDENS)
def test_from_the_raw_file_to_the_published_picture(shared: Path, name: str) -> None:
    corpus, path = RAW[name]
    folder = shared / "data" / "samples" / Path(path).parts[0]
    reader = get_reader(corpus)
    (source,) = [s for s in reader.sources(str(folder)) if s.uri.endswith(path)]
    clips, rejects = read_clips(reader, source)
    assert not rejects
    golden = np.load(shared / "golden" / "draction" / f"{name}.npz")
    size = int(name.rsplit("_", maxsplit=1)[1])
    number = name.split("_c")[1][0]
    weights = shared / "golden" / "weights" / f"draction_candidate_0{number}.safetensors"
    config = DrActionConfig(size=size, patch=28, formula="published", camera="sensor")
    found = render_motion(clips[0].motion, config, golden["frame_indices"], weights)
    assert np.abs(found - golden["frames"].astype(np.float32)).max() < FRAME_TOLERANCE


@pytest.mark.real
@pytest.mark.parametrize("corpus", ["ntu_rgbd", "nw_ucla", "humanml3d"])
def test_no_joint_of_a_real_clip_leaves_the_picture(shared: Path, corpus: str) -> None:
    folder = shared / "data" / "samples" / corpus
    reader = get_reader(corpus)
    motions = [
        clip.motion
        for source in reader.sources(str(folder))
        for clip in read_clips(reader, source)[0]
    ]
    assert motions
    batch, view = MotionBatch.from_motions(motions), FittedView()
    with torch.no_grad():
        camera = view(batch, 448)
        for index in range(len(batch)):
            seen = batch.clip(index)[batch.clip_confidence(index) > 0]
            points = camera.transform_points(seen, torch.tensor(index))
            pixel = camera.k[index, :2, 2] - camera.k[index, 0, 0] * points[:, :2] / points[:, 2:]
            assert points[:, 2].min() > 0
            assert pixel.min() >= 0
            assert pixel.max() <= 447
