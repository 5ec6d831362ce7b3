"""Forward kinematics of BVH: ours, vectorized over time, against loops over frames and joints.

    python -m benchmarks.ingest.forward_kinematics [--json FILE]

A motion of a 31-joint rig like CMU's (three angles a joint, six channels at the root) is posed
twice in one run: by :func:`skeletonllm.corpora.rigs.forward_kinematics.forward`, and joint by
joint, frame by frame, with 4x4 matrices of numpy, as parsers of BVH do it (bvh-python, PyMO,
fairmotion's viewer). A third row does the loop with plain numbers instead, the fastest that pure
Python got. Positions must agree to 1e-5 units of the file, or this ends in an error.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt
import tyro

from benchmarks.table import publish_table
from skeletonllm.corpora.rigs.forward_kinematics import Link, forward

JOINTS = 31
WITHIN = 1e-5

Array = npt.NDArray[np.float64]
Matrix = Sequence[Sequence[float]]


@dataclass(frozen=True)
class Flags:
    """Flags of this command."""

    frames: int = 2000
    """Frames of the motion."""
    slow_frames: int = 200
    """How many of them the loops are timed on; their time grows with the frames."""
    json: str | None = None
    """Also write the table here."""


def make_rig(joints: int = JOINTS, seed: int = 0) -> tuple[Link, ...]:
    """A tree of joints with random offsets of some 10 units; each turns about z, y and x."""
    rng = np.random.default_rng(seed)
    links = [Link("j0", -1, moves=((0, 0), (1, 1), (2, 2)), turns=((2, 3), (1, 4), (0, 5)))]
    for j in range(1, joints):
        x, y, z = rng.normal(0, 6, 3).tolist()
        columns = range(3 + 3 * j, 6 + 3 * j)
        links.append(
            Link(f"j{j}", int(rng.integers(max(0, j - 4), j)), (x, y, z),
                 turns=tuple(zip((2, 1, 0), columns, strict=True)))
        )  # fmt: skip
    return tuple(links)


def make_channels(links: Sequence[Link], frames: int, seed: int = 0) -> Array:
    """Channel values [T, C]: angles in radians, the root's position in units."""
    rng = np.random.default_rng(seed)
    values: Array = rng.uniform(-np.pi, np.pi, (frames, 3 + 3 * len(links)))
    values[:, :3] *= 30
    return values


def pose_with_matrices(links: Sequence[Link], values: Array) -> Array:
    """Positions [T, J, 3] with a 4x4 numpy matrix a joint and frame."""
    places = np.zeros((len(values), len(links), 3))
    for t, row in enumerate(values):
        world: list[Array] = []
        for j, link in enumerate(links):
            local = np.eye(4)
            local[:3, 3] = link.offset
            for axis, column in link.moves:
                local[axis, 3] = row[column]
            for axis, column in link.turns:
                local = local @ _rotate_about(axis, row[column])
            world.append(local if link.parent < 0 else world[link.parent] @ local)
            places[t, j] = world[j][:3, 3]
    return places


def pose_with_numbers(links: Sequence[Link], values: Array) -> Array:
    """Positions [T, J, 3] with lists of floats, which Python handles faster than tiny arrays."""
    places: list[list[list[float]]] = []
    for row in values.tolist():
        turned: list[Matrix] = []
        at: list[list[float]] = []
        for link in links:
            step = list(link.offset)
            for axis, column in link.moves:
                step[axis] = row[column]
            turn: Matrix = turned[link.parent] if link.parent >= 0 else _ONE
            start = at[link.parent] if link.parent >= 0 else [0.0, 0.0, 0.0]
            at.append([s + sum(a * b for a, b in zip(r, step, strict=True))
                       for s, r in zip(start, turn, strict=True)])  # fmt: skip
            for axis, column in link.turns:
                turn = _rotate_rows(turn, axis, math.cos(row[column]), math.sin(row[column]))
            turned.append(turn)
        places.append(at)
    return np.array(places)


def main(flags: Flags) -> None:
    """Print the time a frame of all three, and their ratios."""
    links = make_rig()
    values = make_channels(links, flags.frames)
    few = values[: flags.slow_frames]
    ours, seconds = _time_best(lambda: forward(links, values)[0].transpose(2, 0, 1), len(values), 9)
    rows = [_make_row("ours: loop over joints, arrays over time", seconds, seconds)]
    for name, slow in (
        ("loop over frames and joints, numpy 4x4", pose_with_matrices),
        ("loop over frames and joints, plain numbers", pose_with_numbers),
    ):
        places, slow_seconds = _time_best(lambda slow=slow: slow(links, few), len(few), 3)
        difference = float(np.abs(places - ours[: len(few)]).max())
        assert difference < WITHIN, f"{name} differs by {difference}"
        rows.append(_make_row(name, slow_seconds, seconds, difference))
    publish_table(
        f"BVH forward kinematics, {JOINTS} joints, {flags.frames} frames", rows, flags.json
    )


def _make_row(
    name: str, slow_seconds: float, ours: float, difference: float = 0.0
) -> dict[str, Any]:
    return {
        "forward kinematics": name,
        "us a frame": round(slow_seconds * 1e6, 2),
        "ours is faster by": f"{slow_seconds / ours:.0f}x",
        "largest difference": f"{difference:.1e}",
    }


def _time_best(work: Callable[[], Array], frames: int, runs: int) -> tuple[Array, float]:
    """Result of the work, and the seconds a frame of its best run."""
    best = math.inf
    for _ in range(runs):
        start = perf_counter()
        result = work()
        best = min(best, perf_counter() - start)
    return result, best / frames


_ONE: Matrix = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]


def _rotate_about(axis: int, angle: float) -> Array:
    i, j = (axis + 1) % 3, (axis + 2) % 3
    turn = np.eye(4)
    turn[i, i] = turn[j, j] = np.cos(angle)
    turn[j, i] = np.sin(angle)
    turn[i, j] = -turn[j, i]
    return turn


def _rotate_rows(turn: Matrix, axis: int, cos: float, sin: float) -> Matrix:
    i, j = (axis + 1) % 3, (axis + 2) % 3
    out = [list(row) for row in turn]
    for row, old in zip(out, turn, strict=True):
        row[i] = cos * old[i] + sin * old[j]
        row[j] = cos * old[j] - sin * old[i]
    return out


if __name__ == "__main__":
    main(tyro.cli(Flags))
