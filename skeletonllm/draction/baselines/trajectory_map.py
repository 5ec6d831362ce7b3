"""Joint-trajectory maps: where every joint has been, coloured by when and how fast.

After Wang et al., "Action Recognition Based on Joint Trajectory Maps Using Convolutional Neural
Networks", ACM Multimedia 2016: hue runs with time, saturation and brightness with speed.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from skeletonllm.draction.baselines.base import FixedRenderer, ProjectedPoints, Scene, Strokes
from skeletonllm.draction.scene.tracks import Tracks, gather_tracks

PATH, DOT = 0.004, 0.011
"""Body metres, standard deviations of a path and of the joints' present places."""
FASTEST = 2.0
"""Body metres a second from which a path is drawn at full saturation and brightness, as of a
fast hand."""
DULLEST = 0.3
"""Saturation and brightness of what does not move, of 1; at 0 it would be black, hence absent."""
FIRST_HUE = 2 / 3
"""Blue at the beginning of a clip; red, 0, at its end."""


class TrajectoryMap(FixedRenderer):
    """Each frame shows the paths of all joints from the start of the clip up to that frame.

    A hue means the same moment of the clip in all its frames, so the last frame of a clip is the
    published map. Joints are dots where they are now, and what is newer covers what is older: with
    depth for an order, the present would hide in its own past. No bones are drawn.
    """

    def strokes(self, scene: Scene, clips: list[int]) -> Strokes:
        """See :meth:`FixedRenderer.strokes`: paths, then dots."""
        lengths = torch.tensor([shape[0] for shape in scene.batch.shapes])
        lengths = lengths.to(scene.frames.device)
        every = torch.arange(int(lengths[clips].max()), device=lengths.device)
        whole = torch.minimum(every, lengths[:, None] - 1)  # [B, L]; short clips stand still
        tracks = gather_tracks(scene.batch, clips, whole, per_second=True)
        clip = tracks.camera[:, 0]
        hue = _choose_hue(every, lengths[clip])
        vividness = _measure_vividness(tracks, scene.extents.scale[clip])
        joints = scene.project(tracks.joints, tracks)
        history = _History(joints, hue, vividness, scene.frames[clip], clip)
        return Strokes.cat([history.paths(), history.dots()])


@dataclass(frozen=True, eq=False)
class _History:
    """All L frames of S persons, and the T of them that are shown."""

    joints: ProjectedPoints  # [S, L, J]
    hue: Tensor  # [S, L]
    vividness: Tensor  # [S, L, J]
    now: Tensor  # int64 [S, T], frames that are shown
    clip: Tensor  # int64 [S]

    def paths(self) -> Strokes:
        """Step k leads from frame k to k + 1, and is in every picture from then on."""
        pixels, drawn = self.joints.pixels, self.joints.drawn
        step = torch.arange(pixels.shape[1] - 1, device=pixels.device)
        past = step < self.now[..., None]  # [S, T, L - 1]
        whole = drawn[:, 1:] & drawn[:, :-1]
        person, frame, at, joint = (past[..., None] & whole[:, None]).nonzero().unbind(-1)
        both = torch.stack([at, at + 1], -1)  # [N, 2]
        who, which = person[:, None], joint[:, None]
        vividness = self.vividness[person, at, joint]
        return Strokes.from_fields(
            pixels[who, both, which],
            order=-both,
            radius=PATH * self.joints.per_metre[who, both, which],
            rgb=hsv_to_rgb(self.hue[person, at], vividness, vividness)[:, None],
            drawn=torch.ones_like(at, dtype=torch.bool),
            picture=self._picture_indices()[person, frame],
        )

    def dots(self) -> Strokes:
        """Where the joints are now, in front of all paths."""
        person = torch.arange(len(self.now), device=self.now.device)[:, None]
        pixels = self.joints.pixels[person, self.now]  # [S, T, J, 2]
        hue = self.hue[person, self.now]  # [S, T]
        full = torch.ones_like(hue)
        return Strokes.from_fields(
            pixels[..., None, :].expand(*pixels.shape[:-1], 2, 2),
            order=-self.now.new_full((1,), self.joints.pixels.shape[1]),
            radius=DOT * self.joints.per_metre[person, self.now][..., None],
            rgb=hsv_to_rgb(hue, full, full)[..., None, None, :],
            drawn=self.joints.drawn[person, self.now],
            picture=self._picture_indices()[..., None],
        )

    def _picture_indices(self) -> Tensor:  # int64 [S, T]
        count = self.now.shape[1]
        return self.clip[:, None] * count + torch.arange(count, device=self.clip.device)


def _choose_hue(frame: Tensor, lengths: Tensor) -> Tensor:  # [S, L]
    """By the moment within clips of ``lengths`` [S] frames."""
    when = frame / (lengths[:, None] - 1).clamp_min(1)
    return FIRST_HUE * (1 - when).clamp_min(0.0)


def _measure_vividness(tracks: Tracks, scale: Tensor) -> Tensor:  # [S, L, J]
    """By the speed in body metres a second, of which ``scale`` [S] are the clip's units."""
    speed = tracks.velocities.norm(dim=-1) / scale[:, None, None]
    return DULLEST + (1 - DULLEST) * (speed / FASTEST).clamp(0.0, 1.0)


def hsv_to_rgb(hue: Tensor, saturation: Tensor, value: Tensor) -> Tensor:
    """Red, green and blue [..., 3] in 0..1.

    Args:
        hue: [...] in 0..1; 0 is red, 1/3 green, 2/3 blue.
        saturation: [...] in 0..1.
        value: [...] in 0..1.

    Example:
        >>> hsv_to_rgb(torch.tensor(1 / 3), torch.tensor(1.0), torch.tensor(0.5))
        tensor([0.0000, 0.5000, 0.0000])
    """
    sector = (hue[..., None] * 6 + hue.new_tensor([5.0, 3.0, 1.0])) % 6
    missing = torch.minimum(sector, 4 - sector).clamp(0.0, 1.0)
    return value[..., None] * (1 - saturation[..., None] * missing)
