"""Every renderer draws every skeleton there is, and skeletons that only a strange file has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from skeletonllm.draction import DrActionConfig
from skeletonllm.draction.gaussians.body import BodyFormula
from skeletonllm.draction.renderers import RENDERERS, get_renderer
from skeletonllm.draction.scene.fitted_camera import FittedView
from skeletonllm.draction.solids.nvdiffrast_mesh import draw_figures
from skeletonllm.motion import Motion
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.rendering.software_nvdiffrast import SoftwareNvdiffrast
from skeletonllm.topology import KINECT_V2, Topology, list_topologies

SIZE = 32
VISIBLE = 0.01
"""Brightness of a channel, of 1. An untrained published formula draws some skeletons faintly."""

STRANGE = {
    "no bones": Topology("no_bones", KINECT_V2.joints, ()),
    "one joint": Topology("one_joint", ("pelvis",), ()),
    "no known joint": Topology("own", tuple(f"pelvis.{i}" for i in range(5)), ((0, 1), (1, 2))),
    "loose markers": Topology("loose", ("pelvis.a", "head.b", "left_hip.c"), ((0, 1),)),
    "a bone to itself": Topology("loop", ("pelvis", "neck"), ((0, 0), (0, 1))),
}


def drawn(name: str, motions: list[Motion]) -> Tensor:
    """The first frame of each motion, [B, 3, H, W]; ``published`` and ``mesh`` are DrAction too."""
    batch, frames = MotionBatch.from_motions(motions), torch.zeros(len(motions), 1).long()
    published = name == "published"
    config = DrActionConfig(
        size=SIZE, patch=8, points_per_bone=4, formula="published" if published else "body"
    )
    with torch.no_grad():
        if name == "mesh":
            camera = FittedView()(batch, SIZE)
            bodies = BodyFormula(config).figures(batch, frames, camera)
            library = SoftwareNvdiffrast()
            return draw_figures(bodies, camera, pictures=len(motions), size=SIZE, library=library)
        renderer = get_renderer("draction" if published else name, config)
        return renderer(batch, frames).frames[:, 0]


every = pytest.mark.parametrize("name", [*RENDERERS, "published", "mesh"])


@every
def test_every_registered_skeleton_is_drawn(name: str) -> None:
    built_in = [t for t in list_topologies().values() if t.source]
    motions = [synthesize("throw", topology=t, fps=2).select_frames([0, 1]) for t in built_in]
    assert len(motions) >= 21
    brightest = drawn(name, motions).amax((1, 2, 3))
    dark = [m.topology.name for m, b in zip(motions, brightest, strict=True) if not b > VISIBLE]
    assert dark == []


@every
@pytest.mark.parametrize("space", ["camera", "image"])
def test_strange_skeletons_are_drawn(name: str, space: str) -> None:
    motions = [motion for t in STRANGE.values() for motion in poses(t, space)]
    pictures = drawn(name, motions)
    assert pictures.isfinite().all()
    dark = [
        (m.topology.name, m.num_frames)
        for m, picture in zip(motions, pictures, strict=True)
        if not picture.amax() > VISIBLE
    ]
    assert dark == []


def poses(skeleton: Topology, space: str) -> list[Motion]:
    """Two frames and one frame of a random pose, and all joints at one place."""
    flat = space == "image"
    joints = np.random.default_rng(0).normal(size=(2, 1, len(skeleton), 3)).astype(np.float32)
    joints = joints * (80, 80, 0) + (320, 240, 0) if flat else joints * 0.4 + (0, 0, 3)
    moving = Motion(
        joints=joints.astype(np.float32),
        present=np.ones((2, 1), np.bool_),
        confidence=np.ones((2, 1, len(skeleton)), np.float32),
        topology=skeleton,
        fps=30.0,
        space=space,
        metric=not flat,
        image_size=(640, 480) if flat else None,
    )
    heap = replace(moving, joints=np.full_like(moving.joints, 2.0) * np.float32([1, 1, not flat]))
    return [moving, moving.select_frames([0]), heap]


def test_who_has_no_unit_is_drawn_as_large_by_the_published_formula(
    waving: Callable[..., Motion],
) -> None:
    """Ten times as many units to a body: the same picture, if the unit is not the metre."""
    metres = waving(KINECT_V2)
    unknown = replace(metres, metric=False)
    tens = replace(unknown, joints=metres.joints * np.float32(10))
    one, ten, thin = drawn("published", [unknown, tens, replace(tens, metric=True)])
    torch.testing.assert_close(one, ten, atol=0.02, rtol=0)
    assert thin.sum() < ten.sum() / 2
