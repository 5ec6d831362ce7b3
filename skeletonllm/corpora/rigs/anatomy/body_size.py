"""What unit a body is in, where its file states none: from the lengths of its limbs.

People differ: an adult's limbs are 0.8 to 1.25 of the mean one's, and a toddler's half of them. A
unit that people of some age would have in a file is taken as it is, so that a child stays small. If
there is none, the rig has a unit of its own, and it is scaled to an adult's limbs.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from skeletonllm.corpora.toolkit.validation import Raw
from skeletonllm.topology import Topology

UNITS_M = {"mm": 1e-3, "cm": 1e-2, "inch": 0.0254, "m": 1.0, "acclaim": 0.0254 / 0.45}
"""Units seen in files, in metres; the last is what the CMU and HDM05 recordings come in."""

ADULT_M = {
    ("hip", "knee"): 0.42,
    ("knee", "ankle"): 0.41,
    ("shoulder", "elbow"): 0.29,
    ("elbow", "wrist"): 0.26,
}
"""Lengths of an adult's limbs (0.245, 0.24, 0.17 and 0.15 of a body of 1.72 m: Winter,
Biomechanics and Motor Control of Human Movement, 2009, rounded)."""

ADULT_REACH_M = 1.7
"""How far an adult who stands reaches along one axis."""

TALLEST, SMALLEST = 1.25, 0.5
"""Limbs of the tallest people (2.15 m) and of toddlers (0.86 m), of the mean adult's."""

LEAST = {"inch": 0.65, "acclaim": 0.8}
"""Smallest people in units that lie close to each other: smaller ones have another unit."""

SURE, POSSIBLE = 1.3, 2.0
"""How far limbs may be from an adult's for a unit to be certain, and to be a unit at all."""

OWN_UNITS_M = (5e-4, 2.0)
"""Units that a rig may have of its own; lengths beyond them are no lengths of a body."""


def infer_unit(
    topology: Topology, positions: Raw, stated_m: float | None
) -> tuple[float, bool, bool]:
    """Metres in a unit of the file, whether that is a unit at all, and whether it is certain.

    Args:
        topology: The rig's skeleton.
        positions: [T, J, 3] over time; not finite where a joint is missing.
        stated_m: Metres a unit, if the file states them.
    """
    needed = _adult_scale(topology, positions)
    if needed is None:
        if stated_m is not None:
            return stated_m, True, True
        return _unit_of_size(positions), False, False
    if stated_m is not None and SMALLEST <= stated_m / needed <= SURE:
        return stated_m, True, True
    for name, unit in UNITS_M.items():
        if LEAST.get(name, SMALLEST) <= unit / needed <= TALLEST:
            return unit, True, unit / needed * SURE > 1 and stated_m is None
    return needed, OWN_UNITS_M[0] <= needed <= OWN_UNITS_M[1], False


def limb_scales(topology: Topology, positions: Raw) -> Iterator[float]:
    """Metres a unit by each limb that is known: an adult's length over its median one.

    Args:
        topology: The rig's skeleton.
        positions: [T, J, 3]; frames in which a joint is missing say nothing.
    """
    for (upper, lower), metres in ADULT_M.items():
        for side in ("left", "right"):
            a, b = topology.find(f"{side}_{upper}"), topology.find(f"{side}_{lower}")
            if a is not None and b is not None:
                length = median_length(positions[:, a] - positions[:, b])
                if length > 0:
                    yield metres / length


def median_length(vectors: Raw) -> float:
    """Median length of the finite ones of vectors [..., 3]; 0 if there are none.

    Example:
        >>> median_length(np.array([[3.0, 4.0, 0.0], [np.nan, 0.0, 0.0]]))
        5.0
    """
    lengths = np.linalg.norm(vectors, axis=-1)
    lengths = lengths[np.isfinite(lengths)]
    return float(np.median(lengths)) if lengths.size else 0.0


def _adult_scale(topology: Topology, positions: Raw) -> float | None:
    """By how much the limbs must be scaled to be an adult's; None with fewer than two."""
    scales = list(limb_scales(topology, positions))
    return float(np.median(scales)) if len(scales) > 1 else None


def _unit_of_size(positions: Raw) -> float:
    """The unit of m, cm and mm in which the whole is nearest to a person; cm for a point."""
    whole = positions[np.isfinite(positions).all((1, 2))]
    size = float(np.median(np.ptp(whole, axis=1).max(-1))) if len(whole) else 0.0
    if not 0 < size < np.inf:
        return UNITS_M["cm"]
    off = {unit: abs(np.log(size * UNITS_M[unit] / ADULT_REACH_M)) for unit in ("m", "cm", "mm")}
    return UNITS_M[min(off, key=lambda unit: off[unit])]
