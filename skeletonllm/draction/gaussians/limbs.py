"""Limbs: the Gaussians of joints and bones, which every body has."""

from __future__ import annotations

import torch
from torch import Tensor

from skeletonllm.draction.gaussians.appearance import (
    BodyAppearance,
    MotionFeatures,
    StaticAppearance,
    measure_limb_angles,
)
from skeletonllm.draction.gaussians.bodies import THINNEST, Bodies
from skeletonllm.draction.gaussians.primitives import Primitives
from skeletonllm.draction.splatting import Gaussians


def make_limbs(
    appearance: BodyAppearance, static: StaticAppearance, shapes: Primitives, bodies: Bodies
) -> tuple[Gaussians, Tensor]:
    """All Gaussians of the limbs, dense [S, T, K, ...], and which are drawn, bool [S, T, K].

    Everything is computed densely and what is drawn is picked once, later: an index in between
    costs a pass over the data forward and another one backward.

    Args:
        appearance: Gives colour and opacity.
        static: What of it does not depend on motion.
        shapes: K Gaussians of the skeleton.
        bodies: S persons over T frames.
    """
    features, points = _measure_motion(shapes, bodies)
    # A count of missing joints by one matrix product: [S, T, J] @ [J, K].
    missing = (~bodies.tracks.observed).to(points.dtype) @ shapes.needs.to(points.dtype).T
    shading = appearance(static, features)
    limbs = bodies.make_gaussians(
        points,
        radius=static.radius,
        stretch=shapes.along @ bodies.joints,
        rgb=shading.rgb,
        opacity=shading.opacity,
        thinnest=THINNEST if appearance.sharp is not None else 0.0,
    )
    return limbs, (missing == 0) & bodies.find_in_front(points)


def _measure_motion(shapes: Primitives, bodies: Bodies) -> tuple[MotionFeatures, Tensor]:
    """How the Gaussians move, and where they are, [S, T, K, 3]."""
    scale = bodies.scale[..., None]
    angles = measure_limb_angles(bodies.joints / scale, bodies.tracks.observed, shapes.neighbours)
    blended = shapes.blend @ torch.cat([bodies.joints, bodies.velocity, angles[..., None]], -1)
    points, velocity, angle = blended[..., :3], blended[..., 3:6], blended[..., 6]  # [S, T, K, ...]
    features = MotionFeatures(
        position=(points - bodies.centre) / scale,
        velocity=velocity / scale,
        depth=_normalize_depth(points[..., 2], bodies),
        angle=angle,
        has_depth=~bodies.flat[:, 0, 0],
    )
    return features, points


def _normalize_depth(depth: Tensor, bodies: Bodies) -> Tensor:
    """Depth as 0 (nearest of the clip) .. 1; less than a body metre is not spread to the full."""
    # A person who turns on the spot is 0.4 m deep. Spread to the full, that would get the colours
    # of someone who walks through the room.
    span = torch.maximum(bodies.high - bodies.low, bodies.scale)
    return ((depth - (bodies.low + bodies.high) / 2) / span + 0.5).clamp(0.0, 1.0)
