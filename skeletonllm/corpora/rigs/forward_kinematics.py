"""Forward kinematics: from the angles of a rig to where its joints are, all frames at once.

A chain is a tuple of links, parents first. The loop runs over links only; what it touches are
arrays over time, [4, T] quaternions and [3, T] positions, so that a frame costs a few multiply-adds
a link. :mod:`benchmarks.ingest.forward_kinematics` measures it against a loop over frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skeletonllm.corpora.toolkit.validation import Raw, check_size
from skeletonllm.errors import SourceError

Vector = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]

AXES = "xyz"

MAX_LINKS = 1024
"""Most joints of a rig, end sites included; real ones have at most a few hundred."""

MAX_PLACES = 4 << 20
"""Most joint positions (T x J) of one rig: 18 minutes of 32 joints at 120 frames a second. A place
takes about 150 bytes while it is worked out."""


@dataclass(frozen=True)
class Link:
    """A joint, how it sits on its parent, and which columns of a table of numbers drive it.

    Args:
        name: Its name in the file; empty for an end site.
        parent: Index of the parent, -1 for a root.
        offset: From the parent, in the parent's axes.
        moves: (axis 0..2, column) pairs; such a column replaces that component of the offset.
        turns: (axis, column) pairs; the rotation is their product, first to the left.
        axes: Axes that the turns go about, as a rotation from the parent's (w, x, y, z).
    """

    name: str
    parent: int
    offset: Vector = (0.0, 0.0, 0.0)
    moves: tuple[tuple[int, int], ...] = ()
    turns: tuple[tuple[int, int], ...] = ()
    axes: Quaternion = (1.0, 0.0, 0.0, 0.0)

    @property
    def is_fixed(self) -> bool:
        """Whether it can never leave its parent: the two are one point."""
        return self.offset == (0.0, 0.0, 0.0) and not self.moves


Chain = Sequence[Link]


def check_chain(chain: Chain, frames: int) -> None:
    """Refuse what would take too much memory or time, before anything is allocated.

    Args:
        chain: Links, parents before children.
        frames: How many frames it is posed in.

    Raises:
        SourceError: ``no_frames``, ``no_body`` or ``unsafe``.
    """
    check_size(frames, 1, len(chain))
    if len(chain) > MAX_LINKS or len(chain) * frames > MAX_PLACES:
        raise SourceError(
            "unsafe",
            f"{frames} frames of {len(chain)} joints",
            expected=f"at most {MAX_LINKS} joints and {MAX_PLACES} joint positions",
        )


def forward(chain: Chain, values: Raw) -> tuple[Raw, Raw]:
    """Where every link is and how it is turned, in the axes of the file.

    Args:
        chain: Links, every parent before its children.
        values: [T, C], a row a frame; lengths in the unit of the offsets, turns in radians.

    Returns:
        Positions [J, 3, T] and unit quaternions [J, 4, T] (w, x, y, z), float64.

    Example:
        >>> arm = (Link("a", -1, turns=((2, 0),)), Link("b", 0, (1.0, 0.0, 0.0)))
        >>> forward(arm, np.array([[np.pi / 2]]))[0][1, :, 0].round(6)
        array([0., 1., 0.])
    """
    columns = np.ascontiguousarray(values.T)  # [C, T]
    frames = len(values)
    positions = np.empty((len(chain), 3, frames))
    turned = np.empty((len(chain), 4, frames))
    still = np.zeros((4, frames))
    still[0] = 1.0
    for j, link in enumerate(chain):
        step = _step(link, columns)  # [3, T] or [3, 1]
        if link.parent < 0:
            positions[j], start = step, still
        else:
            start = turned[link.parent]
            np.add(positions[link.parent], rotate_vectors(start, step), out=positions[j])
        turned[j] = _turn(link, start, columns)
    return positions, turned


def rotate_vectors(turn: Raw, vector: Raw) -> Raw:
    """Vectors [3, T] (or [3, 1]) turned by quaternions [4, T].

    Args:
        turn: Unit quaternions (w, x, y, z), [..., 4].
        vector: [..., 3].
    """
    w, x, y, z = turn
    a, b, c = vector
    u, v, t = y * c - z * b, z * a - x * c, x * b - y * a
    return np.stack(
        [
            a + 2 * (w * u + y * t - z * v),
            b + 2 * (w * v + z * u - x * t),
            c + 2 * (w * t + x * v - y * u),
        ]
    )


def multiply_quaternions(left: npt.ArrayLike, right: npt.ArrayLike) -> Raw:
    """Quaternion product of [4, ...] and [4, ...]: first ``right``, then ``left``.

    Args:
        left: Quaternions (w, x, y, z), [..., 4]; it acts last.
        right: Likewise; it acts first.
    """
    a, b, c, d = np.asarray(left, np.float64)
    w, x, y, z = np.asarray(right, np.float64)
    return np.stack(
        [
            a * w - b * x - c * y - d * z,
            a * x + b * w + c * z - d * y,
            a * y - b * z + c * w + d * x,
            a * z + b * y - c * x + d * w,
        ]
    )


def euler_to_quaternions(order: str, degrees: Sequence[float]) -> Quaternion:
    """Turns about fixed axes, the first of ``order`` first, as one quaternion.

    Args:
        order: Axes in the order in which they are written, such as ``ZXY``.
        degrees: Angle about each, [..., n].

    Example:
        >>> np.round(euler_to_quaternions("xyz", (0, 0, 90)), 4).tolist()
        [0.7071, 0.0, 0.0, 0.7071]
    """
    whole = np.array([1.0, 0.0, 0.0, 0.0])
    for axis, angle in zip(order, np.radians(degrees) / 2, strict=True):
        turn = np.zeros(4)
        turn[0], turn[1 + AXES.index(axis)] = np.cos(angle), np.sin(angle)
        whole = multiply_quaternions(turn, whole)
    w, x, y, z = whole.tolist()
    return w, x, y, z


def inverse(turn: Quaternion) -> Quaternion:
    """The turn back."""
    return turn[0], -turn[1], -turn[2], -turn[3]


def _step(link: Link, columns: Raw) -> Raw:
    """The offset over time: [3, 1] where nothing moves it, else [3, T]."""
    offset = np.array(link.offset)[:, None]
    if not link.moves:
        return offset
    step = np.repeat(offset, columns.shape[1], axis=1)
    for axis, column in link.moves:
        step[axis] = columns[column]
    return step


def _turn(link: Link, start: Raw, columns: Raw) -> Raw:
    """How the link is turned, [4, T]: axes, turns, and the axes back."""
    if not link.turns:
        return start
    own = link.axes != (1.0, 0.0, 0.0, 0.0)
    turn = _by_constant(start, link.axes) if own else start
    for axis, column in link.turns:
        turn = _about(turn, axis, *_half(columns[column]))
    return _by_constant(turn, inverse(link.axes)) if own else turn


def _by_constant(turn: Raw, constant: Quaternion) -> Raw:
    return multiply_quaternions(turn, np.array(constant)[:, None])


def _half(angle: Raw) -> tuple[Raw, Raw]:
    """Cosine and sine of half the angle, from the tangent of a quarter.

    Sine and cosine took half of the whole time: numpy has a vectorized tangent of doubles, some 7
    times as fast as either. It is as exact, and has no pole that a double can hit.
    """
    tangent = np.tan(angle * 0.25)
    square = tangent * tangent
    share = 1.0 / (1.0 + square)
    return (1.0 - square) * share, 2.0 * tangent * share


def _about(turn: Raw, axis: int, cos: Raw, sin: Raw) -> Raw:
    """``turn`` [4, T] times a turn about one axis, of which cos and sin of half the angle are."""
    out = turn * cos
    i, j, k = (1 + (axis + n) % 3 for n in range(3))
    out[0] -= sin * turn[i]
    out[i] += sin * turn[0]
    out[j] += sin * turn[k]
    out[k] -= sin * turn[j]
    return out
