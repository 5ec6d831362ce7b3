"""Projection and foreground patches."""

from __future__ import annotations

import pytest
import torch

from skeletonllm.draction.scene.camera import Camera
from skeletonllm.draction.splatting import Gaussians, find_touched_patches, project_gaussians


def one_camera(*, mirrored: bool = False, flat: bool = False) -> Camera:
    k = torch.tensor([[[100.0, 0, 50], [0, 100.0, 60], [0, 0, 1]]]).double()
    return Camera(k, torch.eye(4).double()[None], torch.tensor([flat]), mirrored)


def ball(x: float, y: float, z: float, radius: float) -> Gaussians:
    zero = torch.zeros(1, dtype=torch.int64)
    point, one = torch.tensor([[x, y, z]]).double(), torch.ones(1).double()
    return Gaussians(point, one * radius, one[:, None].expand(1, 3), one, zero, zero)


def test_plus_x_goes_left_unless_mirrored_and_plus_y_goes_up() -> None:
    here = ball(0.2, 0.1, 2.0, 0.05)
    u, v, _ = project_gaussians(here, one_camera(), 0.0)
    assert (float(u), float(v)) == pytest.approx((40, 55))
    u, v, _ = project_gaussians(here, one_camera(mirrored=True), 0.0)
    assert (float(u), float(v)) == pytest.approx((60, 55))


def test_covariance_is_that_of_the_linearized_projection() -> None:
    here = ball(0.4, -0.3, 1.5, 0.05)
    for mirrored in (False, True):
        camera = one_camera(mirrored=mirrored)

        def pixel(point: torch.Tensor, camera: Camera = camera) -> torch.Tensor:
            moved = Gaussians(point, here.radius, here.rgb, here.opacity, here.camera, here.picture)
            u, v, _ = project_gaussians(moved, camera, 0.0)
            return torch.cat([u, v])

        slope = torch.autograd.functional.jacobian(pixel, here.points)[:, 0]
        covariance = 0.05**2 * slope @ slope.T + 0.1 * torch.eye(2)
        a, b, c = project_gaussians(here, camera, 0.1)[2][0]
        expected = torch.linalg.inv(covariance)
        torch.testing.assert_close(torch.stack([a, b, b, c]).view(2, 2), expected)


def test_orthographic_cameras_ignore_depth() -> None:
    near, far = (
        project_gaussians(ball(0.2, 0.1, z, 0.05), one_camera(flat=True), 0.0) for z in (-1.0, 9.0)
    )
    assert all(torch.equal(a, b) for a, b in zip(near, far, strict=True))
    assert float(near[2][0, 0]) == pytest.approx(1 / (0.05 * 100) ** 2)


def test_patches_are_those_a_box_touches_in_its_own_picture() -> None:
    box = torch.tensor([[3, 4, 9, 7], [12, 0, 12, 15], [5, 5, 4, 5]])
    found = find_touched_patches(box, torch.tensor([0, 1, 1]), (2, 4), 4)
    expected = torch.zeros(2, 4, 4, dtype=torch.bool)
    expected[0, 1, 0:3] = True
    expected[1, :, 3] = True
    assert torch.equal(found, expected)


def test_patches_agree_with_a_plain_loop() -> None:
    random = torch.Generator().manual_seed(0)
    corner = torch.randint(0, 32, (60, 2, 2), generator=random).sort(1).values
    picture = torch.randint(0, 3, (60,), generator=random)
    expected = torch.zeros(3, 8, 8, dtype=torch.bool)
    for (first, last), where in zip(corner.tolist(), picture.tolist(), strict=True):
        rows, columns = (slice(first[i] // 4, last[i] // 4 + 1) for i in (1, 0))
        expected[where, rows, columns] = True
    assert torch.equal(find_touched_patches(corner.flatten(1), picture, (3, 8), 4), expected)
