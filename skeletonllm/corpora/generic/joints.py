"""Joints of a lab's own skeleton, and how the columns of a table are called after them.

Joints may be written as the lab writes them (``LShoulder``, ``Knee.R``): they are read by
:mod:`skeletonllm.corpora.rigs.joint_words`, and the columns keep the lab's names. A column is found
by its exact name, else in any case, else by the joint that its name means.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from skeletonllm.corpora.formats.sheet_numbers import is_cell
from skeletonllm.corpora.generic.keys import Keys
from skeletonllm.corpora.rigs.joint_words import joint_of_word
from skeletonllm.errors import SourceError, UsageError
from skeletonllm.topology import VOCABULARY, Topology, get_topology, register_topology

TEMPLATE = "{joint}_{axis}"
TEMPLATES = (
    TEMPLATE, "{joint}.{axis}", "{joint} {axis}", "{axis}_{joint}", "{joint}{axis}",
    "{joint}:{axis}", "{joint}-{axis}", "{joint}/{axis}", "{joint} ({axis})", "{joint}_pos_{axis}",
    "{joint}_position_{axis}", "{joint}_position.{axis}", "{joint}.position.{axis}",
    "{axis}{joint}", "{axis} {joint}", "{axis}.{joint}", "{joint}[{axis}]",
)  # fmt: skip
"""How columns are called where the YAML does not say it, the most usual first."""


_UNIT = re.compile(
    r"\s*[(\[]\s*([cm]?m|in|inch(?:es)?|ft|feet|px|pixels?|(?:centi|milli)?met(?:er|re)s?)\s*[)\]]$",
    re.I,
)

MOST_COLUMNS = 10_000
"""Columns whose names are read as words."""

MIN_COLUMNS = 2
"""Columns from which on a line may be a head."""

LONGEST = 200
"""Characters of a template of columns."""

TOLD = 6
"""Absent columns that a sentence names."""


TRUST = "{joint}_c"
"""How the confidence of a joint is called once a row a joint has become a row a frame."""


LABEL_WORDS = ("joint", "keypoint", "landmark", "marker", "bodypart", "point", "jointname", "name")
"""Names of a column of joints in a table with a row a joint, as letters."""


@dataclass(frozen=True)
class RowJoints:
    """Columns of a table with a row a joint.

    Args:
        joint: Which joint a row is.
        axes: How the columns of x, y and z are called: ``{axis}``, ``pos_{axis}``.
        trust: The confidence, or empty.
    """

    joint: str
    axes: str
    trust: str

    def count(self, head: Sequence[str]) -> int:
        """How many of the columns a head has.

        Args:
            head: Names of columns.
        """
        there = {fold(name) for name in head}
        wanted = [self.joint, *(self.axes.replace("{axis}", axis) for axis in "xyz")]
        return sum(fold(name) in there for name in wanted)


@dataclass(frozen=True)
class Joints:
    """Joints and their columns.

    Args:
        topology: The skeleton.
        names: What the file calls each joint.
        templates: How columns may be called: ``{joint}_{axis}``.
        lists: Columns of each joint, where they are said one by one; else empty.
        confidence: Template of the columns of confidence, or empty.
        rows: Of a table with a row a joint: its columns.
    """

    topology: Topology
    names: tuple[str, ...]
    templates: tuple[str, ...]
    lists: tuple[tuple[str, ...], ...]
    confidence: str
    rows: RowJoints | None = None

    def columns(self, template: str) -> tuple[tuple[str, ...], ...]:
        """Columns of each joint.

        Args:
            template: How they are called; not asked where the YAML lists them.
        """
        if self.lists:
            return self.lists
        axes = "xyz"[: self.topology.dims]
        filled = [template.replace("{joint}", name) for name in self.names]
        return tuple(tuple(text.replace("{axis}", axis) for axis in axes) for text in filled)

    def trust_columns(self) -> tuple[str, ...]:
        """Columns of the confidence of each joint, if they are said."""
        said = "{joint}" in self.confidence
        return tuple(self.confidence.replace("{joint}", n) for n in self.names) if said else ()

    def count(self, head: Sequence[str]) -> int:
        """How many of the columns a head has.

        Args:
            head: Names of columns.
        """
        if len(head) < MIN_COLUMNS or not any(map(str.isalpha, "".join(head)[:1000])):
            return 0
        most, named = 0, Names.of(head)
        for template in self.templates:
            most = max(most, len(self._exact(template, named)))
            if most == self.total:
                return most
        return most or max(len(self._found(template, named)) for template in self.templates)

    @cached_property
    def total(self) -> int:
        """How many columns there are to be found."""
        return len(self.topology) * self.topology.dims + len(self.trust_columns())

    @cached_property
    def _wanted(self) -> dict[str, tuple[tuple[str, str], ...]]:
        """Columns by template, each also without regard to case and blanks."""
        flat = {t: [name for names in self.columns(t) for name in names] for t in self.templates}
        trust = self.trust_columns()
        return {t: tuple((n, fold(n)) for n in (*names, *trust)) for t, names in flat.items()}

    def find(self, head: Sequence[str]) -> tuple[list[str], list[str]]:
        """Names in the head of all coordinates, and of all confidences.

        Args:
            head: Names of columns.

        Raises:
            SourceError: ``format``: all absent columns are named, and one that is there twice.
        """
        named = Names.of(head)
        every = ((self._found(template, named), template) for template in self.templates)
        found, best = next((pair for pair in every if len(pair[0]) == self.total), ({}, ""))
        if not best:
            pairs = [(self._found(template, named), template) for template in self.templates]
            found, best = max(pairs, key=lambda pair: len(pair[0]))
        wanted = [name for names in self.columns(best) for name in names]
        absent = [name for name in wanted if name not in found]
        absent += [name for name in self.trust_columns() if name not in found]
        if absent:
            more = f" and {len(absent) - TOLD} more" if len(absent) > TOLD else ""
            said = f"no column {', '.join(absent[:TOLD])[:400]}{more}"
            expected = f"those of the YAML, not {[*head][:8]}"
            expected += _advice(head)
            raise SourceError("format", said, expected=expected)
        counted = Counter(head)
        twice = next((found[name] for name in wanted if counted[found[name]] > 1), None)
        if twice is not None:
            raise SourceError("format", f"the column {twice!r:.200} twice")
        return [found[name] for name in wanted], [found[name] for name in self.trust_columns()]

    def _found(self, template: str, head: Names) -> dict[str, str]:
        """Names in the head by the names that are looked for."""
        found = self._exact(template, head)
        if self.lists or len(found) == self.total:
            return found
        by_word = _by_word(template, head.names)
        for joint, names in zip(self.topology.joints, self.columns(template), strict=True):
            for axis, name in zip("xyz", names, strict=False):
                if name not in found and (joint, axis) in by_word:
                    found[name] = by_word[joint, axis]
        return found

    def _exact(self, template: str, head: Names) -> dict[str, str]:
        """As :meth:`_found`, by spelling alone; its case does not count."""
        there = {}
        for name, folded in self._wanted[template]:
            own = name if name in head.exact else head.folded.get(folded)
            if own is not None:
                there[name] = own
        return there


@dataclass(frozen=True)
class Names:
    """Names of columns, to be looked up exactly, and without regard to case and blanks."""

    names: tuple[str, ...]
    exact: frozenset[str]
    folded: dict[str, str]

    @classmethod
    def of(cls, head: Sequence[str]) -> Names:
        """Of a head; of several that differ in case, the first."""
        return cls(tuple(head), frozenset(head), {fold(name): name for name in reversed(head)})


def split_unit(name: str) -> tuple[str, str]:
    """The name of a column without the unit that it may bear in brackets, and the unit.

    Example:
        >>> split_unit("Left Knee X (mm)"), split_unit("hip_x")
        (('Left Knee X', 'mm'), ('hip_x', ''))
    """
    match = _UNIT.search(name[-40:])
    return (name[: -len(match[0])], match[1].lower()) if match else (name, "")


@lru_cache(8192)
def fold(name: str) -> str:
    """A name of a column without regard to case, blanks and the unit that it may bear."""
    return " ".join(split_unit(name)[0].casefold().split())


@lru_cache(256)
def pattern_of(template: str) -> re.Pattern[str]:
    """What a template of columns matches, with the groups ``joint`` and ``axis``.

    Example:
        >>> pattern_of("{joint}.{axis}").fullmatch("LHip.X")["joint"]
        'LHip'
    """
    kinds = {"{joint}": "(?P<joint>.+?)", "{axis}": "(?P<axis>[xyz])"}
    pieces = []
    for part in re.split(r"(\{joint\}|\{axis\})", template):
        pieces.append(kinds.get(part) or re.escape(part))
        if part in kinds:
            kinds[part] = f"(?P={part[1:-1]})"  # the same again
    return re.compile("".join(pieces), re.IGNORECASE)


def _by_word(template: str, head: Sequence[str]) -> dict[tuple[str, str], str]:
    """Columns by the joint and axis that their names mean, where that is one column."""
    pattern = pattern_of(template)
    found: dict[tuple[str, str], str] = {}
    twice: set[tuple[str, str]] = set()
    for name in head[:MOST_COLUMNS]:
        match = pattern.fullmatch(split_unit(name)[0][:100])
        joint = joint_of_word(match["joint"]) if match else None
        if match and joint:
            key = joint, match["axis"].lower()
            twice |= {key} & found.keys()
            found[key] = name
    return {key: name for key, name in found.items() if key not in twice}


def take_joints(keys: Keys) -> Joints | None:
    """Joints and columns of a YAML; None where they are wrong, with faults.

    Args:
        keys: Of the YAML; those of joints and columns are taken.
    """
    topology, own = _topology(keys)
    given = keys.take("columns", "", _is_template_or_lists, "a text or joint: [x, y]")
    renamed = keys.take("rename", {}, _is_renaming, "joint: its name")
    trust = keys.content.get("confidence")
    column = keys.text("joint")
    if isinstance(given, str) and given and ("{joint}" in given) == bool(column):
        expected = "{axis} alone beside joint:" if column else "{joint} and {axis}"
        keys.fault("columns", f"{given!r:.60}, expected {expected}")
    if topology is None:
        return None
    spelled = dict(zip(topology.joints, own, strict=True)) if own else {}
    back = {name: joint for joint, name in spelled.items()}
    lists = given if isinstance(given, dict) else {}
    renamed = {back.get(joint, joint): name for joint, name in renamed.items()}
    lists = {back.get(joint, joint): names for joint, names in lists.items()}
    strange = sorted({*map(str, renamed), *map(str, lists)} - {*topology.joints})
    if strange:
        at = "columns" if lists else "rename"
        keys.fault(at, f"no joints of {topology.name}: {', '.join(strange)}")
    short = [j for j in topology.joints if lists and len(lists.get(j, ())) != topology.dims]
    if short:
        keys.fault("columns", f"not {topology.dims} for {', '.join(short)}")
    names = tuple(renamed.get(joint, spelled.get(joint, joint)) for joint in topology.joints)
    return Joints(
        topology,
        names,
        (TEMPLATE,) if column else (given,) if isinstance(given, str) and given else TEMPLATES,
        tuple(tuple(lists[joint]) for joint in topology.joints) if lists and not short else (),
        (TRUST if column and trust else trust) if isinstance(trust, str) else "",
        RowJoints(column, given if isinstance(given, str) and given else "{axis}", trust or "")
        if column and isinstance(trust, str | None)
        else None,
    )


def _topology(keys: Keys) -> tuple[Topology | None, tuple[str, ...]]:
    """A registered topology by its name, or one of joints and bones under a name of its own.

    With it the joints as they are written, for a new one.
    """
    name = keys.take("topology", None, lambda v: isinstance(v, str) and bool(v), "a name")
    joints = keys.take("joints", [], _is_texts, "a list of different joint names")
    bones = keys.take("bones", [], _are_bones, "a list of pairs [proximal, distal]")
    dims = keys.take("dims", 3, lambda v: v in (2, 3), "2 or 3")
    if name is None:
        return None, ()
    if not joints:
        return _registered(keys, name), ()
    words = _words(keys, joints)
    if words is None:
        return None, ()
    place = {name: i for names in (words, joints) for i, name in enumerate(names)}
    ends = [end for bone in bones for end in bone]
    if strange := sorted({end for end in ends if end not in place}):
        keys.fault("bones", f"{', '.join(strange)}, expected ends among the joints")
        return None, ()
    pairs = tuple((place[a], place[b]) for a, b in bones)
    try:
        made = Topology(name, tuple(words), pairs, dims, "a lab's own YAML")
        return register_topology(made), tuple(joints)
    except UsageError as error:
        keys.fault("topology", str(error))
        return None, ()


def _words(keys: Keys, joints: list[str]) -> list[str] | None:
    """Joints as words of the vocabulary; None where two mean the same."""
    words = []
    for joint in joints:
        known = joint.partition(".")[0] in VOCABULARY
        words.append(joint if known else joint_of_word(joint) or joint)
    counts = Counter(words)
    for word, count in counts.items():
        if count > 1:
            same = [joint for joint, own in zip(joints, words, strict=True) if own == word]
            sentence = f"{' and '.join(same)} both mean {word}, expected one as {word}.own_name"
            keys.fault("joints", sentence)
            return None
    return words


def _registered(keys: Keys, name: str) -> Topology | None:
    try:
        return get_topology(name)
    except UsageError as error:
        keys.fault("topology", f"{error}, or give its joints: and bones:")
        return None


def _is_texts(value: Any) -> bool:
    texts = isinstance(value, list) and all(isinstance(v, str) and v for v in value)
    return texts and len(set(value)) == len(value)


def _are_bones(value: Any) -> bool:
    return isinstance(value, list) and all(_is_texts(bone) and len(bone) == 2 for bone in value)


def _is_template_or_lists(value: Any) -> bool:
    if isinstance(value, str):
        return not value or ("{axis}" in value and len(value) <= LONGEST)
    return isinstance(value, Mapping) and all(_is_texts(names) for names in value.values())


def _is_renaming(value: Any) -> bool:
    return isinstance(value, dict) and _is_texts(list(value.values()))


def _letters(name: str) -> str:
    return "".join(filter(str.isalpha, name.lower()))


def _advice(head: Sequence[str]) -> str:
    """What to say in the YAML of a table whose head has none of the columns."""
    if sum(map(is_cell, head)) * 2 > len(head):
        return " (numbers; with no head, say header_rows: 0)"
    axes = {"x", "y"} <= {name.lower() for name in head}
    label = next((name for name in head if _letters(name) in LABEL_WORDS), "")
    if axes and label:
        return f" (a row a joint? Say joint: {label:.60}, the column of their names)"
    return ""
