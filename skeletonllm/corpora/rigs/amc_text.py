"""The grammar of an Acclaim motion, ``.amc``: see :mod:`skeletonllm.corpora.rigs.asf_text`."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from skeletonllm.corpora.rigs.asf_text import Skeleton, lines_of
from skeletonllm.corpora.rigs.forward_kinematics import AXES, check_chain
from skeletonllm.corpora.rigs.text_encoding import missing_as_nan
from skeletonllm.corpora.toolkit.validation import Raw
from skeletonllm.errors import SourceError

_FIRST = 1 << 18
"""Characters in which the first frame of a motion ends; CMU's have 1,200."""


def parse_amc(text: str, skeleton: Skeleton) -> tuple[Raw, tuple[int, ...]]:
    """Read a motion: columns in the order of the skeleton's bones, turns in radians.

    A bone without a line stays at rest, the same in all frames. A number that is NaN, infinite or
    Windows' ``-1.#IND`` is NaN: it hides what hangs on it, in that frame.

    Args:
        text: The ``.amc`` file.
        skeleton: Of the ``.asf`` file.

    Returns:
        Values [T, C], and the number of each frame.

    Raises:
        SourceError: ``truncated`` where the last frame is not whole, ``no_frames``,
            ``unsafe``, or ``format``.
    """
    degrees, rows = skeleton.degrees, []
    for _, line in lines_of(text):
        if line.startswith(":"):
            degrees = _angle_unit(line, degrees)
        else:
            rows.append(line)
    if not rows:
        raise SourceError("no_frames", "no frame in the file")
    first = next((i for i, line in enumerate(rows) if i and line.isdigit()), len(rows))
    whole, rest = divmod(len(rows), first)
    check_chain(skeleton.chain(), whole)
    names = [line.split()[0].lower() for line in rows[1:first]]
    _check_names(names, skeleton)
    if rest:
        found = f"{rest - 1} bones in frame {whole}"
        raise SourceError("truncated", found, expected=f"{len(names)}")
    numbers = _frame_numbers(rows[::first])
    table = {
        name: _values([line.split() for line in rows[i::first]], name, skeleton, degrees)
        for i, name in enumerate(names, 1)
    }
    parts = [table.get(n, np.zeros((whole, len(b.dof)))) for n, b in skeleton.bones.items()]
    values: Raw = np.concatenate(parts, axis=1)
    values[np.isinf(values)] = np.nan
    return values, numbers


def bones_of(text: str) -> dict[str, int]:
    """How many numbers each bone has in the first frame of a motion."""
    bones: dict[str, int] = {}
    for _, line in lines_of(text[:_FIRST]):
        if line.isdigit() and bones:
            break
        if not line.startswith(":") and not line.isdigit():
            name, *numbers = line.split()
            bones[name.lower()] = len(numbers)
    return bones


def fits(bones: Mapping[str, int], skeleton: Skeleton) -> bool:
    """Whether every bone of a motion is in a skeleton, with as many numbers.

    Args:
        bones: What :func:`bones_of` says of the motion.
        skeleton: One that may belong to it.
    """
    known = {name: len(bone.dof) for name, bone in skeleton.bones.items()}
    return bool(bones) and all(known.get(name) == count for name, count in bones.items())


def _angle_unit(word: str, degrees: bool) -> bool:
    return {":degrees": True, ":radians": False}.get(word.lower(), degrees)


def _check_names(names: list[str], skeleton: Skeleton) -> None:
    unknown = [name for name in names if name not in skeleton.bones]
    if unknown or len(set(names)) != len(names) or not names:
        found = f"bones {', '.join(unknown[:5])}" if unknown else "a frame without bones, or twice"
        hint = "Does the .asf belong to it?"
        raise SourceError("format", found, expected="bones of the skeleton", hint=hint)


def _frame_numbers(rows: list[str]) -> tuple[int, ...]:
    numbers = [int(line) if line.isascii() and line.isdigit() else -1 for line in rows]
    if min(numbers) < 0 or any(a >= b for a, b in pairwise(numbers)):
        raise SourceError("format", "frames out of order", expected="ascending frame numbers")
    if numbers[-1] >= 1 << 31:
        raise SourceError("format", f"frame {numbers[-1]}", expected="a frame number")
    return tuple(numbers)


def _values(rows: list[list[str]], name: str, skeleton: Skeleton, degrees: bool) -> Raw:
    """[T, dof] of one bone."""
    dof = skeleton.bones[name].dof
    bad = next((i for i, words in enumerate(rows) if words[0].lower() != name), None)
    if bad is not None:
        found = f"{rows[bad][0][:40]!r} in frame {bad}"
        raise SourceError("format", found, expected=f"{name}, as in the first frame")
    if any(len(words) != 1 + len(dof) for words in rows):
        last = len(rows[-1]) < 1 + len(dof) and all(len(w) == 1 + len(dof) for w in rows[:-1])
        code = "truncated" if last else "format"
        raise SourceError(code, f"a line of {name}", expected=f"{len(dof)} numbers")
    values = _numbers(rows, name).reshape(len(rows), len(dof))
    for i, kind in enumerate(dof):
        if kind[0] == "r" and degrees:
            values[:, i] = np.radians(values[:, i])
        elif kind[0] == "t":
            values[:, i] += skeleton.position[AXES.index(kind[1])] if name == "root" else 0
    return values


def _numbers(rows: list[list[str]], name: str) -> Raw:
    """What stands behind the names; missing numbers are looked for only where there is such."""
    try:
        return np.array([[float(word) for word in words[1:]] for words in rows], np.float64)
    except ValueError:
        rows = [missing_as_nan(" ".join(words)).split() for words in rows]
    try:
        return np.array([[float(word) for word in words[1:]] for words in rows], np.float64)
    except ValueError as error:
        raise SourceError("format", f"{name}: no number ({error})") from None
