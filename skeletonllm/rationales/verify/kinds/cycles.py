"""Claims of going to and fro: sweeps that are alike and keep a beat, against the own body."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from skeletonllm.kinematics.signals import Array, sharpen
from skeletonllm.rationales.verify import claims
from skeletonllm.rationales.verify.claim_context import ClaimContext, Inspection
from skeletonllm.rationales.verify.evidence.episodes import Episode, inspect_episodes
from skeletonllm.rationales.verify.evidence.levels import find_level_fault
from skeletonllm.rationales.verify.evidence.own_paths import measure_own_path
from skeletonllm.rationales.verify.intervals import Interval, find_turns

SWING = {"hand": 0.03, "elbow": 0.04, "foot": 0.04, "knee": 0.04, "head": 0.02, "chest": 0.025}
"""Smallest sweep to one side that counts, in statures: twice what a Kinect makes of rest. A hand,
which alone waves quickly, is looked at in a sharpened path: smoothing halves a wave of 4 Hz."""
ALIKE = 0.5
"""Least share of the typical sweep that each sweep of a to and fro has; the raise before a wave is
longer, and the tremble after it shorter."""
BEAT = 0.4
"""Least share of the typical time of a sweep that each takes, and the other way round: to and fro
has a beat."""
SWEEP_S = 1.0
"""A sweep that takes longer than this is a movement of its own."""
AXIS = 0.5
"""A claimed direction has at least this share of the largest sweeps, else one would name that."""
ROUNDISH = 0.5
"""What goes to and fro encloses less than this share of a circle as wide as its sweeps."""
_SCALES = (1.0, 0.5)
"""Times the smallest sweep, in the order they are tried for a hand: of a wave that drifts aside,
each second sweep is shorter. The median sweep must still be the smallest that counts."""
_FEWEST = 4
"""Extremes of the fewest sweeps: whoever sees three says "to and fro", and calls it twice."""

_AXES = {"right": 0, "left": 0, "up": 1, "down": 1, "forward": 2, "back": 2}
_AXIS_NAMES = ("side to side", "up and down", "ahead and back")


def measure_oscillate(context: ClaimContext) -> list[Inspection]:
    """To and fro along the claimed axis, or along any; a cycle is two sweeps."""
    point = claims.find_height_point(context.step.part)
    if point not in SWING or (context.step.direction and context.step.direction not in _AXES):
        return []
    axes = [_AXES[context.step.direction]] if context.step.direction else [0, 1, 2]

    def look(axis: int) -> Inspection:
        def find(who: ClaimContext, interval: Interval) -> Sequence[Episode]:
            return _find_swings(who, interval, point, axis)

        return inspect_episodes(context, find, (point,), "it does not go to and fro")

    return [look(axis) for axis in axes if not (axis == 2 and context.flat)]


def _find_swings(context: ClaimContext, interval: Interval, point: str, axis: int) -> list[Episode]:
    """The longest chain of sweeps along an axis that is as claimed, or else the longest at all."""
    path = measure_own_path(context, point, interval)
    if point == "hand":
        path = sharpen(path, context.body.fps)
    found: list[Episode] = []
    for scale in _SCALES if point == "hand" else (1.0,):
        turns = find_turns(path[:, axis], interval, scale * SWING[point])
        for chain in _list_chains(path[:, axis], turns, context.body.fps):
            episode = _read_chain(context, path, chain, axis)
            if episode.amount >= SWING[point]:
                found.append(episode)
                if not episode.fault:
                    return [episode]
    return found[:1]


def _read_chain(context: ClaimContext, path: Array, chain: list[int], axis: int) -> Episode:
    start, end, cycles = chain[0], chain[-1], (len(chain) - 1) / 2
    few = len(chain) < _FEWEST
    fault = "it goes to and fro once only" if few else _find_axis_fault(path, chain, axis)
    if context.step.count < 2:  # then it is no to and fro, but a movement and its return
        fault = fault or f"it happens {max(2, round(cycles))} times"
    if context.step.target and claims.find_height_point(context.step.part) == "hand":
        fault = fault or find_level_fault(context, start, end)
    sweep = float(np.median(np.abs(np.diff(path[chain, axis]))))
    return Episode(start, end, sweep, fault, times=cycles, loose=0.5)


def _list_chains(signal: Array, turns: Sequence[int], fps: float) -> list[list[int]]:
    """All runs of sweeps that are alike in length and quick enough, those of most sweeps first."""
    found = []
    for a in range(len(turns) - 2):
        for b in range(a + 2, len(turns)):
            chain = list(turns[a : b + 1])
            sweeps, times = np.abs(np.diff(signal[chain])), np.diff(chain)
            quick = times.max() <= SWEEP_S * fps
            if quick and _are_alike(sweeps, ALIKE) and _are_alike(times, BEAT):
                found.append(chain)
    return sorted(found, key=lambda chain: -len(chain))


def _are_alike(values: Array | npt.NDArray[np.int64], share: float) -> bool:
    usual = float(np.median(values))
    return bool(values.min() >= share * usual and values.max() <= usual / share)


def _find_axis_fault(path: Array, chain: Sequence[int], axis: int) -> str:
    """Whether the sweeps are much longer along another axis, or go round instead."""
    sweeps = [float(np.median(_spread(path[:, other], chain))) for other in range(3)]
    main = int(np.argmax(sweeps))
    if sweeps[axis] < AXIS * sweeps[main]:
        return f"it goes {_AXIS_NAMES[main]}"
    inner = chain[1:-1]  # the ends hold the way there and back
    piece = path[inner[0] : inner[-1] + 1]
    spokes = piece - np.nanmean(piece, axis=0)
    area = np.nansum(np.cross(spokes[:-1], spokes[1:]), axis=0) / 2
    circle = np.pi / 4 * sweeps[main] ** 2 * (len(inner) - 1) / 2
    return "it goes round" if np.linalg.norm(area) > ROUNDISH * circle else ""


def _spread(signal: Array, chain: Sequence[int]) -> Array:
    """How far another axis reaches between each two extremes."""
    parts = [signal[a : b + 1] for a, b in pairwise(chain)]
    return np.array([float(np.nanmax(part) - np.nanmin(part)) for part in parts])
