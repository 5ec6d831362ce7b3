"""Projection and foreground patches."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

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


def project_naively(here: Gaussians, camera: Camera, blur: float) -> Tensor:
    """J S J^T of one Gaussian, [2, 2]."""

    def pixel(point: Tensor) -> Tensor:
        u, v, _ = project_gaussians(replace(here, points=point, stretch=None), camera, 0.0)
        return torch.cat([u, v])

    slope = torch.autograd.functional.jacobian(pixel, here.points)[:, 0]
    assert here.stretch is not None
    shape = here.radius**2 * torch.eye(3) + here.stretch.T @ here.stretch
    return slope @ shape @ slope.T + blur * torch.eye(2)


STRETCHES = [(0.2, 0.1, -0.3), (0.0, 0.0, 0.4), (-0.3, 0.02, 0.0), (0.0, 0.0, 0.0)]


@pytest.mark.parametrize("stretch", STRETCHES)
@pytest.mark.parametrize("kind", [{}, {"mirrored": True}, {"flat": True}])
def test_covariance_of_a_stretched_one_is_that_of_the_linearized_projection(
    stretch: tuple[float, ...], kind: dict[str, bool]
) -> None:
    camera, vector = one_camera(**kind), torch.tensor([stretch]).double()
    here = replace(ball(0.4, -0.3, 1.5, 0.05), stretch=vector)
    a, b, c = project_gaussians(here, camera, 0.1)[2][0]
    expected = torch.linalg.inv(project_naively(here, camera, 0.1))
    torch.testing.assert_close(torch.stack([a, b, b, c]).view(2, 2), expected)


@pytest.mark.parametrize("angle", [0.0, 0.3, 0.785, 1.5])
def test_a_needle_is_as_exact_in_float32(angle: float) -> None:
    """Fifty times as long as it is wide, at any slant; half of float32's digits are kept."""
    along = torch.tensor([[angle, angle + 1.5708, 0.0]]).double().cos()
    here = replace(ball(0.4, -0.3, 1.5, 0.004), stretch=0.2 * along)
    exact = torch.linalg.inv(project_naively(here, one_camera(), 0.0))
    single = Gaussians(
        **{
            n: v.float() if v.is_floating_point() else v
            for n, v in vars(here).items()
            if v is not None
        }
    )
    camera = one_camera()
    camera = replace(camera, k=camera.k.float(), w2c=camera.w2c.float())
    a, b, c = project_gaussians(single, camera, 0.0)[2][0].double()
    found = torch.stack([a, b, b, c]).view(2, 2)
    torch.testing.assert_close(found, exact, rtol=0, atol=float(exact.abs().max()) * 3e-4)
    # What counts is the weight at the end of the needle, which is a difference of large numbers.
    end = torch.linalg.eigh(exact)
    assert float(end.eigenvectors[:, 0] @ found @ end.eigenvectors[:, 0]) == pytest.approx(
        float(end.eigenvalues[0]), rel=0.2
    )


def test_orthographic_cameras_ignore_depth() -> None:
    near, far = (
        project_gaussians(ball(0.2, 0.1, z, 0.05), one_camera(flat=True), 0.0) for z in (-1.0, 9.0)
    )
    assert all(torch.equal(a, b) for a, b in zip(near, far, strict=True))
    assert float(near[2][0, 0]) == pytest.approx(1 / (0.05 * 100) ** 2)


def test_gaussians_are_picked_and_joined_with_their_stretch_and_shadow() -> None:
    one = ball(0.2, 0.1, 2.0, 0.05)
    dense = Gaussians(
        points=torch.arange(12.0).view(1, 2, 2, 3),
        radius=torch.arange(4.0).view(1, 2, 2),
        rgb=torch.ones(1, 2, 2, 3),
        opacity=torch.ones(1, 2, 2),
        camera=torch.zeros(1, 2, 2).long(),
        picture=torch.tensor([[[0, 0], [1, 1]]]),
        stretch=torch.arange(12.0).view(1, 2, 2, 3) + 0.5,
        shadow=torch.tensor([[[False, True], [True, False]]]),
    )
    drawn = torch.tensor([[[True, False], [True, True]]])
    both = Gaussians.cat([dense.where(drawn), dense.narrow(1).where(drawn[..., 1:])])
    assert both.radius.tolist() == [0, 2, 3, 3]
    assert both.stretch is not None
    assert torch.equal(both.stretch, both.points + 0.5)
    assert both.shadow is not None
    assert both.shadow.tolist() == [False, True, False, False]
    assert both.picture.tolist() == [0, 1, 1, 1]
    assert Gaussians.cat([one, one]).stretch is None


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
