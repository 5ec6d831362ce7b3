"""Arrays as labs save them, to coordinates [T, P, J, D]: any order, flat, with confidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from math import prod

import numpy as np
import numpy.typing as npt

from skeletonllm.corpora.generic.layout import IN_AXIS, Layout
from skeletonllm.corpora.toolkit.validation import Raw, check_size
from skeletonllm.errors import SourceError

ORDER_ASSUMED = "order_assumed"
"""Flag: flat rows are taken as x, y, z of one joint after the other."""

CONFIDENCE_ASSUMED = "confidence_assumed"
"""Flag: the last number of each joint, all within 0..1, is taken for its confidence."""

Numbers = npt.NDArray[np.generic]


@dataclass(frozen=True, eq=False)
class Arranged:
    """Coordinates [T, P, J, D] and confidence [T, P, J] of an array, and what was guessed."""

    raw: Raw
    trust: Raw | None
    flags: tuple[str, ...]


def arrange(array: Numbers, layout: Layout) -> Arranged:
    """The axes of an array in our order.

    Args:
        array: As it was saved.
        layout: What the YAML says of it.

    Raises:
        SourceError: ``format``, with what would fit, if anything.
    """
    flags: tuple[str, ...] = ()
    joints, dims = _joint_count(layout), layout.topology.dims
    order = list(layout.order)
    whole = _unflattened(array, order, joints, dims)
    if whole is None:
        raise _misfit(array, layout)
    if whole.ndim > array.ndim and not layout.order_said:
        flags += (ORDER_ASSUMED,)
    alone = "person" not in order
    axes = ["frame", *([] if alone else ["person"]), "joint", "axis"]
    with np.errstate(invalid="ignore"):  # a signalling NaN is a NaN
        raw = whole.transpose([order.index(axis) for axis in axes]).astype(np.float64)
    raw = np.expand_dims(raw, 1) if alone else raw
    check_size(*raw.shape[:3])
    if layout.joint_numbers:
        raw = _chosen(raw, layout.joint_numbers)
    if raw.shape[-1] == dims:
        return Arranged(raw, None, flags)
    trust = raw[..., dims]
    if layout.trust != IN_AXIS:
        known = trust[np.isfinite(trust)]
        if len(known) and (known.min() < 0 or known.max() > 1):
            raise _misfit(array, layout)
        flags += (CONFIDENCE_ASSUMED,)
    return Arranged(raw[..., :dims], np.nan_to_num(trust, nan=0.0), flags)


def arrange_trust(array: Numbers, raw: Raw) -> Raw:
    """Confidences of an array beside the coordinates, as [T, P, J].

    Args:
        array: [T, J], [T, P, J] or with axes of size 1 more.
        raw: Coordinates [T, P, J, D].

    Raises:
        SourceError: ``format`` where it does not fit them.
    """
    if array.size != prod(raw.shape[:3]) or array.shape[:1] != raw.shape[:1]:
        found = f"confidences {array.shape}"
        raise SourceError("format", found, expected=f"{raw.shape[:3]}, as the joints")
    return np.nan_to_num(array.astype(np.float64).reshape(raw.shape[:3]), nan=0.0)


def _joint_count(layout: Layout) -> int | None:
    """How many joints the array has; None where some of more are chosen."""
    return None if layout.joint_numbers else len(layout.topology)


def _unflattened(
    array: Numbers, order: Sequence[str], joints: int | None, dims: int
) -> Numbers | None:
    """The array with all axes of the order; None if it does not fit."""
    if array.ndim > len(order):
        sizes = [size for size in array.shape if size != 1]
        if len(sizes) == len(order):
            array = array.reshape(sizes)
    if array.ndim == len(order):
        return array if _fits(array.shape, order, joints, dims) else None
    a, b = order.index("joint"), order.index("axis")
    if array.ndim != len(order) - 1 or abs(a - b) != 1:
        return None
    at = min(a, b)
    width = array.shape[at]
    for count in (dims, dims + 1):
        number = joints or width // count
        if number * count == width and number:
            pair = (number, count) if a < b else (count, number)
            return array.reshape(*array.shape[:at], *pair, *array.shape[at + 1 :])
    return None


def _fits(shape: Sequence[int], order: Sequence[str], joints: int | None, dims: int) -> bool:
    sizes = dict(zip(order, shape, strict=True))
    return sizes["axis"] in (dims, dims + 1) and joints in (None, sizes["joint"])


def _chosen(raw: Raw, numbers: tuple[int, ...]) -> Raw:
    if max(numbers) >= raw.shape[2]:
        found = f"joint_numbers up to {max(numbers)}"
        raise SourceError("format", found, expected=f"numbers of the {raw.shape[2]} joints there")
    return raw[:, :, list(numbers)]


def _misfit(array: Numbers, layout: Layout) -> SourceError:
    """The error of an array of another shape, with what would make it fit."""
    joints, dims = len(layout.topology), layout.topology.dims
    order = layout.order
    hint = ""
    wanted = _joint_count(layout)
    for other in permutations(order):
        fits = array.ndim == len(order) and _fits(array.shape, other, wanted, dims)
        if fits and other != tuple(order):
            hint = f" (order: [{', '.join(other)}] would fit)"
            break
    sizes = dict(zip(order, array.shape, strict=False))
    if not hint and array.ndim == len(order) and sizes["joint"] > joints:
        hint = f" (joint_numbers: says which of the {sizes['joint']} joints, as 0-{joints - 1})"
    if not hint and array.ndim == len(order) and sizes["axis"] == dims + 1:
        hint = f"; the last of {dims + 1} numbers is not within 0..1, as a confidence is"
    found = f"an array {array.shape}"
    expected = f"axes {', '.join(order)} with {joints} joints and {dims} coordinates{hint}"
    return SourceError("format", found, expected=expected)
