"""A first YAML for an array: the order of its axes, and which skeletons have as many joints."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from skeletonllm.corpora.formats.npy import parse_npy
from skeletonllm.corpora.formats.npz import Npz
from skeletonllm.corpora.generic.draft_lines import Draft, say_space
from skeletonllm.corpora.toolkit.validation import Raw
from skeletonllm.errors import SourceError
from skeletonllm.topology import list_topologies

MOST_PERSONS = 8
MOST_JOINTS = 700
READ_FRAMES = 500
"""Frames that are looked at for units."""

Numbers = npt.NDArray[np.generic]


def describe_array(draft: Draft, name: str, data: bytes) -> None:
    """Lines for an array.

    Args:
        draft: Gets the lines.
        name: Of the file.
        data: Its bytes.

    Raises:
        SourceError: It is no array of numbers, or of a shape that no motion has.
    """
    archive = Npz(data) if name.lower().endswith(".npz") else None
    array = parse_npy(data) if archive is None else _largest(draft, archive)
    raw = ask_joints(draft, _real(array))
    rate = _number(archive, "fps") if archive else None
    if rate:
        draft.say("fps", f"{rate:g}", "the array fps says so")
    else:
        draft.ask("fps", "frames a second; nothing in the file tells")
    if archive is not None:
        _say_trust(draft, archive, array.shape)
    say_space(draft, raw, ())


def ask_joints(draft: Draft, array: Raw) -> Raw:
    """Lines of the skeleton and of the axes; and the coordinates, [frames, joints, axes].

    Args:
        draft: Gets the lines.
        array: Of any order.

    Raises:
        SourceError: ``format`` for a shape that no motion has.
    """
    order, joints, count = _order(array.shape)
    dims = min(count, 3)
    ask_skeleton(draft, joints, dims)
    shape = f"the array is {array.shape}"
    flat = array.ndim < len(order)
    why = (
        f"{shape}: x, y{', z' if dims == 3 else ''} of one joint after the other" if flat else shape
    )
    draft.say("order", f"[{', '.join(order)}]", why)
    first = _first_frames(array, order, joints, count)
    if count > dims:
        low, high = float(np.nanmin(first[..., dims])), float(np.nanmax(first[..., dims]))
        if not 0 <= low <= high <= 1:
            found = f"{count} numbers a joint, the last of them from {low:.3g} to {high:.3g}"
            raise SourceError("format", found, expected="positions, with a confidence from 0 to 1")
        draft.say("confidence", "axis", f"{count} numbers a joint, the last of them from 0 to 1")
    return first[..., :dims]


def ask_skeleton(draft: Draft, joints: int, dims: int) -> None:
    """Lines of a skeleton of which only the count of joints is known.

    Args:
        draft: Gets the lines.
        joints: How many.
        dims: Coordinates of each.
    """
    known = [
        name
        for name, made in list_topologies().items()
        if len(made) == joints and made.dims == dims
    ]
    said = f"as many as {', '.join(known[:6])}" if known else "as many as no known skeleton has"
    draft.ask("topology", f"the skeleton of the {joints} joints ({said}), or a name of your own")
    draft.note("joints: [pelvis, ...]  # of your own: all joints in the order of the array")
    draft.note("bones: [[pelvis, neck], ...]  # of your own")
    if dims == 2:
        draft.note("dims: 2  # of your own")


def _order(shape: tuple[int, ...]) -> tuple[list[str], int, int]:
    """The likely order of the axes, how many joints, and how many numbers each."""
    sizes = [size for size in shape if size != 1] if len(shape) > 3 else list(shape)
    if len(sizes) == 2:
        for count in (3, 2, 4):
            if sizes[1] % count == 0 and 10 <= sizes[1] // count <= MOST_JOINTS:
                return ["frame", "joint", "axis"], sizes[1] // count, count
    if len(sizes) in (3, 4):
        axes = [i for i, size in enumerate(sizes) if size in (2, 3, 4)]
        if axes:
            axis = axes[-1]
            rest = [i for i in range(len(sizes)) if i != axis]
            person = None
            if len(sizes) == 4:
                person = min(rest, key=lambda i: sizes[i])
                rest.remove(person)
            frame, joint = rest if sizes[rest[1]] <= MOST_JOINTS else rest[::-1]
            names = {axis: "axis", frame: "frame", joint: "joint"}
            names |= {} if person is None else {person: "person"}
            return [names[i] for i in range(len(sizes))], sizes[joint], sizes[axis]
    expected = "[frames, joints, 2 to 4], or joints and axes in one"
    raise SourceError("format", f"an array {shape}", expected=expected)


def _first_frames(array: Raw, order: list[str], joints: int, count: int) -> Raw:
    """The first frames of an array as [N, joints, axes], persons one after the other."""
    if array.ndim == 2:
        return array[:READ_FRAMES].reshape(-1, joints, count)
    sizes = [size for size in array.shape if size != 1] if array.ndim > 3 else array.shape
    whole = array.reshape(sizes)
    first = [order.index(name) for name in ("frame", "person", "joint", "axis") if name in order]
    return whole.transpose(first)[:READ_FRAMES].reshape(-1, joints, count)


def _largest(draft: Draft, archive: Npz) -> Numbers:
    """The array of an archive that holds most numbers, with a line that names it."""
    found: dict[str, Numbers] = {}
    for name in archive.names:
        try:
            array = archive.array(name)
        except SourceError:
            continue
        if array.dtype.kind in "fiu":
            found[name] = array
    if not found:
        named = ", ".join(archive.names)[:200]
        raise SourceError("format", f"the arrays {named}", expected="one of numbers")
    best = max(found, key=lambda name: found[name].size)
    shapes = ", ".join(f"{name} {array.shape}" for name, array in sorted(found.items()))
    draft.say("array", best, f"the largest of {shapes}")
    return found[best]


def _say_trust(draft: Draft, archive: Npz, shape: tuple[int, ...]) -> None:
    """The line of an array of confidences beside the coordinates."""
    for name in archive.names:
        try:
            array = archive.array(name)
        except SourceError:
            continue
        same = array.dtype.kind in "fu" and array.ndim >= 2 and array.shape == shape[: array.ndim]
        values = _real(array) if same and array.ndim == len(shape) - 1 else np.full(1, np.nan)
        if 0 <= values.min() <= values.max() <= 1:
            draft.say("confidence", name, f"an array {array.shape} of numbers from 0 to 1")
            return


def _number(archive: Npz, name: str) -> float | None:
    if name not in archive:
        return None
    try:
        values = _real(archive.array(name)).reshape(-1)
    except SourceError:
        return None
    good = len(values) == 1 and np.isfinite(values[0]) and 0 < values[0] <= 10_000
    return float(values[0]) if good else None


def _real(array: Numbers) -> Raw:
    if array.dtype.kind not in "fiu":
        raise SourceError("format", f"an array of {array.dtype}", expected="numbers")
    with np.errstate(invalid="ignore"):  # a signalling NaN is a NaN
        return np.asarray(array.astype(np.float64))
