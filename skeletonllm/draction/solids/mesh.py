"""Mesh: bodies as closed surfaces, a sphere for each joint and a capsule for each bone.

Splat engines draw Gaussians one by one; a mesh needs to know which of them make a bone, so it
starts from :class:`skeletonllm.draction.gaussians.formula.Figure`. Every solid is a surface of
revolution: rings of ``SIDES`` vertices around an axis between two poles. It takes from its
Gaussians

- its radius: where the optical depth of a dense row of opaque Gaussians falls to one half, 1.8
  standard deviations. That is about the edge an eye sees in the splatted picture; it does not
  depend on the opacity, so that brightness is learnt apart from shape;
- its colour, times how much such a row of its own opacity covers, ``1 - exp(-sqrt(2 pi) opacity)``.
  So opacity and the saliency gate still act, and learn; but a faint part is dark, not transparent;
- its brightness from a light at the camera, without which a solid of one colour is a flat patch.

All of it is differentiable in joints, radii, colours, opacities and camera.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

import torch
from torch import Tensor

from skeletonllm.draction.gaussians.formula import Figure
from skeletonllm.draction.gaussians.primitives import Primitives
from skeletonllm.draction.gaussians.sharpness import ROUND_EDGE
from skeletonllm.draction.scene.camera import Camera
from skeletonllm.draction.splatting import Gaussians

SIDES = 8
"""Corners of a ring."""
RINGS = 4
"""Of a bone between its two joints, at most; more triangles than pixels spoil antialiasing."""
SPHERE = (-90, -54, -18, 18, 54, 90)
"""Degrees of latitude of a sphere's rings, its poles included: 64 triangles."""
CAPSULE_END = (90, 45, 0)
"""The same of a capsule's ends, from the pole inwards."""
POLYGON = math.sqrt((2 * math.pi / SIDES) / math.sin(2 * math.pi / SIDES))
"""A polygon of SIDES corners on a circle this much wider has the area of the circle."""
ROW_DEPTH = math.sqrt(2 * math.pi)
"""Optical depth through a row of Gaussians one standard deviation apart, in opacities of one."""
AMBIENT = 0.5
"""Brightness of a surface seen edge-on; one that faces the camera has 1. At 0 outlines would
fade into the background."""
SHORTEST = 0.05
"""Radii; a bone shorter than this has no direction and stands upright."""


@dataclass(frozen=True, eq=False)
class Mesh:
    """Triangles of any number of pictures, flat; closed surfaces whose triangles share vertices.

    Args:
        vertices: [V, 3] in camera coordinates.
        triangles: int32 [F, 3], vertices of each, ordered by picture.
        rgb: [V, 3] in 0..1.
        camera: int64 [V].
        picture: int64 [F], ascending.
    """

    vertices: Tensor
    triangles: Tensor
    rgb: Tensor
    camera: Tensor
    picture: Tensor


def make_mesh(figures: Sequence[Figure], camera: Camera) -> Mesh:
    """Spheres and capsules of all bodies of a batch; no loop over clips or frames.

    What is not drawn of a figure is absent: a sphere with its joint, a capsule with either of its
    joints (so a bone that the near plane cuts disappears, where splats show a part of it).

    Args:
        figures: See :meth:`skeletonllm.draction.gaussians.formula.Formula.figures`; at least one.
        camera: All cameras.

    Example:
        >>> mesh = make_mesh(formula.figures(batch, frames, camera), camera)  # doctest: +SKIP
        >>> mesh.triangles.shape  # one Kinect body: 25 spheres and 24 capsules  # doctest: +SKIP
        torch.Size([4672, 3])
    """
    parts = []
    for figure in figures:
        parts.append(_revolve(_make_spheres(figure, camera), camera))
        parts.append(_revolve(_make_capsules(figure), camera))
    return _join_meshes(parts)


@dataclass(frozen=True, eq=False)
class _Solids:
    """N surfaces of revolution with R rings each, the first and the last one poles."""

    gaussians: Gaussians
    centre: Tensor  # int64 [N, R], the Gaussian in the middle of each ring
    source: Tensor  # int64 [N, R], the Gaussian it takes radius and colour from
    latitude: Tensor  # [R] radians, how a ring's normals tilt towards the axis
    axis: Tensor  # [N, 3]


def _make_spheres(figure: Figure, camera: Camera) -> _Solids:
    """A sphere for each joint that is drawn; its pole faces the camera."""
    joints = figure.shapes.blend.shape[1]
    drawn = figure.drawn[..., :joints]
    rows = _flat_rows(figure.drawn)[..., :joints][drawn][:, None].expand(-1, len(SPHERE))
    gaussians = figure.gaussians
    middle = rows[:, 0]
    toward = _view_direction(gaussians.points[middle].detach(), gaussians.camera[middle], camera)
    return _Solids(gaussians, rows, rows, _radians(SPHERE, gaussians.points), toward)


def _make_capsules(figure: Figure) -> _Solids:
    """A capsule for each bone with both of its joints."""
    centre, source = _bone_rings(figure.shapes)  # [bones, R]
    drawn, rows, gaussians = figure.drawn, _flat_rows(figure.drawn), figure.gaussians
    whole = (drawn[..., centre] & drawn[..., source]).all(-1)  # [S, T, bones]
    centre, source = rows[..., centre][whole], rows[..., source][whole]
    start, end = gaussians.points[centre[:, 0]], gaussians.points[centre[:, -1]]
    shortest = SHORTEST * gaussians.radius[source[:, 0]].detach()
    inside = [0] * (centre.shape[1] - 2 * len(CAPSULE_END))
    degrees = [-angle for angle in CAPSULE_END] + inside + list(reversed(CAPSULE_END))
    latitude = _radians(degrees, gaussians.points)
    return _Solids(gaussians, centre, source, latitude, _unit_direction(end - start, shortest))


@lru_cache(maxsize=256)
def _bone_rings(shapes: Primitives) -> tuple[Tensor, Tensor]:
    """Which of K Gaussians the rings of each bone sit at and look like, int64 [bones, R] each."""
    blend = shapes.blend[shapes.is_bone].cpu()  # [K - J, J]
    pairs = (tuple(row.nonzero()[:, 0].tolist()) for row in blend)
    counts = [len(list(group)) for _, group in groupby(pairs)]
    rings = min(RINGS, max(counts, default=0))
    centre, source, first = [], [], 0
    for count in counts:
        at = torch.linspace(0, count - 1, rings).round().long() + first
        a = int(blend[first].argmax())
        b = int(torch.where(torch.arange(blend.shape[1]) == a, -1.0, blend[first]).argmax())
        ring = (at + blend.shape[1]).tolist()
        centre.append([a] * len(CAPSULE_END) + ring + [b] * len(CAPSULE_END))
        source.append(ring[:1] * len(CAPSULE_END) + ring + ring[-1:] * len(CAPSULE_END))
        first += count
    shape = len(counts), rings + 2 * len(CAPSULE_END)
    device = shapes.blend.device
    both = (torch.tensor(rows, dtype=torch.int64, device=device) for rows in (centre, source))
    centres, sources = (rows.view(shape) for rows in both)
    return centres, sources


def _flat_rows(drawn: Tensor) -> Tensor:  # int64 [S, T, K]
    """Where each drawn Gaussian stands in the flat ones."""
    return (drawn.flatten().cumsum(0) - 1).view(drawn.shape)


def _revolve(solids: _Solids, camera: Camera) -> Mesh:
    """Turn solids into triangles."""
    gaussians, count = solids.gaussians, len(solids.centre)
    tilt = solids.latitude[:, None, None]
    around = _circle_around(solids.axis)[:, None]  # [N, 1, SIDES, 3]
    normal = tilt.sin() * solids.axis[:, None, None] + tilt.cos() * around  # [N, R, SIDES, 3]
    radius = (POLYGON * ROUND_EDGE * gaussians.radius)[solids.source]
    points = gaussians.points[solids.centre][:, :, None] + radius[..., None, None] * normal
    vertices, normals = _merge_poles(points), _merge_poles(normal)  # [N, V, 3]
    eye = gaussians.camera[solids.centre[:, 0]]  # [N]
    cover = -torch.expm1(-ROW_DEPTH * gaussians.opacity)
    rgb = (gaussians.rgb * cover[:, None])[solids.source]  # [N, R, 3]
    facing = (normals * _view_direction(vertices, eye[:, None], camera)).sum(-1).clamp_min(0.0)
    light = AMBIENT + (1 - AMBIENT) * facing
    shaded = _merge_poles(rgb[:, :, None].expand(-1, -1, SIDES, -1)) * light[..., None]
    faces = _triangulate(len(solids.latitude)).to(eye.device)  # [F, 3]
    each = vertices.shape[1]
    triangles = faces + each * torch.arange(count, device=eye.device)[:, None, None]
    return Mesh(
        vertices=vertices.flatten(0, 1),
        triangles=triangles.flatten(0, 1),
        rgb=shaded.flatten(0, 1),
        camera=eye.repeat_interleave(each),
        picture=gaussians.picture[solids.centre[:, 0]].repeat_interleave(len(faces)),
    )


def _merge_poles(rings: Tensor) -> Tensor:  # [N, 2 + (R - 2) * SIDES, 3]
    """One vertex for each pole, all for the rings between, from [N, R, SIDES, 3]."""
    return torch.cat([rings[:, 0, :1], rings[:, 1:-1].flatten(1, 2), rings[:, -1, :1]], 1)


@lru_cache(maxsize=16)
def _triangulate(rings: int) -> Tensor:  # int64 [2 * SIDES * (rings - 2), 3]
    """Triangles over the vertices of :func:`_merge_poles`."""
    side = torch.arange(SIDES)
    after, last = (side + 1) % SIDES, 1 + (rings - 2) * SIDES
    parts = [torch.stack([torch.zeros_like(side), 1 + after, 1 + side], -1)]
    for ring in range(rings - 3):
        low = 1 + ring * SIDES
        a, b, c, d = low + side, low + after, low + SIDES + side, low + SIDES + after
        parts += [torch.stack([a, b, c], -1), torch.stack([b, d, c], -1)]
    low = last - SIDES
    parts.append(torch.stack([low + side, low + after, torch.full_like(side, last)], -1))
    return torch.cat(parts)


def _join_meshes(parts: list[Mesh]) -> Mesh:
    """One mesh, its triangles by picture."""
    triangles, vertices = [], 0
    for part in parts:
        triangles.append(part.triangles + vertices)
        vertices += len(part.vertices)
    picture = torch.cat([part.picture for part in parts])
    order = picture.argsort(stable=True)
    return Mesh(
        vertices=torch.cat([part.vertices for part in parts]),
        triangles=torch.cat(triangles)[order].int(),
        rgb=torch.cat([part.rgb for part in parts]),
        camera=torch.cat([part.camera for part in parts]),
        picture=picture[order],
    )


def _view_direction(points: Tensor, index: Tensor, camera: Camera) -> Tensor:
    """Unit vectors [..., 3] from points [..., 3] to the camera ``index`` that sees them."""
    flat = camera.orthographic[index][..., None]
    ahead = points.new_tensor([0.0, 0.0, 1.0]).expand_as(points)
    return -torch.nn.functional.normalize(torch.where(flat, ahead, points), dim=-1)


def _unit_direction(bone: Tensor, shortest: Tensor) -> Tensor:  # [N, 3]
    """Unit vectors; upright, without a gradient, where a bone [N, 3] is too short to have one."""
    square = bone.square().sum(-1, keepdim=True)
    short = square < shortest[:, None].square()
    upright = bone.new_tensor([0.0, 1.0, 0.0]).expand_as(bone)
    return torch.where(short, upright, bone * torch.where(short, 1.0, square).rsqrt())


def _circle_around(axis: Tensor) -> Tensor:
    """SIDES unit vectors [N, SIDES, 3] around unit vectors [N, 3].

    The two that span the circle follow Duff et al., "Building an Orthonormal Basis, Revisited"
    (JCGT 2017): there is no axis at which it divides by zero.
    """
    x, y, z = axis.unbind(-1)
    sign = torch.where(z < 0, -1.0, 1.0).to(z.dtype)
    a = -1 / (sign + z)
    b = x * y * a
    first = torch.stack([1 + sign * x * x * a, sign * b, -sign * x], -1)
    second = torch.stack([b, sign + y * y * a, -y], -1)
    turn = torch.arange(SIDES, device=axis.device, dtype=axis.dtype)[:, None] * (
        2 * math.pi / SIDES
    )
    return turn.cos() * first[:, None] + turn.sin() * second[:, None]


def _radians(degrees: Sequence[int], like: Tensor) -> Tensor:
    return torch.deg2rad(torch.tensor(degrees, dtype=like.dtype, device=like.device))
