"""NTU ``.skeleton`` text in one compiled pass over its bytes.

Only plain files go this way: ASCII, blanks and line ends, decimals that one step on exact numbers
rounds right. At anything else the scanner says that it does not know, and
:mod:`skeletonllm.corpora.kinect.ntu_text` reads the file; it also knows what to say of a bad one.

A decimal of at most 2^53, times or over a power of ten of at most 10^22, is one operation on two
exact float64, so its rounding is that of the decimal (Clinger, PLDI 1990): both ways give the same
bits.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import numpy.typing as npt
from numba.extending import register_jitable

from skeletonllm.corpora.kinect.ntu_text import JOINTS, Records

Bytes = npt.NDArray[np.uint8]
At = np.uint64
"""A place in the text: an unsigned index needs no look at whether it is negative."""

_BODY_BYTES = JOINTS * 24
"""Fewest bytes of a body: a joint is 12 numbers, each at least a digit and what ends it."""

_TAB, _LF, _CR, _BLANK, _DELETE = 9, 10, 13, 32, 127
_PLUS, _MINUS, _POINT, _E, _BIG_E = (ord(c) for c in "+-.eE")
_HEADER = 10
_UNREAD = 4
"""Columns of a joint that are not read: where the depth and the colour camera see it."""

_NOWHERE, _1, _TEN, _ZERO = (np.uint64(n) for n in (0, 1, 10, ord("0")))
_COUNT_DIGITS, _DIGITS, _EXPONENT_DIGITS = 9, 18, 4
_EXACT = 1 << 53
_TENS = 10.0 ** np.arange(23)


def scan(data: bytes) -> Records | None:
    """The bodies of a file, or None if it is not plain.

    Nothing is allocated by a count in the file, only by its bytes.

    Example:
        >>> scan(b"not a skeleton file") is None
        True
    """
    most = len(data) // _BODY_BYTES + 1
    frame, ids = np.empty(most, np.int64), np.empty((most, 2), np.int64)
    values = np.empty((most, JOINTS, 8))
    text = np.frombuffer(data + b"\n\0", np.uint8)  # so that every token and every line ends
    frames, bodies = _kernel(text, frame, ids, values)
    if frames < 0:
        return None
    names = tuple(data[start:end].decode("ascii") for start, end in ids[:bodies].tolist())
    return Records(frames, frame[:bodies], names, values[:bodies])


@register_jitable
def _blanks(text: Bytes, at: At) -> At:
    """Past the blanks."""
    while text[at] == _BLANK or text[at] == _TAB:
        at += _1
    return at


@register_jitable
def _line_end(text: Bytes, at: At) -> At:
    """Past the end of the line, LF or CRLF, or nowhere where something else comes first.

    Elsewhere in a line the parser takes CR for a line end of its own, and refuses the joint.
    """
    at = _blanks(text, at)
    at += np.uint64(text[at] == _CR)
    return at + _1 if text[at] == _LF else _NOWHERE


@register_jitable
def _token(text: Bytes, at: At) -> At:
    """Past a word; where there is none, the line ends too early and is found out at its end."""
    at = _blanks(text, at)
    while _BLANK < text[at] < _DELETE:
        at += _1
    return at


@register_jitable
def _digits(text: Bytes, at: At, value: np.uint64) -> tuple[np.uint64, At]:
    """``value`` with the digits that follow, and where they end."""
    digit = np.uint64(text[at]) - _ZERO
    while digit < _TEN:
        value = _TEN * value + digit
        at += _1
        digit = np.uint64(text[at]) - _ZERO
    return value, at


@register_jitable
def _count(text: Bytes, at: At) -> tuple[np.int64, At]:
    """A whole number on a line of its own, and where the next line starts, or nowhere."""
    start = _blanks(text, at)
    value, end = _digits(text, start, _NOWHERE)
    if not 0 < np.int64(end - start) <= _COUNT_DIGITS:
        return np.int64(0), _NOWHERE
    return np.int64(value), _line_end(text, end)


@register_jitable
def _exponent(text: Bytes, at: At) -> tuple[np.int64, At]:
    """A power of ten with its sign, and where it ends, or nowhere."""
    negative = text[at] == _MINUS
    at += np.uint64(negative | (text[at] == _PLUS))
    value, end = _digits(text, at, _NOWHERE)
    if not 0 < np.int64(end - at) <= _EXPONENT_DIGITS:
        return np.int64(0), _NOWHERE
    return -np.int64(value) if negative else np.int64(value), end


@register_jitable
def _number(text: Bytes, at: At) -> tuple[float, At]:
    """A decimal, and where it ends; nowhere if it is none, or none that one step rounds right."""
    at = _blanks(text, at)
    negative = text[at] == _MINUS
    at += np.uint64(negative | (text[at] == _PLUS))
    whole, end = _digits(text, at, _NOWHERE)
    count, power = np.int64(end - at), np.int64(0)
    if text[end] == _POINT:
        start = end + _1
        whole, end = _digits(text, start, whole)
        power = np.int64(start) - np.int64(end)
        count -= power
    if text[end] == _E or text[end] == _BIG_E:
        exponent, end = _exponent(text, end + _1)
        power += exponent
    odd = not 0 < count <= _DIGITS or np.int64(whole) > _EXACT or abs(power) >= len(_TENS)
    if odd or end == _NOWHERE or text[end] > _BLANK:
        return 0.0, _NOWHERE
    exact = np.float64(np.int64(whole))
    value = exact / _TENS[-power] if power < 0 else exact * _TENS[power]
    return -value if negative else value, end


@register_jitable
def _joint(text: Bytes, at: At, row: Any) -> At:
    """Read a joint into ``row`` [8]; past its line, or nowhere."""
    for column in range(8):
        if column == 3:
            for _ in range(_UNREAD):
                at = _token(text, at)
        row[column], at = _number(text, at)
        if at == _NOWHERE:
            return _NOWHERE
    return _line_end(text, at)


@register_jitable
def _body(text: Bytes, at: At, name: Any, joints: Any) -> At:
    """Read a body; past its last line, or nowhere."""
    name[0] = _blanks(text, at)
    at = _token(text, at)
    name[1] = at
    for _ in range(_HEADER - 1):
        start = _blanks(text, at)
        at = _token(text, start)
        if at == start:
            return _NOWHERE
    at = _line_end(text, at)
    if at == _NOWHERE or name[0] == name[1]:
        return _NOWHERE
    count, at = _count(text, at)
    for joint in range(JOINTS):
        if at == _NOWHERE or count != JOINTS:
            return _NOWHERE
        at = _joint(text, at, joints[joint])
    return at


@register_jitable
def _frames(text: Bytes, frame: Any, names: Any, values: Any) -> tuple[int, int]:
    """Fill the arrays; the number of frames and of bodies, or -1 for a file that is not plain."""
    frames, at = _count(text, _NOWHERE)
    bodies = 0
    for t in range(frames):
        if at == _NOWHERE:
            return -1, 0
        many, at = _count(text, at)
        for _ in range(many):
            if at == _NOWHERE:
                return -1, 0
            at = _body(text, at, names[bodies], values[bodies])
            frame[bodies] = t
            bodies += 1
    return (frames, bodies) if at != _NOWHERE and _is_over(text, at) else (-1, 0)


@register_jitable
def _is_over(text: Bytes, at: At) -> bool:
    """Whether nothing but blanks and line ends follows."""
    while text[at] == _BLANK or text[at] == _TAB or text[at] == _CR or text[at] == _LF:
        at += _1
    return at == len(text) - 1


def _compile() -> Any:
    """The scanner as machine code, made when first called and kept on disk for other processes."""
    try:
        return numba.njit(nogil=True, error_model="numpy", cache=True)(_frames)
    except RuntimeError:  # no folder can be written
        return numba.njit(nogil=True, error_model="numpy")(_frames)


_kernel = _compile()
