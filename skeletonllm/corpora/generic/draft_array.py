"""A first YAML for an array: the order of its axes, and which skeletons have as many joints."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from skeletonllm.corpora.formats.npy import parse_npy
from skeletonllm.corpora.formats.npz import Npz
from skeletonllm.corpora.generic.draft_lines import Draft, clock_line, say_space
from skeletonllm.corpora.toolkit.validation import Raw
from skeletonllm.errors import SourceError
from skeletonllm.topology import list_built_in

MOST_PERSONS = 8
MOST_JOINTS = 700
SMOOTHER = 3.0
"""How many times less neighbours differ along the axis of frames than along that of joints."""

TIMES = re.compile(
    r"(.* )?(t|ts|time|times|timestamps?|stamps?|zeit|seconds?|secs?|ms|millis)", re.I
)
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
    clock = _clock(archive, array.shape) if archive else None
    raw = ask_joints(draft, _real(array), clock[1] if clock else 0)
    rate = _number(archive, "fps") if archive else None
    if clock and not rate:
        draft.say("time", clock[0], clock[2])
    elif rate:
        draft.say("fps", f"{rate:g}", "the array fps says so")
    else:
        draft.ask("fps", "frames a second; nothing in the file tells")
    if archive is not None:
        _say_trust(draft, archive, array.shape)
    say_space(draft, raw, ())


def ask_joints(draft: Draft, array: Raw, frames: int = 0) -> Raw:
    """Lines of the skeleton and of the axes; and the coordinates, [frames, joints, axes].

    Args:
        draft: Gets the lines.
        array: Of any order.
        frames: How many there are, where it is known.

    Raises:
        SourceError: ``format`` for a shape that no motion has.
    """
    order, joints, count = _order(array.shape, frames)
    dims = min(count, 3)
    other = _other_order(array.shape, order, frames)
    ask_skeleton(draft, joints, dims, other[1] if other else 0)
    shape = f"the array is {array.shape}"
    flat = array.ndim < len(order)
    why = (
        f"{shape}: x, y{', z' if dims == 3 else ''} of one joint after the other" if flat else shape
    )
    if other:
        smooth = _smoothest(array, order)
        hint = f"; along axis {smooth} neighbours differ least, as frames do" if smooth else ""
        both = f"[{', '.join(order)}] or [{', '.join(other[0])}]"
        draft.ask("order", f"{both}, for both may be; {shape}{hint}")
    else:
        draft.say("order", f"[{', '.join(order)}]", why)
    first = _first_frames(array, order, joints, count)
    if count > dims:
        low, high = float(np.nanmin(first[..., dims])), float(np.nanmax(first[..., dims]))
        if not 0 <= low <= high <= 1:
            found = f"{count} numbers a joint, the last of them from {low:.3g} to {high:.3g}"
            raise SourceError("format", found, expected="positions, with a confidence from 0 to 1")
        draft.say("confidence", "axis", f"{count} numbers a joint, the last of them from 0 to 1")
    return first[..., :dims]


def ask_skeleton(draft: Draft, joints: int, dims: int, other: int = 0) -> None:
    """Lines of a skeleton of which only the count of joints is known.

    Args:
        draft: Gets the lines.
        joints: How many.
        dims: Coordinates of each.
        other: How many there may be as well, by another order of the axes.
    """
    counts = [joints, *([other] if other not in (0, joints) else [])]
    said = []
    for count in counts:
        made = [n for n, t in list_built_in().items() if len(t) == count and t.dims == dims]
        known = f"as many as {', '.join(made[:6])}" if made else "as many as no known skeleton has"
        said.append(f"{count} joints ({known})")
    draft.ask("topology", f"the skeleton of the {' or '.join(said)}, or a name of your own")
    draft.note("joints: [pelvis, ...]  # of your own: all joints in the order of the array")
    draft.note("bones: [[pelvis, neck], ...]  # of your own")
    if dims == 2:
        draft.note("dims: 2  # of your own")


def _other_order(
    shape: tuple[int, ...], order: list[str], frames: int
) -> tuple[list[str], int] | None:
    """The order with frames and joints changed over, and its joints, where it may be as well.

    A count of frames that is no count of joints of any skeleton, or fewer joints than frames where
    neither is, tells them apart.
    """
    sizes = [size for size in shape if size != 1] if len(shape) > 3 else list(shape)
    if len(sizes) != len(order):
        return None
    first, joints = (sizes[order.index(name)] for name in ("frame", "joint"))
    usual = {len(made) for made in list_built_in().values()}
    clear = (joints in usual, -joints) > (first in usual, -first) and first not in usual
    if clear or first > MOST_JOINTS or (frames == first and frames != joints):
        return None
    swapped = {"frame": "joint", "joint": "frame"}
    return [swapped.get(name, name) for name in order], first


def _smoothest(array: Raw, order: list[str]) -> int | None:
    """Of the axes of frames and of joints the one along which neighbours differ least by far."""
    axes = [order.index("frame"), order.index("joint")]
    whole = array.reshape([size for size in array.shape if size != 1]) if array.ndim > 3 else array
    steps = [
        float(np.nanmean(np.abs(np.diff(whole, axis=axis)))) if whole.shape[axis] > 1 else np.nan
        for axis in axes
    ]
    if not np.isfinite(steps).all() or max(steps) < SMOOTHER * min(steps):
        return None
    return axes[int(np.argmin(steps))] + 1


def _clock(archive: Npz, shape: tuple[int, ...]) -> tuple[str, int, str] | None:
    """The array of times beside the coordinates: its name, how many, and what they say."""
    for name in archive.names:
        try:
            times = archive.array(name)
        except SourceError:
            continue
        named = TIMES.fullmatch(name.replace("_", " ")) and times.dtype.kind in "fiu"
        if named and times.size in shape and times.size == max(times.shape, default=0):
            told = clock_line(_real(times).reshape(-1), name)
            if told:
                return name, times.size, told
    return None


def _order(shape: tuple[int, ...], frames: int) -> tuple[list[str], int, int]:
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
            turned = sizes[rest[1]] > MOST_JOINTS or frames == sizes[rest[1]] != sizes[rest[0]]
            frame, joint = rest[::-1] if turned else rest
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
