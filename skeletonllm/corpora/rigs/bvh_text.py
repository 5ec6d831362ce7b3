"""The grammar of a BVH file: from text to a chain of links and a table of numbers.

    HIERARCHY                       MOTION
    ROOT Hips                       Frames: 2
    {                               Frame Time: 0.0333333
      OFFSET 0 0 0                  0 90 0 0 0 0 ...
      CHANNELS 6 Xposition ...      0 90 0 0 0 1 ...
      JOINT Spine { ... End Site { OFFSET 0 5 0 } }
    }

The order of the columns is the order of the channels in the file; rotations multiply in that order,
and positions take the place of the offset wherever they stand. Blank lines, ``#`` and ``//``
comments, any case of the keywords, names with blanks, braces on the line of a name, and counts with
a blank before their colon, without one or on the next line are read. A number of a frame that is
none (NaN, infinite, Windows' ``-1.#IND``) is NaN.
Counts are claims: nothing is allocated by them, and nesting is a stack, not a recursion.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from skeletonllm.corpora.rigs.forward_kinematics import AXES, MAX_LINKS, Link, Vector
from skeletonllm.corpora.rigs.text_encoding import missing_as_nan
from skeletonllm.corpora.toolkit.validation import Raw
from skeletonllm.errors import SourceError

MAX_HEADER = 1 << 20
"""Longest hierarchy, in characters; that of 165 joints is 40,000 long."""

MAX_ROWS = 2 << 20
_WIDEST = 64
"""Most characters of a number and the blanks around it: longer rows are no rows of numbers."""

_MOTION = re.compile(r"^[ \t]*MOTION\b", re.MULTILINE | re.IGNORECASE)
_COMMENT = re.compile(r"(^|\s)(#|//).*")
_STATED = re.compile(r"\s*(frames|frame\s*time)\b\s*[:=]?\s*([^\s:=]+)", re.IGNORECASE)
_HEAD_LINES = 6
"""Lines in which the count of the frames and their time stand, at most."""

_CHANNEL = re.compile(r"([xyz])(position|rotation)", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Bvh:
    """What a file holds.

    Args:
        chain: Links; their columns are those of ``values``, and turns are in radians.
        values: [T, C]; NaN where a number is missing.
        frame_time: Seconds a frame.
        declared: The number of frames that the file claims; T is at least that.
    """

    chain: tuple[Link, ...]
    values: Raw
    frame_time: float
    declared: int


def parse(text: str) -> Bvh:
    """Read a whole file.

    Raises:
        SourceError: ``truncated`` where the text ends early, ``non_finite`` for an offset,
            ``unsafe``, or ``format`` where a line is not what the grammar says.
    """
    start = _MOTION.search(text, 0, MAX_HEADER)
    if start is None:
        _explain_no_motion(text)
    assert start is not None
    hierarchy = _Hierarchy()
    for number, line in enumerate(text[: start.start()].split("\n"), 1):
        for part in re.split(r"([{}])", _COMMENT.sub("", line)):
            hierarchy.take(part.split(), f"line {number}")
    chain = hierarchy.finished()
    values, frame_time, declared = _motion(text[start.end() :], hierarchy.columns)
    for link in chain:
        for _, column in link.turns:
            values[:, column] = np.radians(values[:, column])
    return Bvh(chain, values, frame_time, declared)


def _explain_no_motion(text: str) -> None:
    """Why there is no MOTION: another format, a hierarchy without end, or a cut file."""
    if text.lstrip()[:9].upper() != "HIERARCHY":
        found = f"a file that starts with {text.strip()[:20]!r}"
        raise SourceError("format", found, expected="HIERARCHY")
    if len(text) > MAX_HEADER:
        found = f"no MOTION in the first {MAX_HEADER} characters"
        raise SourceError("unsafe", found, expected="a shorter hierarchy")
    raise SourceError("truncated", "the file ends in its hierarchy", expected="MOTION")


@dataclass
class _Hierarchy:
    """The links so far, and the way from the root to where we are."""

    links: list[Link] = field(default_factory=list)
    trail: list[int] = field(default_factory=list)
    columns: int = 0
    begun: bool = False
    opened: bool = True
    """Whether the brace of the last link was seen."""

    def take(self, words: list[str], where: str) -> None:
        """One line, or the part of it before or after a brace."""
        if not words:
            return
        key = words[0].upper()
        if not self.begun and key != "HIERARCHY":
            raise SourceError("format", f"{words[0][:40]!r}", expected="HIERARCHY", where=where)
        try:
            self._take(key, words)
        except SourceError:
            raise
        except (ValueError, IndexError) as error:
            found = " ".join(words)[:60]
            raise SourceError("format", f"{found!r} ({error})", where=where) from None

    def finished(self) -> tuple[Link, ...]:
        if self.trail:
            raise SourceError("format", f"{len(self.trail)} braces that are not closed")
        if not self.links:
            raise SourceError("no_body", "a hierarchy without joints", expected="a ROOT")
        return tuple(self.links)

    def _take(self, key: str, words: list[str]) -> None:
        if key in ("ROOT", "JOINT", "END"):
            self._open(key, "" if key == "END" else " ".join(words[1:]))
        elif key == "{":
            if self.opened:
                raise ValueError("a brace that belongs to no joint")
            self.opened = True
        elif key == "}":
            self.trail.pop()
        elif key == "OFFSET":
            self._set(offset=_vector(words[1:]))
        elif key == "CHANNELS":
            self._channels(words[1:])
        elif key == "HIERARCHY" and not self.begun:
            self.begun = True
        else:
            raise ValueError("expected ROOT, JOINT, End Site, OFFSET, CHANNELS or a brace")

    def _open(self, key: str, name: str) -> None:
        if not self.opened:
            raise ValueError("the joint before has no brace")
        if (key == "ROOT") is bool(self.links) or (key != "ROOT" and not self.trail):
            raise ValueError("expected one ROOT, and all joints below it")
        if key != "END" and not name:
            raise ValueError("a joint without a name")
        if len(self.links) >= MAX_LINKS:
            raise SourceError("unsafe", f"more than {MAX_LINKS} joints")
        self.links.append(Link(name, self.trail[-1] if self.trail else -1))
        self.trail.append(len(self.links) - 1)
        self.opened = False

    def _set(self, **changes: Any) -> None:
        at = self.trail[-1]
        self.links[at] = replace(self.links[at], **changes)

    def _channels(self, words: list[str]) -> None:
        found = [_CHANNEL.fullmatch(word) for word in words[1:]]
        if int(words[0]) != len(found) or None in found:
            raise ValueError(f"expected {words[0]} channels like Xposition or Zrotation")
        kinds: dict[str, list[tuple[int, int]]] = {"position": [], "rotation": []}
        for column, match in enumerate(filter(None, found), self.columns):
            kinds[match[2].lower()].append((AXES.index(match[1].lower()), column))
        if self.links[self.trail[-1]].turns or self.links[self.trail[-1]].moves:
            raise ValueError("channels a second time")
        self._set(moves=tuple(kinds["position"]), turns=tuple(kinds["rotation"]))
        self.columns += len(found)


def _vector(words: list[str]) -> Vector:
    x, y, z = (float(word) for word in plain_numbers(" ".join(words), 3).split())
    if not np.isfinite((x, y, z)).all():
        raise SourceError("non_finite", f"an offset {x} {y} {z}")
    return x, y, z


def plain_numbers(row: str, count: int) -> str:
    """A row of numbers with decimal points: commas are those of decimals, or stand between them.

    Args:
        row: As in the file.
        count: How many numbers it should have.

    Example:
        >>> plain_numbers("0,5 1,25 3", 3), plain_numbers("0.5, 1.25,3", 3)
        ('0.5 1.25 3', '0.5  1.25 3')
    """
    return row.replace(",", "." if _has_decimal_commas(row, count) else " ")


def _has_decimal_commas(row: str, count: int) -> bool:
    words = row.split()
    return len(words) == count and not any(word.endswith(",") for word in words)


def _motion(text: str, columns: int) -> tuple[Raw, float, int]:
    """Rows [T, C], seconds a frame, and the frames that are claimed."""
    if columns == 0:
        raise SourceError("format", "a hierarchy without channels", expected="at least one")
    if text.count("\n") > MAX_ROWS:
        raise SourceError("unsafe", f"more than {MAX_ROWS} lines")
    lines = [line for line in text.split("\n") if line.strip()]
    lines = [line for line in lines if not line.lstrip().startswith(("#", "//"))]
    declared, lines = _stated(lines, "Frames:")
    frame_time, lines = _stated(lines, "Frame Time:")
    if declared != int(declared) or declared < 0 or not 0 < frame_time < 1e6:
        found = f"Frames: {declared:g}, Frame Time: {frame_time:g}"
        raise SourceError("format", found, expected="a count, and seconds above 0")
    values = _rows(lines, columns)
    if len(values) < declared:
        expected = f"{declared:g}, as the file says"
        raise SourceError("truncated", f"{len(values)} frames", expected=expected)
    return values, frame_time, int(declared)


def _stated(lines: list[str], key: str) -> tuple[float, list[str]]:
    """The number that is stated first, ``key: number``, and the lines behind it."""
    if not lines:
        raise SourceError("truncated", "the file ends", expected=f"a line '{key}'")
    head = "\n".join(line[:_WIDEST] for line in lines[:_HEAD_LINES])
    match = _STATED.match(head)
    try:
        if match is None or _letters(match[1]) != _letters(key):
            raise ValueError
        number = float(match[2].replace(",", "."))
    except ValueError:
        found = " ".join(lines[0][:_WIDEST].split())
        raise SourceError("format", f"{found!r}", expected=f"'{key}' and a number") from None
    if not np.isfinite(number):
        raise SourceError("format", f"{key} {number}", expected="a number")
    at = head.count("\n", 0, match.end())
    rest = lines[at][match.end() - head.rfind("\n", 0, match.end()) - 1 :]
    return number, [rest, *lines[at + 1 :]] if rest.strip() else lines[at + 1 :]


def _letters(key: str) -> str:
    return re.sub(r"[^a-z]", "", key.lower())


def _rows(lines: list[str], columns: int) -> Raw:
    """[T, C] numbers; a row that ends early is a cut file if it is the last."""
    if not lines:
        return np.zeros((0, columns))
    if any("," in line for line in lines):
        mark = "." if all(_has_decimal_commas(line, columns) for line in lines) else " "
        lines = [line.replace(",", mark) for line in lines]
    long = next((i for i, line in enumerate(lines) if len(line) > _WIDEST * columns), None)
    if long is not None:
        found = f"a row of {len(lines[long])} characters"
        raise SourceError("format", found, expected=f"{columns} numbers", where=f"frame {long}")
    last = len(lines[-1].split())
    if last < columns and (len(lines) == 1 or len(lines[0].split()) == columns):
        where = f"frame {len(lines) - 1}"
        raise SourceError("truncated", f"{last} numbers", expected=f"{columns}", where=where)
    values = _numbers(lines)
    if values.shape[1] != columns:
        expected = f"{columns}, a number a channel"
        raise SourceError("format", f"rows of {values.shape[1]} numbers", expected=expected)
    values[np.isinf(values)] = np.nan
    return values


def _numbers(lines: list[str]) -> Raw:
    """[T, C]; what is written for a missing number is looked for only where there is such."""
    try:
        return np.loadtxt(lines, dtype=np.float64, comments=None, ndmin=2)
    except ValueError:
        lines = [missing_as_nan(line) for line in lines]
    try:
        return np.loadtxt(lines, dtype=np.float64, comments=None, ndmin=2)
    except ValueError as error:
        raise SourceError("format", f"frames that are no rows of numbers ({error})") from None
