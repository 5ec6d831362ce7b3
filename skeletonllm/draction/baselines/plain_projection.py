"""A plain 2D projection: what a skeleton viewer shows."""

from __future__ import annotations

import torch

from skeletonllm.draction.baselines.base import THINNEST, FixedRenderer, Scene, Strokes, list_bones
from skeletonllm.draction.scene.tracks import gather_tracks

LINE = 0.005
"""Body metres, standard deviation of a line."""
DOT = 2.0
"""Deviation of a joint's dot, in those of a line: it shows also in a straight limb."""


class PlainProjection(FixedRenderer):
    """White lines of one thickness and a dot a joint, on black: no depth, no side, no motion.

    Near and far are as thick as the farthest joint of the clip would be. All is white, so it does
    not matter what lies in front.
    """

    def strokes(self, scene: Scene, clips: list[int]) -> Strokes:
        """See :meth:`FixedRenderer.strokes`: bones, then joints."""
        tracks = gather_tracks(scene.batch, clips, scene.frames, per_second=True)
        joints, ends = scene.project(tracks.joints, tracks), list_bones(scene, clips)
        clip = tracks.camera[:, 0]
        far = torch.where(scene.camera.orthographic, 1.0, scene.extents.high.clamp_min(1e-6))
        per_metre = scene.camera.k[:, 1, 1] * scene.extents.scale / far
        width = (LINE * per_metre).clamp_min(THINNEST)[clip][:, None, None, None]  # [S, 1, 1, 1]
        white, picture = width.new_ones(3), tracks.picture[..., None]
        order = torch.zeros_like(width)
        lines = Strokes.from_fields(
            joints.pixels[:, :, ends],  # [S, T, bones, 2, 2]
            order=order,
            radius=width,
            rgb=white,
            drawn=joints.drawn[:, :, ends].all(-1),
            picture=picture,
        )
        dots = Strokes.from_fields(
            joints.pixels[..., None, :].expand(*joints.pixels.shape[:-1], 2, 2),
            order=order,
            radius=DOT * width,
            rgb=white,
            drawn=joints.drawn,
            picture=picture,
        )
        return Strokes.cat([lines, dots])
