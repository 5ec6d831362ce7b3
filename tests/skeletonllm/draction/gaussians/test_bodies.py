"""Bodies before their cameras."""

from __future__ import annotations

import pytest
import torch

from skeletonllm.draction.gaussians.bodies import NEAR, Bodies
from skeletonllm.draction.splatting import Gaussians, project_gaussians
from skeletonllm.testing.rendering.people import make_waving_motion, project_to_image
from skeletonllm.topology import COCO_17, KINECT_V2

from .conftest import gather

FRAMES = [0, 4]


def make(bodies: Bodies, *, away: torch.Tensor | float = 1.0, thinnest: float = 0.0) -> Gaussians:
    """The joints of some bodies as slanted Gaussians of a centimetre."""
    points, away = bodies.joints, torch.as_tensor(away).expand(bodies.joints.shape[:3])
    return bodies.make_gaussians(
        points * away[..., None],
        radius=0.01 * away,
        stretch=(away * bodies.scale)[..., None] * torch.tensor([0.01, 0.03, -0.02]),
        rgb=torch.ones(3),
        opacity=torch.tensor(0.5),
        thinnest=thinnest,
    )


def flatten(gaussians: Gaussians) -> Gaussians:
    return gaussians.where(torch.ones(gaussians.points.shape[:3], dtype=torch.bool))


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("metres", [0.3, -0.2])
def test_what_is_shifted_along_the_line_of_sight_looks_the_same(flat: bool, metres: float) -> None:
    motion = make_waving_motion(COCO_17, persons=2)
    bodies = gather(project_to_image(motion) if flat else motion, FRAMES)
    away = bodies.shift_back(bodies.joints, metres)
    before, after = make(bodies), make(bodies, away=away)
    moved = (after.points - before.points)[..., 2] / bodies.scale
    torch.testing.assert_close(moved, torch.full_like(moved, 0 if flat else metres))
    one, other = (project_gaussians(flatten(g), bodies.camera, 0.1) for g in (before, after))
    for a, b in zip(one, other, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("flat", [False, True])
def test_none_is_thinner_than_a_pixel_allows_and_thick_ones_stay(flat: bool) -> None:
    motion = make_waving_motion(COCO_17)
    bodies = gather(project_to_image(motion) if flat else motion, FRAMES)
    depth = 1.0 if flat else bodies.joints[..., 2]
    pixels = [make(bodies, thinnest=t).radius / (bodies.pixel * depth) for t in (0.0, 4.0, 0.01)]
    assert (pixels[0] < 2).all()
    torch.testing.assert_close(pixels[1], torch.full_like(pixels[1], 4.0), rtol=0.02, atol=0)
    torch.testing.assert_close(pixels[2], pixels[0], rtol=1e-3, atol=0)


def test_only_what_is_before_the_near_plane_is_seen() -> None:
    bodies = gather(make_waving_motion(KINECT_V2), FRAMES)
    near = NEAR * float(bodies.scale)
    points = torch.tensor([[[[0, 0, -1.0], [0, 0, 0.99 * near], [0, 0, 1.01 * near]]]])
    assert bodies.find_in_front(points).tolist() == [[[False, False, True]]]
    flat = gather(project_to_image(make_waving_motion(COCO_17)), FRAMES)
    assert flat.find_in_front(points).all()


def test_joints_are_followed_where_they_are_drawn() -> None:
    """At a size of 1.2 around the middle of the clip, as the joints themselves."""
    motion = make_waving_motion(KINECT_V2, persons=2)
    joints = torch.tensor([3, KINECT_V2.index("right_wrist")])
    for size in (1.0, 1.2):
        bodies = gather(motion, FRAMES, size)
        way, observed = bodies.follow(torch.tensor([0.0, 4 / 30]), joints)
        assert observed.all()
        torch.testing.assert_close(way[:, :, 0], bodies.joints[:, :, joints])
        torch.testing.assert_close(way[:, 0, 1], bodies.joints[:, 1, joints])
    middle = bodies.centre + (gather(motion, FRAMES).joints - bodies.centre) * 1.2
    torch.testing.assert_close(bodies.joints, middle)
