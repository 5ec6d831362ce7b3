"""Bodies as closed surfaces: where they are, what they take from their Gaussians, what learns."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

import pytest
import torch

from skeletonllm.draction.config import DrActionConfig
from skeletonllm.draction.gaussians.body import BodyFormula
from skeletonllm.draction.gaussians.formula import Figure
from skeletonllm.draction.gaussians.primitives import make_primitives
from skeletonllm.draction.gaussians.sharpness import ROUND_EDGE as EDGE
from skeletonllm.draction.scene.camera import Camera, make_sensor_camera
from skeletonllm.draction.scene.fitted_camera import FittedView
from skeletonllm.draction.solids.mesh import POLYGON, ROW_DEPTH, Mesh, make_mesh
from skeletonllm.draction.splatting import Gaussians
from skeletonllm.motion import Motion
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.testing.rendering.people import make_waving_motion
from skeletonllm.topology import KINECT_V2, Topology

BALLS, CAPSULES = 64, 128
PAIR = Topology("pair", ("left_elbow", "left_wrist"), ((0, 1),))


def one_camera(*, flat: bool = False) -> Camera:
    k = torch.tensor([[[100.0, 0, 50], [0, 100.0, 60], [0, 0, 1]]]).double()
    return Camera(k, torch.eye(4).double()[None], torch.tensor([flat]))


def rod(
    a: list[float], b: list[float], *, points: int = 3, drawn: list[bool] | None = None
) -> Figure:
    """One bone between two joints, all Gaussians alike."""
    shapes = make_primitives(PAIR, points, "cpu", torch.float64)
    ends = torch.tensor([a, b], dtype=torch.float64)
    seen = torch.tensor(drawn or [True] * len(shapes.blend))
    zero = torch.zeros(len(seen), dtype=torch.int64)
    one = torch.ones(len(seen)).double()
    whole = Gaussians(shapes.blend @ ends, 0.05 * one, one[:, None].expand(-1, 3), one, zero, zero)
    return Figure(shapes, seen[None, None], whole.where(seen))


def bodies(
    batch: MotionBatch, frames: torch.Tensor, points: int = 10
) -> tuple[list[Figure], Camera]:
    camera = FittedView()(batch, 112)
    formula = BodyFormula(DrActionConfig(points_per_bone=points))
    return formula.figures(batch, frames, camera), camera


def distance(points: torch.Tensor, a: list[float], b: list[float]) -> torch.Tensor:
    """From points [V, 3] to a segment."""
    start, bone = torch.tensor(a).double(), torch.tensor(b).double() - torch.tensor(a).double()
    along = ((points - start) @ bone / bone.square().sum().clamp_min(1e-9)).clamp(0, 1)
    return (points - start - along[:, None] * bone).norm(dim=-1)


@pytest.mark.parametrize("points", [1, 3, 10])
def test_every_vertex_lies_one_radius_from_its_bone(points: int) -> None:
    a, b = [0.1, 0.2, 2.0], [0.5, -0.3, 2.4]
    mesh = make_mesh([rod(a, b, points=points)], one_camera())
    first, second, tube = mesh.vertices[:34], mesh.vertices[34:68], mesh.vertices[68:]
    away = torch.cat([distance(first, a, a), distance(second, b, b), distance(tube, a, b)])
    torch.testing.assert_close(away, torch.full_like(away, 0.05 * EDGE * POLYGON))


def test_surfaces_are_closed_and_look_outwards() -> None:
    mesh = make_mesh([rod([0.1, 0.2, 2.0], [0.5, -0.3, 2.4])], one_camera())
    rows = mesh.triangles.tolist()
    edges = Counter((row[i], row[(i + 1) % 3]) for row in rows for i in range(3))
    assert set(edges.values()) == {1}
    assert all((b, a) in edges for a, b in edges)
    a, b, c = mesh.vertices[mesh.triangles.long()].unbind(1)
    volume = (a * torch.linalg.cross(b, c)).sum() / 6
    radius, length = 0.05 * EDGE * POLYGON, math.sqrt(0.16 + 0.25 + 0.16)
    spheres = (2 + 1) * 4 / 3 * math.pi * radius**3  # two joints, and the capsule's two ends
    assert float(volume) == pytest.approx(spheres + math.pi * radius**2 * length, rel=0.15)


def test_a_bone_without_length_has_no_direction_and_no_nan() -> None:
    figure = rod([0.1, 0.2, 2.0], [0.1, 0.2, 2.0])
    points = figure.gaussians.points.clone().requires_grad_()
    moved = replace(figure, gaussians=replace(figure.gaussians, points=points))
    mesh = make_mesh([moved], one_camera())
    (mesh.vertices.sum() + mesh.rgb.sum()).backward()
    assert points.grad is not None
    assert points.grad.isfinite().all()
    assert mesh.vertices.isfinite().all()


def test_what_is_not_drawn_is_absent() -> None:
    whole, count = [0.1, 0.2, 2.0], len(make_primitives(PAIR, 3).blend)
    for missing, triangles in ((None, 2 * BALLS + CAPSULES - 16), (0, BALLS), (1, BALLS)):
        drawn = [True] * count
        if missing is not None:
            drawn = [i not in (missing, 2, 3, 4) for i in range(count)]
        mesh = make_mesh([rod(whole, [0.5, -0.3, 2.4], drawn=drawn)], one_camera())
        assert len(mesh.triangles) == triangles


def test_no_points_on_bones_leave_the_joints_alone() -> None:
    mesh = make_mesh([rod([0.1, 0.2, 2.0], [0.5, -0.3, 2.4], points=0)], one_camera())
    assert len(mesh.triangles) == 2 * BALLS


def test_opacity_dims_and_the_lamp_lights_what_faces_the_camera() -> None:
    figure = rod([0.0, 0.0, 2.0], [0.3, 0.0, 2.0])
    for opacity in (1.0, 0.3, 0.0):
        faint = replace(figure.gaussians, opacity=torch.full((5,), opacity).double())
        for flat in (False, True):
            mesh = make_mesh([replace(figure, gaussians=faint)], one_camera(flat=flat))
            brightest = mesh.rgb.amax()
            assert float(brightest) == pytest.approx(1 - math.exp(-ROW_DEPTH * opacity), abs=0.01)
            behind = mesh.rgb[mesh.vertices[:, 2].argmax()]
            assert float(behind[0]) == pytest.approx(float(brightest) / 2, abs=0.01)


def test_a_capsule_follows_the_radius_and_colour_along_its_bone() -> None:
    figure = rod([0.0, 0.0, 2.0], [0.5, 0.0, 2.0])
    taper = torch.tensor([0.01, 0.01, 0.02, 0.03, 0.04]).double()
    colour = torch.stack([taper * 20, 1 - taper * 20, taper * 0], -1)
    tube = replace(figure.gaussians, radius=taper, rgb=colour)
    mesh = make_mesh([replace(figure, gaussians=tube)], one_camera())
    middle = mesh.vertices[2 * 34 :]  # behind the two spheres
    for x, radius in ((0.125, 0.02), (0.25, 0.03), (0.375, 0.04)):
        at = (middle[:, 0] - x).abs() < 1e-9
        assert int(at.sum()) == 8
        away = (middle[at] - torch.tensor([x, 0.0, 2.0])).norm(dim=-1)
        torch.testing.assert_close(away, torch.full((8,), radius * EDGE * POLYGON).double())
        share = mesh.rgb[2 * 34 :][at, 0] / mesh.rgb[2 * 34 :][at].sum(-1)
        torch.testing.assert_close(share, torch.full((8,), radius * 20).double())


def test_a_batch_is_its_clips(everyone: list[Motion]) -> None:
    batch = MotionBatch.from_motions(everyone)
    frames = torch.tensor([[0, 6], [3, 2], [1, 11], [5, 8]])
    parts, camera = bodies(batch, frames)
    mesh = make_mesh(parts, camera)
    assert mesh.picture.tolist() == sorted(mesh.picture.tolist())
    assert torch.equal(mesh.picture // 2, mesh.camera[mesh.triangles.long()[:, 0]])
    for clip, motion in enumerate(everyone):
        alone_batch = MotionBatch.from_motions([motion])
        alone = make_mesh(*bodies(alone_batch, frames[clip : clip + 1]))
        mine = mesh.picture // 2 == clip
        torch.testing.assert_close(_corners(mesh)[mine], _corners(alone))
        persons, bones = motion.joints.shape[1], len(motion.topology.bones)
        expected = 2 * persons * (BALLS * len(motion.topology) + CAPSULES * bones)
        assert int(mine.sum()) == expected


def _corners(mesh: Mesh) -> torch.Tensor:  # [F, 3, 6]
    return torch.cat([mesh.vertices, mesh.rgb], -1)[mesh.triangles.long()]


def test_a_missing_joint_takes_its_bones_along_and_moves_nothing_else() -> None:
    motion = make_waving_motion(KINECT_V2, 4)
    confidence = motion.confidence.copy()
    elbow = KINECT_V2.index("left_elbow")
    confidence[:, :, elbow] = 0
    frames = torch.tensor([[0, 2]])
    whole = make_mesh(*bodies(MotionBatch.from_motions([motion]), frames))
    holed = replace(motion, confidence=confidence)
    mesh = make_mesh(*bodies(MotionBatch.from_motions([holed]), frames))
    touching = sum(elbow in bone for bone in KINECT_V2.bones)
    assert len(whole.triangles) - len(mesh.triangles) == 2 * (BALLS + touching * CAPSULES)
    assert mesh.vertices.isfinite().all()


@pytest.mark.parametrize("name", ["points", "radius", "rgb", "opacity"])
def test_gradients_are_those_of_finite_differences(name: str) -> None:
    figure = rod([0.1, 0.2, 2.0], [0.5, -0.3, 2.4])
    weights = torch.rand(2 * 34 + 58, 6, generator=torch.Generator().manual_seed(0)).double()

    def shape(value: torch.Tensor) -> torch.Tensor:
        changed = replace(figure.gaussians, **{name: value})
        mesh = make_mesh([replace(figure, gaussians=changed)], one_camera())
        # A sphere's axis turns with the camera without a gradient: a sphere turned is itself.
        own = mesh.vertices[68:] if name == "points" else mesh.vertices
        light = mesh.rgb[68:] if name == "points" else mesh.rgb
        return (torch.cat([own, light], -1) * weights[-len(own) :]).sum()

    value = getattr(figure.gaussians, name).clone().requires_grad_()
    assert torch.autograd.gradcheck(shape, [value], atol=1e-6)


def test_learnable_parameters_receive_gradients() -> None:
    formula = BodyFormula(DrActionConfig())
    batch = MotionBatch.from_motions([make_waving_motion(KINECT_V2, 4)])
    camera = make_sensor_camera(batch, 112, mirrored=False)
    mesh = make_mesh(formula.figures(batch, torch.tensor([[0, 2]]), camera), camera)
    (mesh.vertices.square().sum() + mesh.rgb.square().sum()).backward()
    for name, parameter in formula.appearance.named_parameters():
        if name.startswith("motion.") or name in ("halos.width", "halos.strength"):
            continue  # streaks and rims are no solids
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.abs().sum() > 0, name
