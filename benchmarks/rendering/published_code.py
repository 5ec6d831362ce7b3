"""The published renderer and ours: the same clip, the same weights, the same picture.

Its ``draction.py`` is loaded alone, by path, from a checkout of github.com/wangzy01/SkeletonLLM;
nothing of it is copied here.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
import torch
from torch import Tensor

from skeletonllm.corpora import get_reader, read_clips
from skeletonllm.draction import DrAction, DrActionConfig, sample_frames
from skeletonllm.draction.gaussians.published import PublishedAppearance
from skeletonllm.draction.scene.camera import make_sensor_camera, move_before_sensor
from skeletonllm.draction.scene.tracks import gather_tracks
from skeletonllm.draction.weights import load_renderer
from skeletonllm.errors import UsageError
from skeletonllm.motion import Motion
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.synthesis import synthesize

FILE = Path("skeletonllm/model/skeletonllm_chat/draction.py")
GOLDEN = Path("golden/draction/ntu_two_person_c1_448.npz")
RAW = Path("data/samples/ntu_rgbd/S017C003P020R002A055.skeleton")
WEIGHTS = Path("golden/weights/draction_candidate_01.safetensors")
FRAMES = 12
METADATA = 10
"""Numbers a body of the published input that it does not read."""


@dataclass(frozen=True, eq=False)
class Scene:
    """One two-person clip, and what to draw of it.

    Args:
        motion: The clip.
        frames: int64 [1, T].
        weights: Released weights, or None for those a new renderer has.
        name: For the table.
    """

    motion: Motion
    frames: Tensor
    weights: Path | None
    name: str


def load_golden_scene(shared: Path) -> Scene:
    """The clip of a golden from its raw file, and the released weights it was drawn with."""
    reader = get_reader("ntu_rgbd")
    (source,) = reader.sources(str(shared / RAW))
    clips, _ = read_clips(reader, source)
    frames = torch.from_numpy(np.load(shared / GOLDEN)["frame_indices"])[None]
    name = f"{RAW.stem}, released weights 01"
    return Scene(clips[0].motion, frames, shared / WEIGHTS, name)


def synthesize_scene(frames: int = FRAMES) -> Scene:
    """Two synthesized people, for machines without the real files."""
    motion = synthesize("shaking hands", subject=1, seed=0)
    at = torch.from_numpy(sample_frames(motion.num_frames, frames))[None]
    return Scene(motion, at, None, "synthesized shaking hands, first weights")


def make_renderer(scene: Scene, *, formula: str, engine: str, size: int) -> DrAction:
    """Our renderer for a scene, with its released weights if the formula has some.

    Args:
        scene: What to draw.
        formula: Of the renderer.
        engine: Its rasterizer.
        size: Height and width in pixels.
    """
    if formula == "published" and scene.weights is not None:
        return load_renderer(scene.weights, size=size, patch=28, engine=engine)
    camera = "sensor" if formula == "published" else "fit"
    return DrAction(
        DrActionConfig(size=size, patch=28, formula=formula, camera=camera, engine=engine)  # type: ignore[arg-type]
    )


class PublishedRenderer:
    """The published renderer with the weights that ours has under ``formula="published"``.

    Args:
        checkout: Root of a checkout of the published repository.
        scene: What to draw.
        size: Height and width in pixels.
        device: Where.
    """

    def __init__(self, checkout: Path, scene: Scene, size: int, device: str = "cpu") -> None:
        twin = make_renderer(scene, formula="published", engine="torch_tiles", size=size).appearance
        assert isinstance(twin, PublishedAppearance)
        count, joints = twin.lbs_weights_logits.shape
        self.renderer = load_published_code(checkout).DifferentiableSkeletonRenderer(
            count, joints, 3, METADATA, size, size, enable_nfm=twin.nfm is not None
        )
        self.renderer.load_state_dict(twin.state_dict())
        self.renderer.to(device)
        batch, frames = MotionBatch.from_motions([scene.motion], device), scene.frames.to(device)
        placed = move_before_sensor(batch, frames)
        tracks = gather_tracks(placed, [0], frames, per_second=False)
        self.poses, self.velocities = (
            field.transpose(0, 1) for field in (tracks.joints, tracks.velocities)
        )  # [T, P, J, 3]
        self.camera = make_sensor_camera(placed, size, mirrored=True)

    def __call__(self, frames: int | None = None) -> Tensor:
        """Pictures [T, 3, H, W] of the first ``frames`` frames, or of all.

        The gradient reaches ``poses`` where they ask for one, and the weights.
        """
        poses, velocities = self.poses[:frames], self.velocities[:frames]
        k, w2c = (x.expand(len(poses), *x.shape[1:]) for x in (self.camera.k, self.camera.w2c))
        about = poses.new_zeros(*poses.shape[:2], METADATA)
        drawn: Tensor = self.renderer(poses, about, k, w2c, vels=velocities)
        return drawn[0].permute(0, 3, 1, 2)


def load_published_code(checkout: Path) -> ModuleType:
    """The published ``draction.py`` as a module.

    Raises:
        UsageError: There is no such file in the checkout.
    """
    path = checkout / FILE
    if not path.is_file():
        raise UsageError(
            "no published renderer",
            expected=str(FILE),
            where=str(checkout),
            hint="git clone https://github.com/wangzy01/SkeletonLLM",
        )
    spec = importlib.util.spec_from_file_location("published_draction", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
