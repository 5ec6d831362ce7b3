"""A plain 2D projection: the picture of a skeleton that everyone draws."""

from __future__ import annotations

import torch

from skeletonllm.draction.baselines.base import FixedRenderer, Scene, Strokes, bones
from skeletonllm.draction.tracks import gather

LINE, DOT = 0.005, 0.012
"""Body metres, standard deviations of lines and joints."""


class PlainProjection(FixedRenderer):
    """White lines of one thickness and a dot a joint, on black: no depth, no side, no motion.

    Thickness is that of the clip's middle for near and far alike. All is white, so it does not
    matter what lies in front.
    """

    def strokes(self, scene: Scene, clips: list[int]) -> Strokes:
        """Bones, then joints."""
        tracks = gather(scene.batch, clips, scene.frames, per_second=True)
        seen, ends = scene.see(tracks.joints, tracks), bones(scene, clips)
        clip = tracks.camera[:, 0]
        middle = torch.where(scene.camera.orthographic, 1.0, scene.around.centre[:, 2])
        metre = scene.camera.k[:, 1, 1] * scene.around.scale / middle.clamp_min(1e-6)
        metre = metre[clip][:, None, None, None]  # [S, 1, 1, 1]
        white, picture = metre.new_ones(3), tracks.picture[..., None]
        order = torch.zeros_like(metre)
        lines = Strokes.of(
            seen.place[:, :, ends],  # [S, T, bones, 2, 2]
            order=order,
            radius=LINE * metre,
            rgb=white,
            drawn=seen.drawn[:, :, ends].all(-1),
            picture=picture,
        )
        dots = Strokes.of(
            seen.place[..., None, :].expand(*seen.place.shape[:-1], 2, 2),
            order=order,
            radius=DOT * metre,
            rgb=white,
            drawn=seen.drawn,
            picture=picture,
        )
        return Strokes.cat([lines, dots])
