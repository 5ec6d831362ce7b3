"""The grammar of Acclaim files: ``.asf``, a skeleton, and ``.amc``, its motion.

A bone of the skeleton has a direction and a length in the axes of the world, the axes its angles
are about, and the angles it has (``dof``). A frame of the motion is its number and a line a bone:

    :bonedata                               :FULLY-SPECIFIED
      begin                                 :DEGREES
         name lfemur                        1
         direction 0.34 -0.94 0             root 10.4 16.7 -30.1 -2.4 -9.8 -3.0
         length 7.1578                      lfemur 3.1 -4.9 1.7
         axis 0 0 20 XYZ                    ...
         dof rx ry rz
      end

The angles of a bone turn about fixed axes, the first of its ``dof`` first. The joint that bears a
bone's name is where the bone begins; its end is where the next ones begin, or an end site.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from skeletonllm.corpora.rigs.forward_kinematics import (
    AXES,
    MAX_LINKS,
    Link,
    Quaternion,
    Vector,
    euler_to_quaternions,
)
from skeletonllm.errors import SourceError

MAX_LINES = 2 << 20
_COMMENT = re.compile(r"(?<!\d[.,])#.*")
"""Not the ``#`` of ``-1.#IND``, which is what Windows prints for a number that is none."""

_WIDEST = 400
"""Most characters of a line; a bone has at most seven numbers."""


@dataclass
class Bone:
    """A bone as the skeleton file states it; ``axis`` in degrees."""

    name: str
    direction: Vector = (0.0, 0.0, 0.0)
    length: float = 0.0
    axis: Vector = (0.0, 0.0, 0.0)
    order: str = "xyz"
    dof: tuple[str, ...] = ()

    @property
    def end(self) -> Vector:
        """From its beginning to its end, in the skeleton's rest pose."""
        x, y, z = (self.length * part for part in self.direction)
        return x, y, z

    @property
    def axes(self) -> Quaternion:
        """Its own axes as a rotation."""
        return euler_to_quaternions(self.order, self.axis)


@dataclass
class Skeleton:
    """What a ``.asf`` file holds; the root is the first bone.

    Args:
        bones: By name.
        position: Of the root, before the motion.
        parents: Name of each bone's parent.
        length: The file's scale: a length of the file is 1 / ``length`` inches.
        degrees: Whether its angles are degrees.
    """

    bones: dict[str, Bone] = field(default_factory=lambda: {"root": Bone("root")})
    position: Vector = (0.0, 0.0, 0.0)
    parents: dict[str, str] = field(default_factory=dict)
    length: float = 1.0
    degrees: bool = True

    def chain(self) -> tuple[Link, ...]:
        """The links of the skeleton, with the columns of :func:`parse_amc`.

        Raises:
            SourceError: ``format`` for a bone that no parent leads to.
        """
        columns = dict(zip(self.bones, np.cumsum([0, *self._widths()]).tolist(), strict=False))
        children: dict[str, list[str]] = {name: [] for name in self.bones}
        for name, parent in self.parents.items():
            children[parent].append(name)
        links: list[Link] = []
        waiting: list[tuple[str, int]] = [("root", -1)]
        while waiting:
            name, on = waiting.pop()
            offset = self.bones[links[on].name].end if on >= 0 else self.position
            links.append(_link(self.bones[name], on, offset, columns[name]))
            waiting += [(child, len(links) - 1) for child in reversed(children[name])]
        if len(links) < len(self.bones):
            lost = sorted(set(self.bones) - {link.name for link in links})
            raise SourceError("format", f"bones that hang on nothing: {', '.join(lost[:5])}")
        ends = [i for i, link in enumerate(links) if i and not children[link.name]]
        return (*links, *(Link("", i, self.bones[links[i].name].end) for i in ends))

    def _widths(self) -> list[int]:
        return [len(bone.dof) for bone in self.bones.values()]


def parse_asf(text: str) -> Skeleton:
    """Read a skeleton.

    Raises:
        SourceError: ``format`` where a line is not what the grammar says, ``truncated`` where there
            is no hierarchy, ``unsafe``.
    """
    skeleton, section, current = Skeleton(), "", Bone("")
    for number, line in lines_of(text):
        words = line.split()
        if words[0].startswith(":"):
            section = words[0].lower()
            continue
        try:
            if section == ":units":
                _units(skeleton, words)
            elif section == ":root":
                _root(skeleton, words)
            elif section == ":bonedata":
                current = _bone(skeleton, current, words)
            elif section == ":hierarchy":
                _family(skeleton, words)
        except (ValueError, IndexError, KeyError) as error:
            found = f"{' '.join(words)[:60]!r} ({error})"
            where = f"skeleton file, line {number}"
            raise SourceError("format", found, where=where) from None
    if section != ":hierarchy" or not skeleton.parents:
        code = "truncated" if section else "format"
        raise SourceError(code, "no hierarchy", expected="a section :hierarchy", where="skeleton")
    if not skeleton.degrees:
        for bone in skeleton.bones.values():
            x, y, z = np.degrees(bone.axis).tolist()
            bone.axis = (x, y, z)
    return skeleton


def lines_of(text: str) -> Iterator[tuple[int, str]]:
    """Number and content of every line that says something."""
    if text.count("\n") > MAX_LINES:
        raise SourceError("unsafe", f"more than {MAX_LINES} lines")
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > _WIDEST and not line.startswith("#"):
            found = f"a line of {len(line)} characters"
            raise SourceError("format", found, where=f"line {number}")
        content = (_COMMENT.sub("", line) if "#" in line else line).strip()
        if content:
            yield number, content


def _link(bone: Bone, parent: int, offset: Vector, start: int) -> Link:
    """The joint where a bone begins. Fixed axes, first to last, are moving ones, last to first."""
    moves = [(AXES.index(d[1]), start + i) for i, d in enumerate(bone.dof) if d[0] == "t"]
    turns = [(AXES.index(d[1]), start + i) for i, d in enumerate(bone.dof) if d[0] == "r"]
    return Link(bone.name, parent, offset, tuple(moves), tuple(turns[::-1]), bone.axes)


def _units(skeleton: Skeleton, words: list[str]) -> None:
    key = words[0].lower()
    if key == "length":
        skeleton.length = float(words[1])
        if not 0 < skeleton.length < 1e9:
            raise ValueError("expected a length above 0")
    elif key == "angle":
        skeleton.degrees = words[1].lower().startswith("deg")


def _root(skeleton: Skeleton, words: list[str]) -> None:
    root, key = skeleton.bones["root"], words[0].lower()
    if key == "order":
        root.dof = _dof(words[1:], "tr")
    elif key == "axis":
        root.order = _order(words[1])
    elif key == "position":
        skeleton.position = _vector(words[1:4])
    elif key == "orientation":
        root.axis = _vector(words[1:4])


def _bone(skeleton: Skeleton, current: Bone, words: list[str]) -> Bone:
    """Take one line of a bone; gives the bone it belongs to."""
    key = words[0].lower()
    if key == "begin":
        return Bone("")
    if key == "name":
        current.name = words[1].lower()
        if current.name in skeleton.bones or len(skeleton.bones) >= MAX_LINKS // 2:
            raise ValueError("a bone a second time, or too many of them")
        skeleton.bones[current.name] = current
    elif key == "direction":
        current.direction = _vector(words[1:4])
    elif key == "length":
        current.length = _vector([words[1], "0", "0"])[0]
    elif key == "axis":
        current.axis, current.order = _vector(words[1:4]), _order(words[4])
    elif key == "dof":
        current.dof = _dof(words[1:], "r")
    return current


def _family(skeleton: Skeleton, words: list[str]) -> None:
    if words[0].lower() in ("begin", "end"):
        return
    parent, *children = (word.lower() for word in words)
    for name in (parent, *children):
        if name not in skeleton.bones:
            raise ValueError(f"no bone {name}")
    for child in children:
        if child in skeleton.parents or child == "root":
            raise ValueError(f"a second parent of {child}")
        skeleton.parents[child] = parent


def _dof(words: list[str], kinds_of: str) -> tuple[str, ...]:
    kinds = tuple(word.lower() for word in words)
    known = {kind + axis for kind in kinds_of for axis in AXES}
    if len(set(kinds)) != len(kinds) or not set(kinds) <= known:
        raise ValueError(f"expected some of {' '.join(sorted(known))}")
    return kinds


def _order(word: str) -> str:
    if sorted(word.lower()) != list(AXES):
        raise ValueError("expected an order like XYZ")
    return word.lower()


def _vector(words: list[str]) -> Vector:
    x, y, z = (float(word) for word in words)
    if not np.isfinite((x, y, z)).all():
        raise ValueError("expected finite numbers")
    return x, y, z
