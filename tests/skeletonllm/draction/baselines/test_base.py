"""What holds for every fixed baseline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from skeletonllm.draction import DrActionConfig
from skeletonllm.draction.baselines import FixedRenderer
from skeletonllm.draction.baselines.base import SOLID, Strokes
from skeletonllm.draction.renderers import RENDERERS, get_renderer
from skeletonllm.draction.scene.camera import make_sensor_camera
from skeletonllm.errors import RenderError
from skeletonllm.motion import Motion
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.topology import KINECT_V2, Topology

from .conftest import CONFIG, SIZE, hide, places, render, still

BASELINES = [name for name, made in RENDERERS.items() if issubclass(made, FixedRenderer)]
every = pytest.mark.parametrize("name", BASELINES)


@every
def test_every_skeleton_and_space_in_one_batch_as_alone(name: str, everyone: list[Motion]) -> None:
    together = render(name, everyone, [1, 5])
    assert together.frames.shape == (4, 2, 3, SIZE, SIZE)
    assert together.patches.shape == (4, 2, SIZE // 14, SIZE // 14)
    assert together.frames.isfinite().all()
    assert (together.frames.amin() >= 0) & (together.frames.amax() <= 1)
    for clip, motion in enumerate(everyone):
        alone = render(name, motion, [1, 5])
        assert alone.frames.amax() > 0.5
        torch.testing.assert_close(together.frames[clip], alone.frames[0], atol=1e-6, rtol=0)
        assert alone.patches[0].equal(together.patches[clip])


@every
def test_nothing_learns_and_nothing_is_random(name: str, everyone: list[Motion]) -> None:
    renderer = get_renderer(name, CONFIG)
    assert list(renderer.parameters()) == []
    assert renderer.state_dict() == {}
    assert not renderer(MotionBatch.from_motions(everyone), torch.zeros(4, 1).long()).frames.grad_fn
    assert render(name, everyone, [0, 3]).frames.equal(render(name, everyone, [0, 3]).frames)


@every
def test_patches_hold_all_that_can_be_seen(name: str, everyone: list[Motion]) -> None:
    rendering = render(name, everyone, [6])
    seen = F.max_pool2d(rendering.frames.amax(2), 14) > 2 / 255
    assert (rendering.patches | ~seen).all()
    assert rendering.patches.float().mean() < 0.6


@every
def test_who_is_not_observed_is_not_drawn(name: str, waving: Callable[..., Motion]) -> None:
    motion = waving(KINECT_V2)
    for frame in range(8):
        motion = hide(motion, frame)
    rendering = render(name, motion, [0, 9])
    assert (rendering.frames[0, 0] == 0).all()
    assert not rendering.patches[0, 0].any()
    assert rendering.frames[0, 1].amax() > 0.5
    hand = KINECT_V2.index("right_hand_tip")
    gone = render(name, hide(waving(KINECT_V2), 0, hand), [0, 0]).frames[0, 0]
    u, v = places(waving(KINECT_V2), 0)[hand].round().long()
    assert render(name, waving(KINECT_V2), [0]).frames[0, 0, :, v, u].amax() > 0.3
    assert gone[:, v + 1 : v + 3, u - 1 : u + 2].amax() < 0.1
    assert gone.isfinite().all()


@every
def test_what_is_behind_the_sensor_spoils_nothing(name: str, waving: Callable[..., Motion]) -> None:
    motion = waving(KINECT_V2, persons=2)
    behind = motion.joints.copy()
    behind[:, 1, :, 2] *= -1
    both = MotionBatch.from_motions([replace(motion, joints=behind)])
    camera = make_sensor_camera(both, SIZE, mirrored=False)
    drawn = render(name, replace(motion, joints=behind), [4], camera).frames
    present = motion.present.copy()
    present[:, 1] = False
    alone = render(name, replace(motion, joints=behind, present=present), [4], camera).frames
    assert drawn.isfinite().all()
    assert (drawn > 0.5).any()
    near = F.max_pool2d(alone[0].amax(1), 5, 1, 2)
    assert not (drawn[0].amax(1)[near < 0.05] > 0.05).any()


@every
def test_a_camera_that_is_given_is_used_and_the_published_one_mirrors(
    name: str, waving: Callable[..., Motion]
) -> None:
    motion = waving(KINECT_V2)
    batch, frames = MotionBatch.from_motions([motion]), torch.tensor([[5]])
    sensor = get_renderer(name, replace(CONFIG, camera="sensor"))
    given = render(name, motion, [5], make_sensor_camera(batch, SIZE, mirrored=False))
    assert sensor(batch, frames).frames.equal(given.frames)
    mirrored = get_renderer(name, replace(CONFIG, camera="sensor", formula="published"))
    swapped = mirrored(batch, frames).frames[..., 1:].flip(-1)  # about the published middle, 56
    torch.testing.assert_close(swapped, given.frames[..., 1:], atol=1e-4, rtol=0)


@every
def test_errors_are_those_of_draction(name: str, waving: Callable[..., Motion]) -> None:
    with pytest.raises(RenderError, match="frame 10 of clip 0; expected 0 to 9"):
        render(name, waving(KINECT_V2), [10])
    nobody = replace(waving(KINECT_V2), present=np.zeros((10, 1), np.bool_))
    with pytest.raises(RenderError, match="no observed joint in any frame"):
        render(name, nobody, [0])
    with pytest.raises(RenderError, match="unknown engine 'none'"):
        get_renderer(name, DrActionConfig(engine="none"))


@pytest.mark.parametrize("name", ["plain_projection", "velocity_sticks"])
def test_a_joint_without_a_bone_is_a_dot(name: str, waving: Callable[..., Motion]) -> None:
    dust = replace(still(waving(KINECT_V2)), topology=Topology("dust", KINECT_V2.joints, ()))
    frame = render(name, dust, [0]).frames[0, 0].amax(0)
    pixel = torch.arange(SIZE).float()
    grid = torch.stack(torch.meshgrid(pixel, pixel, indexing="xy"), -1)[:, :, None]
    away = (grid - places(dust, 0)).norm(dim=-1).amin(-1)
    assert frame[away < 0.5].min() > 0.3
    assert frame[away > 6].max() < 0.01


def test_a_stroke_becomes_points_as_dense_as_it_is_wide() -> None:
    place = torch.tensor([[[0.0, 0.0], [12.0, 0.0]], [[5.0, 5.0], [5.0, 5.0]]])
    strokes = Strokes.from_fields(
        place,
        order=torch.tensor([3.0, 7.0]),
        radius=torch.tensor([2.0, 2.0]),
        rgb=torch.tensor([[0.0, 0, 0], [1, 1, 1]]),
        drawn=torch.tensor([True, True]),
        picture=torch.tensor([0, 4]),
        opacity=torch.tensor([1.0, 0.0]),
    )
    points = strokes.to_splats(longest=100)
    assert points.u.tolist() == [1, 3, 5, 7, 9, 11, 5]
    assert points.picture.tolist() == [0] * 6 + [4]
    torch.testing.assert_close(points.rgb[:6, 0], points.u[:6] / 12)
    torch.testing.assert_close(points.depth[:6], 3 + points.u[:6] / 3)
    torch.testing.assert_close(points.opacity[:6], SOLID * (1 - points.u[:6] / 12))
    assert len(strokes.to_splats(longest=3).u) == 4


def test_no_stroke_is_thinner_than_a_pixel_shows() -> None:
    line = torch.tensor([[[0.0, 0.0], [4.0, 0.0]]])
    thin = Strokes.from_fields(
        line,
        order=torch.zeros(2),
        radius=torch.tensor([1e-6, 1e-6]),
        rgb=torch.ones(3),
        drawn=torch.tensor([True]),
        picture=torch.tensor([0]),
    )
    assert thin.to_splats(longest=100).conic[:, 0].max() < 3
