"""Our side of the mesh engine, on a stand-in for nvdiffrast, which CI has no GPU for."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from types import ModuleType

import pytest
import torch
from torch import Tensor

from skeletonllm.draction.config import DrActionConfig
from skeletonllm.draction.gaussians.appearance import BodyAppearance
from skeletonllm.draction.gaussians.body import BodyFormula
from skeletonllm.draction.gaussians.formula import Figure
from skeletonllm.draction.gaussians.primitives import make_primitives
from skeletonllm.draction.gaussians.published import PublishedFormula
from skeletonllm.draction.gaussians.sharpness import ROUND_EDGE as EDGE
from skeletonllm.draction.rasterize import get_engine
from skeletonllm.draction.rasterize.torch_tiles import rasterize as torch_tiles
from skeletonllm.draction.scene.camera import Camera, make_sensor_camera
from skeletonllm.draction.scene.fitted_camera import FittedView
from skeletonllm.draction.solids import nvdiffrast_mesh
from skeletonllm.draction.solids.mesh import make_mesh
from skeletonllm.draction.solids.nvdiffrast_mesh import draw_figures
from skeletonllm.draction.splatting import Gaussians, project_gaussians, splat_gaussians
from skeletonllm.errors import RenderError
from skeletonllm.motion import Motion
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.testing.rendering.people import make_waving_motion
from skeletonllm.testing.rendering.software_nvdiffrast import SoftwareNvdiffrast
from skeletonllm.topology import KINECT_V2
from tests.skeletonllm.draction.solids.test_mesh import PAIR

SIZE = 112
FINE = SoftwareNvdiffrast(samples=4)


def ball(
    x: float, y: float, z: float, radius: float, *, rgb: tuple[float, float, float] = (1, 1, 1)
) -> Figure:
    """A single sphere in picture 0: the first joint of a bone whose other end is missing."""
    shapes = make_primitives(PAIR, 3, "cpu", torch.float64)
    drawn = torch.arange(len(shapes.blend)) == 0
    point, one = torch.tensor([[x, y, z]]).double(), torch.ones(1).double()
    zero = torch.zeros(1, dtype=torch.int64)
    colour = torch.tensor([rgb]).double()
    one_ball = Gaussians(point, one * radius, colour, one * 20, zero, zero)
    return Figure(shapes, drawn[None, None], one_ball)


def one_camera(*, mirrored: bool = False, flat: bool = False) -> Camera:
    k = torch.tensor([[[90.0, 0, 60], [0, 110.0, 50], [0, 0, 1]]]).double()
    return Camera(k, torch.eye(4).double()[None], torch.tensor([flat]), mirrored)


def bodies(
    motions: list[Motion], frames: Tensor, *, joints: Tensor | None = None
) -> tuple[list[Figure], Camera, BodyAppearance]:
    batch = MotionBatch.from_motions(motions)
    if joints is not None:
        batch = replace(batch, joints=joints)
    formula, camera = BodyFormula(DrActionConfig()), FittedView()(batch, SIZE)
    return formula.figures(batch, frames, camera), camera, formula.appearance


def draw(
    parts: list[Figure], camera: Camera, pictures: int, library: SoftwareNvdiffrast = FINE
) -> Tensor:
    return draw_figures(parts, camera, pictures=pictures, size=SIZE, library=library)


def splatted(whole: Gaussians, camera: Camera, pictures: int) -> Tensor:
    """White Gaussians, [pictures, H, W]."""
    white = replace(whole, rgb=torch.ones_like(whole.rgb))
    engine = torch_tiles
    return splat_gaussians(
        white, camera, pictures=pictures, size=SIZE, blur=BodyFormula.blur, engine=engine
    )[0][:, 0]


def centre(picture: Tensor) -> Tensor:
    """Of brightness, in pixels (u, v)."""
    at = torch.arange(SIZE, dtype=picture.dtype)
    mass = torch.stack([(picture.sum(0) * at).sum(), (picture.sum(1) * at).sum()])
    return mass / picture.sum()


def overlap(a: Tensor, b: Tensor) -> float:
    """Intersection over union."""
    return float((a & b).sum() / (a | b).sum())


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_sphere_is_where_and_as_large_as_the_camera_says(*, flat: bool, mirrored: bool) -> None:
    camera = one_camera(mirrored=mirrored, flat=flat)
    x, y, z, radius = (0.2, 0.1, -3.0, 0.04) if flat else (0.5, 0.3, 2.5, 0.1)
    figure = ball(x, y, z, radius)
    seen = draw([figure], camera, 1)[0, 0]
    u, v, _ = project_gaussians(figure.gaussians, camera, 0.0)
    expected = torch.cat([u, v]).float()
    assert (u < 55) != mirrored  # the camera's middle is at 60
    assert v < 45  # and 50: up is up
    torch.testing.assert_close(centre((seen > 0.25).float()), expected, atol=0.2, rtol=0)
    gaussian = splatted(figure.gaussians, camera, 1)[0]
    torch.testing.assert_close(centre(gaussian).float(), expected, atol=0.2, rtol=0)
    far = 1.0 if flat else z
    slant = 1.0 if flat else math.sqrt(1 + (x * x + y * y) / z**2)
    area = math.pi * (EDGE * radius / far) ** 2 * 90 * 110 * slant
    # Two corners lie between the ball and the ball through its corners: 5 % either way.
    assert float((seen > 0).float().sum()) == pytest.approx(area, rel=0.1)


def test_the_nearer_hides_the_farther() -> None:
    red, blue = ball(0, 0, 2.0, 0.1, rgb=(1, 0, 0)), ball(0, 0, 3.0, 0.3, rgb=(0, 0, 1))
    for parts in ([red, blue], [blue, red]):
        seen = draw(parts, one_camera(), 1)[0]
        u, v = 60, 50
        assert seen[0, v, u] > 0.9
        assert seen[2, v, u] < 0.01
        assert seen[2, v, u + 13] > 0.5
        assert seen[0, v, u + 13] < 0.01


@pytest.mark.parametrize("sharp", [False, True])
def test_silhouettes_are_those_of_the_gaussians(everyone: list[Motion], *, sharp: bool) -> None:
    frames = torch.tensor([[3, 6]] * 4)  # one hand is up: no picture is its mirror image
    batch = MotionBatch.from_motions(everyone)
    formula = BodyFormula(DrActionConfig(sharp=sharp, motion=False, halos=False))
    camera = FittedView()(batch, SIZE)
    mesh = draw(formula.figures(batch, frames, camera), camera, 8).amax(1) > 0.1
    gaussians = splatted(formula.gaussians(batch, frames, camera), camera, 8) > 0.3
    for picture in range(8):
        right = overlap(mesh[picture], gaussians[picture])
        assert right > 0.8
        for axis in (0, 1):
            assert right > overlap(mesh[picture].flip(axis), gaussians[picture]) + 0.05
        for shift, axis in ((1, 0), (-1, 0), (1, 1), (-1, 1)):
            assert right > overlap(mesh[picture].roll(shift, axis), gaussians[picture])
        sizes = mesh[picture].sum() / gaussians[picture].sum()
        assert 0.85 < sizes < 1.15


def test_colours_are_those_of_the_gaussians() -> None:
    parts, camera, _ = bodies([make_waving_motion(KINECT_V2, 8)], torch.tensor([[6]]))
    whole = Gaussians.cat([part.gaussians for part in parts])
    gaussians, _ = splat_gaussians(
        whole, camera, pictures=1, size=SIZE, blur=BodyFormula.blur, engine=torch_tiles
    )
    mesh = draw(parts, camera, 1)
    both = ((mesh.amax(1) > 0.2) & (gaussians.amax(1) > 0.2))[0]
    a, b = (picture[0][:, both] for picture in (mesh, gaussians))
    alike = torch.nn.functional.cosine_similarity(a, b, dim=0)
    assert float(alike.detach().mean()) > 0.98


def test_a_batch_is_its_clips(everyone: list[Motion]) -> None:
    frames = torch.tensor([[0, 6], [3, 2], [1, 11], [5, 8]])
    parts, camera, _ = bodies(everyone, frames)
    coarse = SoftwareNvdiffrast()
    together = draw(parts, camera, 8, coarse)
    for clip, motion in enumerate(everyone):
        own, its_camera, _ = bodies([motion], frames[clip : clip + 1])
        alone = draw(own, its_camera, 2, coarse)
        assert alone.amax() > 0.5
        differs = (together[2 * clip : 2 * clip + 2] - alone).abs().amax(1) > 1e-3
        assert differs.float().mean() < 1e-3  # a pixel centre on an edge may fall either way


def test_pictures_without_a_body_are_black() -> None:
    figure = ball(0, 0, 2.0, 0.1)
    moved = replace(figure.gaussians, picture=torch.tensor([1]))
    seen = draw([replace(figure, gaussians=moved)], one_camera(), 3)
    assert seen.shape == (3, 3, SIZE, SIZE)
    assert seen.dtype == torch.float32
    assert seen.is_contiguous()
    assert (seen.amax((1, 2, 3)) > 0.5).tolist() == [False, True, False]
    nothing = figure.gaussians.where(torch.tensor([False]))
    none = Figure(figure.shapes, torch.zeros_like(figure.drawn), nothing)
    assert not draw([none], one_camera(), 3).any()


def test_what_is_behind_the_camera_is_not_drawn() -> None:
    motion = make_waving_motion(KINECT_V2, 4, persons=2)
    joints = motion.joints.copy()
    joints[:, 0, :, 2] -= 5.0  # 3 m before the sensor: now 2 m behind it
    batch = MotionBatch.from_motions([replace(motion, joints=joints)])
    frames, formula = torch.tensor([[1]]), BodyFormula(DrActionConfig())
    camera = make_sensor_camera(batch, SIZE, mirrored=False)
    both = draw(formula.figures(batch, frames, camera), camera, 1)
    second = replace(
        motion,
        joints=joints[:, 1:],
        present=motion.present[:, 1:],
        confidence=motion.confidence[:, 1:],
    )
    alone = MotionBatch.from_motions([second])
    one = draw(formula.figures(alone, frames, camera), camera, 1)
    assert one.amax() > 0.5
    assert overlap(both.amax(1) > 0, one.amax(1) > 0) > 0.95


def test_a_sphere_around_the_camera_is_cut_and_finite() -> None:
    figure = ball(0.05, 0.0, 0.12, 0.2)
    points = figure.gaussians.points.clone().requires_grad_()
    moved = replace(figure, gaussians=replace(figure.gaussians, points=points))
    seen = draw([moved, ball(0, 0, 4.0, 0.1)], one_camera(), 1, SoftwareNvdiffrast())
    assert seen.isfinite().all()
    seen.sum().backward()
    assert points.grad is not None
    assert points.grad.isfinite().all()


def test_depths_fill_the_clip_range_and_keep_their_order() -> None:
    for flat, near, far in ((False, 0.5, 30.0), (True, -2.0, 5.0)):
        parts = [ball(0, 0, near, 0.01), ball(0, 0, far, 0.01)]
        camera = one_camera(flat=flat)
        clip = nvdiffrast_mesh.to_clip_space(make_mesh(parts, camera), camera, SIZE)
        depth = clip[:, 2] / clip[:, 3]
        assert -1 <= depth.min() < depth[:34].max() < depth[34:].min() < depth.max() <= 1
        assert depth.max() - depth.min() > 1.9


def test_moving_a_sphere_changes_its_shading_as_the_gradient_says() -> None:
    camera, window = one_camera(), (slice(45, 56), slice(56, 65))
    weights = torch.rand(3, 11, 9, generator=torch.Generator().manual_seed(0))

    def shade(points: Tensor) -> Tensor:
        figure = ball(0, 0, 2.0, 0.4, rgb=(1.0, 0.5, 0.2))
        gaussians = replace(figure.gaussians, points=points)
        moved = [replace(figure, gaussians=gaussians)]
        return (
            draw(moved, camera, 1, SoftwareNvdiffrast())[0][:, window[0], window[1]] * weights
        ).sum()

    here = torch.tensor([[0.31, -0.22, 2.0]]).double().requires_grad_()
    (gradient,) = torch.autograd.grad(shade(here), here)
    step = 2e-3
    numeric = []
    for axis in range(3):
        shift = torch.zeros(1, 3).double()
        shift[0, axis] = step
        numeric.append(float((shade(here + shift) - shade(here - shift)).detach()) / (2 * step))
    expected = torch.tensor([numeric]).double()
    # The vertices' axis follows the eye without a gradient: a few per cent.
    torch.testing.assert_close(gradient, expected, rtol=0.05, atol=0.1 * float(expected.norm()))


def test_joints_radii_colours_and_opacities_receive_gradients() -> None:
    motions, frames = [make_waving_motion(KINECT_V2, 6, persons=2)], torch.tensor([[0, 3]])
    joints = MotionBatch.from_motions(motions).joints.requires_grad_()
    parts, camera, appearance = bodies(motions, frames, joints=joints)
    loss = draw(parts, camera, 2, SoftwareNvdiffrast()).square().sum()
    loss.backward()
    learnt = {
        name: parameter.grad
        for name, parameter in appearance.named_parameters()
        if not name.startswith(("motion.", "halos."))  # which are no solids
    }
    for name, gradient in {"joints": joints.grad, **learnt}.items():
        assert gradient is not None, name
        assert gradient.isfinite().all(), name
        assert gradient.abs().sum() > 0, name


def test_bf16_autocast_leaves_the_picture_alone() -> None:
    parts, camera, _ = bodies([make_waving_motion(KINECT_V2, 4)], torch.tensor([[2]]))
    plain = draw(parts, camera, 1, SoftwareNvdiffrast())
    with torch.autocast("cpu", dtype=torch.bfloat16):
        seen = draw(parts, camera, 1, SoftwareNvdiffrast())
    assert torch.equal(plain, seen)


def test_loose_gaussians_are_refused() -> None:
    with pytest.raises(RenderError, match="unknown engine 'nvdiffrast_mesh'; expected one of auto"):
        get_engine("nvdiffrast_mesh")
    with pytest.raises(RenderError, match="formula 'published' knows no bones; expected .*'body'"):
        PublishedFormula(DrActionConfig()).figures(*[None] * 3)


def test_without_a_gpu_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(
        RenderError, match="no CUDA device; expected an NVIDIA GPU.*'auto'.*pip install"
    ):
        draw_figures([ball(0, 0, 2.0, 0.1)], one_camera(), pictures=1, size=SIZE)
    assert not nvdiffrast_mesh.is_available()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    with pytest.raises(RenderError, match="tensors on 'cpu'"):
        nvdiffrast_mesh.load_nvdiffrast("cpu")


def test_without_nvdiffrast_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setitem(sys.modules, "nvdiffrast", None)
    with pytest.raises(RenderError, match="imported.*engine 'auto'.*--no-build-isolation.*licence"):
        nvdiffrast_mesh.load_nvdiffrast("cuda:0")
    assert not nvdiffrast_mesh.is_available()
    library = ModuleType("nvdiffrast.torch")
    monkeypatch.setitem(sys.modules, "nvdiffrast", ModuleType("nvdiffrast"))
    monkeypatch.setitem(sys.modules, "nvdiffrast.torch", library)
    assert nvdiffrast_mesh.load_nvdiffrast("cuda:0") is library
    assert nvdiffrast_mesh.is_available()
