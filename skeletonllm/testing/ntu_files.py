"""NTU RGB+D files of bodies that come, go and trade places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from skeletonllm.clip import Clip
from skeletonllm.corpora import get_reader, read_clips

Body = npt.NDArray[np.float64]
"""Positions [T, 25, 3], metres."""

FILE_NAME = "S001C001P001R001A050.skeleton"
"""A name that the corpus could have: its action is for two persons."""


def make_body(frames: int, x: float = 0.0, *, step: float = 0.01, wide: bool = False) -> Body:
    """A body [frames, 25, 3] in metres that moves along all axes at one speed.

    Args:
        frames: How many.
        x: Where it starts.
        step: Metres a frame.
        wide: Wider than high: the published recipes take such a body for an object.
    """
    joints = np.zeros((frames, 25, 3))
    joints[..., 0] = np.linspace(0, 2.0 if wide else 0.3, 25) + x
    joints[..., 1] = np.linspace(-0.9, 0.8, 25)
    joints[..., 2] = 3.1
    joints += np.arange(frames)[:, None, None] * step
    return joints


def write_scene(
    path: Path, frames: int, bodies: Mapping[str, tuple[Sequence[int], Body]], order: str = ""
) -> Path:
    """Write a ``.skeleton`` file, and give its path.

    Args:
        path: Where to.
        frames: How many it has.
        bodies: By a letter each, whose code is the id: the frames it is in, and its positions
            there.
        order: Letters as they stand in a frame; as in ``bodies`` if empty.
    """
    lines = [str(frames)]
    for frame in range(frames):
        there = [name for name in order or bodies if frame in bodies[name][0]]
        lines.append(str(len(there)))
        for name in there:
            when, joints = bodies[name]
            lines += [f"{ord(name)} 0 1 1 1 1 0 0.1 -0.2 2", "25"]
            lines += [_line(xyz) for xyz in joints[list(when).index(frame)].tolist()]
    path.write_text("\n".join([*lines, ""]))
    return path


def write_random_scene(path: Path, seed: int) -> Path:
    """Write up to five bodies with gaps, in any order, some wide, brief or at zero; give the path.

    Args:
        path: Where to.
        seed: Says which bodies; some frames are empty.
    """
    rng = np.random.default_rng(seed)
    frames = int(rng.integers(3, 100))
    empty = set(rng.choice(frames, int(rng.integers(0, frames // 4 + 1)), replace=False).tolist())
    bodies: dict[str, tuple[Sequence[int], Body]] = {}
    for name in "abcde"[: rng.integers(1, 6)]:
        first, last = sorted(rng.integers(0, frames, 2).tolist())
        hold = rng.random(frames) < rng.choice([0.8, 1.0])
        when = [t for t in range(first, last + 1) if hold[t] and t not in empty]
        joints = make_body(len(when), rng.uniform(-1, 1), step=float(rng.choice([0, 0.01, 0.05])))
        joints += rng.normal(0, 0.05, joints.shape)
        wide = rng.random(len(when)) < rng.choice([0.0, 0.0, 0.1, 0.5, 0.9])
        joints[wide, :, 0] *= 20
        joints[rng.random(len(when)) < rng.choice([0.0, 0.0, 0.1])] = 0
        if when:
            bodies[name] = (when, joints)
    order = "".join(rng.permutation(list(bodies)).tolist())
    return write_scene(path, frames, bodies, order)


def read_scene(path: Path) -> Clip:
    """The clip of a ``.skeleton`` file, before any normalization."""
    reader = get_reader("ntu_rgbd")
    (source,) = reader.sources(str(path))
    (clip,), rejects = read_clips(reader, source)
    assert not rejects
    return clip


def _line(xyz: Sequence[float]) -> str:
    return f"{xyz[0]:.7g} {xyz[1]:.7g} {xyz[2]:.7g} 1 2 3 4 1 0 0 0 2"
