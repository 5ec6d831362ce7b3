"""The mesh engine: bodies as antialiased solids, drawn by nvdiffrast on an NVIDIA GPU.

Laine et al., "Modular Primitives for High-Performance Differentiable Rendering" (2020),
https://nvlabs.github.io/nvdiffrast. It is optional: its licence is for research and evaluation
only, and it is built from source with the CUDA toolkit. One call draws a whole batch: all pictures'
triangles in one list, a range of it for each picture ("range mode").

What a picture shows inside its outlines is differentiated by ``rasterize`` and ``interpolate``;
that an outline moves, by ``antialias`` alone.

nvdiffrast 0.4.0 has drawn with it on an H100 (docs/RENDERERS.md). In CI our side (geometry, clip
coordinates, ranges, dtypes) is tested against a stand-in in software that keeps nvdiffrast's
documented conventions.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Any

import torch
from torch import Tensor

from skeletonllm.draction.gaussians.formula import Figure
from skeletonllm.draction.scene.camera import Camera
from skeletonllm.draction.solids.mesh import Mesh, make_mesh
from skeletonllm.errors import RenderError

HINT = (
    "Take engine 'auto', which splats Gaussians on any device. nvdiffrast is built from source and "
    "needs an NVIDIA GPU and the CUDA toolkit: pip install setuptools wheel ninja && "
    "pip install git+https://github.com/NVlabs/nvdiffrast.git --no-build-isolation "
    "(its licence: research and evaluation only)."
)
MARGIN = 0.01
"""How much the depth range is wider than what lies in it: on the edge a vertex may be clipped."""
DEEPEST = 1e-3
"""Nearest over farthest depth; what is nearer is clipped, so that depths stay apart in float32."""


def is_available() -> bool:
    """Whether nvdiffrast and a CUDA device are at hand."""
    try:
        load_nvdiffrast("cuda")
    except RenderError:
        return False
    return True


def load_nvdiffrast(device: str) -> Any:
    """The module ``nvdiffrast.torch``, for tensors on ``device``.

    Raises:
        RenderError: nvdiffrast is not installed, or the device is not CUDA.
    """
    if not device.startswith("cuda") or not torch.cuda.is_available():
        raise RenderError(
            f"tensors on {device!r}" if torch.cuda.is_available() else "no CUDA device",
            expected="an NVIDIA GPU for engine 'nvdiffrast_mesh'",
            hint=HINT,
        )
    try:
        return import_module("nvdiffrast.torch")
    except ImportError as error:
        raise RenderError(
            f"nvdiffrast cannot be imported ({error})",
            expected="nvdiffrast for engine 'nvdiffrast_mesh'",
            hint=HINT,
        ) from error


def draw_figures(
    figures: Sequence[Figure],
    camera: Camera,
    *,
    pictures: int,
    size: int,
    library: Any = None,
) -> Tensor:
    """Pictures [pictures, 3, size, size] of bodies as solids, on black.

    Args:
        figures: See :meth:`skeletonllm.draction.gaussians.formula.Formula.figures`.
        camera: All cameras.
        pictures: How many pictures there are.
        size: Height and width.
        library: What to draw with instead of nvdiffrast; for tests.

    Raises:
        RenderError: See :func:`load_nvdiffrast`.
    """
    mesh = make_mesh(figures, camera)
    return draw_mesh(mesh, camera, pictures=pictures, size=size, library=library)


def draw_mesh(
    mesh: Mesh, camera: Camera, *, pictures: int, size: int, library: Any = None
) -> Tensor:
    """Pictures [pictures, 3, size, size] of a mesh, on black.

    Args:
        mesh: Triangles of all pictures.
        camera: All cameras.
        pictures: How many pictures there are.
        size: Height and width.
        library: What to draw with instead of nvdiffrast; for tests.

    Raises:
        RenderError: See :func:`load_nvdiffrast`.
    """
    if library is None:
        library = load_nvdiffrast(str(mesh.vertices.device))
    if not len(mesh.triangles):
        # nvdiffrast refuses an empty list. The sum of nothing keeps the pictures in the graph.
        return mesh.rgb.new_zeros(pictures, 3, size, size) + mesh.rgb.sum()
    corners = to_clip_space(mesh, camera, size).float().contiguous()  # [V, 4]
    rgb, triangles = mesh.rgb.float().contiguous(), mesh.triangles.contiguous()
    counts = torch.bincount(mesh.picture, minlength=pictures)
    ranges = torch.stack([counts.cumsum(0) - counts, counts], -1).int().cpu()
    context = _make_context(library, str(corners.device))
    hits, _ = library.rasterize(
        context, corners, triangles, (size, size), ranges=ranges, grad_db=False
    )  # [pictures, size, size, 4]
    colours, _ = library.interpolate(rgb, hits, triangles)  # [pictures, size, size, 3]
    smooth: Tensor = library.antialias(colours, hits, corners, triangles)
    return smooth.clamp(0.0, 1.0).permute(0, 3, 1, 2).contiguous()


def to_clip_space(mesh: Mesh, camera: Camera, size: int) -> Tensor:
    """Vertices in clip coordinates, [V, 4]: x, y, z between -w and w, w their depth.

    The same projection as :func:`skeletonllm.draction.splatting.project_gaussians`. Row 0 of
    nvdiffrast's pictures is y = -w (OpenGL's bottom); ours is the top row. Both hold when y grows
    downwards with v, so nothing is flipped. Pixel i of n lies at (2 i + 1) / n - 1.

    Args:
        mesh: V vertices in camera coordinates.
        camera: All cameras.
        size: Height and width of a picture.
    """
    x, y, z = mesh.vertices.unbind(-1)
    lens = torch.stack([camera.k[:, i, j] for i, j in ((0, 0), (1, 1), (0, 2), (1, 2))], -1)
    fx, fy, cx, cy = lens[mesh.camera].unbind(-1)
    fx, flat = fx if camera.mirrored else -fx, camera.orthographic[mesh.camera]
    w = torch.where(flat, 1.0, z)
    across, down = cx * w + fx * x, cy * w - fy * y  # pixels times w
    return torch.stack(
        [
            (2 * across + w) / size - w,
            (2 * down + w) / size - w,
            _clip_depth(z, mesh.camera, flat, len(camera)),
            w,
        ],
        -1,
    )


@torch.no_grad()
def _clip_depth(z: Tensor, camera: Tensor, flat: Tensor, cameras: int) -> Tensor:  # [V]
    """Depth between -w and w over what each camera sees; affine, as perspective asks for.

    It only orders: nvdiffrast gives it no gradient.
    """
    none = z.new_zeros(cameras)
    low, high = (
        none.scatter_reduce(0, camera, z, how, include_self=False) for how in ("amin", "amax")
    )
    low, high = low[camera], high[camera]
    near, far = torch.maximum(low * (1 - MARGIN), high * DEEPEST), high * (1 + MARGIN)
    deep = ((far + near) * z - 2 * far * near) / (far - near)
    shallow = (2 * z - low - high) / ((high - low) * (1 + MARGIN))
    return torch.where(flat, shallow, deep)


@cache
def _make_context(library: Any, device: str) -> Any:
    """A context of nvdiffrast; cached, since making one is slow."""
    return library.RasterizeCudaContext(device=device)
