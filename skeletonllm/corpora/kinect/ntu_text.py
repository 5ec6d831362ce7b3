"""The grammar of an NTU ``.skeleton`` file: from text to one flat table of bodies.

Counts in the file are claims: they are checked against the lines that are there, and nothing is
allocated by them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skeletonllm.errors import SourceError

JOINTS = 25
COUNTS = (JOINTS, 32, 20)
"""Joints of a body: of Kinect v2, which the corpus has; of Azure Kinect and of Kinect v1, which
people record into the same grammar."""

_HEADER_FIELDS, _JOINT_FIELDS = 10, 12
_KEPT = (0, 1, 2, 7, 8, 9, 10, 11)
"""Columns of a joint line that are kept: position, orientation, tracking state."""


@dataclass(frozen=True, eq=False)
class Records:
    """N bodies, in file order.

    Args:
        frames: Frames of the file, with or without bodies.
        frame: Frame of each body, int64 [N].
        ids: Body id of each, as text.
        values: x y z, orientation w x y z, tracking state; float64 [N, J, 8], J of :data:`COUNTS`.
    """

    frames: int
    frame: npt.NDArray[np.int64]
    ids: tuple[str, ...]
    values: npt.NDArray[np.float64]


def parse(text: str) -> Records:
    """Read a whole file.

    Raises:
        SourceError: ``truncated`` where the text ends early, ``format`` where a line is not what
            the grammar says; the message names the line.
    """
    return _Parser(text).run()


class _Parser:
    """A cursor over the lines, and what was gathered so far."""

    def __init__(self, text: str) -> None:
        self.lines = text.rstrip().split("\n")
        self.at = 0
        self.frame: list[int] = []
        self.ids: list[str] = []
        self.starts: list[int] = []
        self.joints = 0

    def run(self) -> Records:
        frames = self._count("frame count")
        for frame in range(frames):
            for _ in range(self._count(f"body count of frame {frame}")):
                self._body(frame)
        if self.at < len(self.lines):
            raise self._error(f"{len(self.lines) - self.at} lines after the last frame")
        return Records(frames, np.array(self.frame, np.int64), tuple(self.ids), self._values())

    def _body(self, frame: int) -> None:
        header = self._fields("body line", _HEADER_FIELDS)
        joints = self._count("joint count")
        if joints not in COUNTS or self.joints not in (0, joints):
            self.at -= 1
            expected = f"{self.joints}, as before" if self.joints else f"{JOINTS}"
            raise self._error(f"{joints} joints", expected)
        self.joints = joints
        self.frame.append(frame)
        self.ids.append(header[0])
        self.starts.append(self.at)
        self.at += joints
        if self.at > len(self.lines):
            raise self._early(f"joint {len(self.lines) - self.at + joints} of a body")

    def _fields(self, what: str, count: int) -> list[str]:
        if self.at >= len(self.lines):
            raise self._early(what)
        fields = self.lines[self.at].split()
        if len(fields) != count:
            raise self._error(f"{len(fields)} fields", f"a {what} of {count}")
        self.at += 1
        return fields

    def _count(self, what: str) -> int:
        (field,) = self._fields(what, 1)
        if not (field.isascii() and field.isdigit() and len(field) < 10):
            self.at -= 1
            raise self._error(f"{field[:40]!r}", f"a {what}")
        return int(field)

    def _values(self) -> npt.NDArray[np.float64]:
        joints = self.joints or JOINTS
        numbers = [i for start in self.starts for i in range(start, start + joints)]
        rows = [self.lines[i] for i in numbers]
        for number, row in zip(numbers, rows, strict=True):
            if (found := len(row.split())) != _JOINT_FIELDS:
                self.at = number
                raise self._error(f"{found} fields", f"a joint line of {_JOINT_FIELDS}")
        if not rows:
            return np.zeros((0, joints, len(_KEPT)))
        try:
            table = np.loadtxt(rows, usecols=_KEPT, comments=None, ndmin=2)
        except ValueError as error:
            raise SourceError("format", f"a joint that is no number ({error})") from None
        return table.reshape(-1, joints, len(_KEPT))

    def _error(self, found: str, expected: str | None = None) -> SourceError:
        """An error at the current line; on the last line it means that the file was cut."""
        cut = self.at == len(self.lines) - 1 and self.at > 0
        code = "truncated" if cut else "format"
        return SourceError(code, found, expected=expected, where=f"line {self.at + 1}")

    def _early(self, what: str) -> SourceError:
        where = f"line {len(self.lines) + 1}"
        return SourceError("truncated", "the file ends", expected=f"a {what}", where=where)
