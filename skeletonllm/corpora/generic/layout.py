"""The YAML that says what the numbers of a lab's own files mean; see docs/CORPORA.md.

It lies beside a file as ``<name>.yaml``, or as ``skeleton.yaml`` in its folder or one of the three
above it. Everything that is wrong with it is said at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import PurePosixPath
from typing import Any

import yaml

from skeletonllm.corpora.files import decode, load
from skeletonllm.corpora.formats.archives import locate, name_beside
from skeletonllm.corpora.formats.packed import without_gz
from skeletonllm.corpora.reader import Source
from skeletonllm.errors import SourceError, UsageError
from skeletonllm.topology import Topology, get_topology, register_topology

NAME = "skeleton.yaml"
ABOVE = 3
"""Folders above that of a file in which its YAML is looked for."""

MAX_BYTES = 64 << 10
METRES = {"m": 1.0, "cm": 0.01, "mm": 0.001, "inch": 0.0254, "px": 1.0, "none": 1.0}
"""Metres of each unit; pixels, and the unit of a corpus that has none, are kept as they are."""

UPS = ("x", "y", "z", "-x", "-y", "-z")
AXES = ("frame", "person", "joint", "axis")
FACTS = ("label", "subject", "camera", "setup", "repetition")
MAX_DEPTH = 16
"""Deepest nesting of a YAML; a layout needs three."""

_MARKS = re.compile(r"(?:[-?:][ \t]+)+")
_FIELD = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Layout:
    """What a YAML says, with its defaults.

    Args:
        columns: Of a table: names of the columns of each joint, in the order of the topology.
        confidence: Of a table: column of each joint's confidence, or empty.
        order: Of an array: what its axes are, of :data:`AXES`.
        missing: What marks a missing joint: ``nan``, or ``zero`` for all coordinates zero.
        name: Matches the end of a source's id, with the fields of :data:`FACTS` as groups.
    """

    topology: Topology
    fps: float
    units: str
    up: str
    handed: str
    space: str
    image_size: tuple[int, int] | None
    missing: str
    columns: tuple[tuple[str, ...], ...]
    confidence: tuple[str, ...]
    frame: str
    person: str
    array: str
    order: tuple[str, ...]
    labels: tuple[str, ...]
    name: re.Pattern[str] | None


def layout_of(source: Source) -> Layout:
    """The layout that holds for a file.

    Raises:
        SourceError: ``format`` if there is none, or with everything that is wrong with it; what
            :func:`load` raises; ``unsafe`` for aliases.
    """
    fs, path = locate(source.uri)
    file = PurePosixPath(without_gz(path))
    candidates = [file.with_suffix(".yaml"), *(above / NAME for above in file.parents)]
    for candidate in candidates[: ABOVE + 2]:
        if fs.exists(str(candidate)):
            uri = name_beside(source.uri, fs, str(candidate))
            data = load(Source(uri, candidate.stem, 0), MAX_BYTES)
            return parse_layout(decode(data), str(candidate))
    found = f"no {file.stem}.yaml beside it, and no {NAME} beside or above it"
    raise SourceError("format", found, expected="one that says what it holds: docs/CORPORA.md")


def parse_layout(text: str, where: str = NAME) -> Layout:
    """The layout of a YAML's text.

    Args:
        text: The YAML.
        where: Its name, for the sentence of an error.

    Raises:
        SourceError: ``format`` with all faults, ``unsafe`` for aliases (a few nested ones stand for
            more than fits into memory).

    Example:
        >>> parse_layout("topology: kinect_v1\\nfps: 30\\nunits: mm").columns[0]
        ('pelvis_x', 'pelvis_y', 'pelvis_z')
    """
    keys = _Keys(_content(text, where))
    layout = _layout(keys)
    keys.faults += [f"unknown key {key!r}" for key in keys.content]
    if keys.faults or layout is None:
        raise SourceError("format", "; ".join(keys.faults), where=where)
    return layout


def _content(text: str, where: str) -> dict[str, Any]:
    if _depth(text) > MAX_DEPTH:
        raise SourceError("unsafe", "a YAML nested too deeply to be read", where=where)
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text)):
            raise SourceError("unsafe", "a YAML with aliases", expected="plain keys", where=where)
        content = yaml.safe_load(text)
    except (SourceError, MemoryError):
        raise
    except Exception as error:  # values of a wrong form make the parser raise what it likes
        found = " ".join(f"not YAML ({error})".split())[:500]
        raise SourceError("format", found, where=where) from None
    if not isinstance(content, dict):
        raise SourceError("format", f"a {type(content).__name__}", expected="keys", where=where)
    return content


def _depth(text: str) -> int:
    """At least how deep a YAML is nested; the parser takes time by the square of it."""
    open_brackets = accumulate((c in "[{") - (c in "]}") for c in text)
    marks = (len(match[0].split()) for match in _MARKS.finditer(text))
    return max(*open_brackets, *marks, 0, 0)


@dataclass
class _Keys:
    """Keys not yet taken, and what was wrong with those that were."""

    content: dict[str, Any]
    faults: list[str] = field(default_factory=list)

    def take(self, key: str, default: Any, fits: Callable[[Any], bool], expected: str) -> Any:
        """The value of a key, or the default where it is absent or wrong."""
        value = self.content.pop(key, default)
        if fits(value):
            return value
        found = "missing" if value is None else _shown(value)
        self.faults.append(f"{key}: {found}, expected {expected}")
        return default

    def choice(self, key: str, default: str | None, known: tuple[str, ...]) -> Any:
        """One of the known words."""
        return self.take(key, default, lambda value: value in known, f"one of {', '.join(known)}")

    def text(self, key: str) -> str:
        """A text, empty if absent."""
        return str(self.take(key, "", lambda value: isinstance(value, str), "a name"))


def _layout(keys: _Keys) -> Layout | None:
    topology = _topology(keys)
    fps = keys.take("fps", None, _is_rate, "frames a second, 0 to 10000")
    units = keys.choice("units", None, tuple(METRES))
    up = keys.choice("up", "y", UPS)
    handed = keys.choice("handed", "right", ("right", "left"))
    flat = topology is not None and topology.dims == 2
    space = keys.choice("space", "image" if flat else "world", ("world", "camera", "image"))
    size = keys.take("image_size", None, lambda v: v is None or _is_size(v), "[width, height]")
    if len({space == "image", units == "px", size is not None, flat}) > 1 and topology and units:
        keys.faults.append(
            "a 2D topology, space: image, units: px and image_size go together or not at all"
        )
    missing = keys.choice("missing", "nan", ("nan", "zero"))
    columns, confidence = _columns(keys, topology)
    frame, person, array = (keys.text(key) for key in ("frame", "person", "array"))
    if person and not frame:
        keys.faults.append("person: a column, expected a column of frame numbers (frame:) with it")
    order = keys.take("order", ["frame", "joint", "axis"], _is_order, f"a list of {AXES}")
    labels = keys.take("labels", [], _is_texts, "a list of different names")
    name = _name(keys)
    if topology is None or keys.faults:
        return None
    image = tuple(size) if size else None
    return Layout(
        topology, float(fps), units, up, handed, space, image, missing, columns, confidence,
        frame, person, array, tuple(order), tuple(labels), name,
    )  # fmt: skip


def _topology(keys: _Keys) -> Topology | None:
    """A registered topology by its name, or one of joints and bones under a name of its own."""
    name = keys.take("topology", None, lambda v: isinstance(v, str) and bool(v), "a name")
    joints = keys.take("joints", [], _is_texts, "a list of different joint names")
    bones = keys.take("bones", [], _are_bones, "a list of pairs [proximal, distal]")
    dims = keys.take("dims", 3, lambda v: v in (2, 3), "2 or 3")
    if name is None:
        return None
    if not joints:
        return _registered(keys, name)
    ends = {end for bone in bones for end in bone}
    if strange := sorted(ends - set(joints)):
        keys.faults.append(f"bones: {', '.join(strange)}, expected ends among the joints")
        return None
    pairs = tuple((joints.index(a), joints.index(b)) for a, b in bones)
    try:
        return register_topology(Topology(name, tuple(joints), pairs, dims, "a lab's own YAML"))
    except UsageError as error:
        keys.faults.append(f"topology: {error}")
        return None


def _registered(keys: _Keys, name: str) -> Topology | None:
    try:
        return get_topology(name)
    except UsageError as error:
        keys.faults.append(f"topology: {error}, or give its joints: and bones:")
        return None


def _columns(
    keys: _Keys, topology: Topology | None
) -> tuple[tuple[tuple[str, ...], ...], tuple[str, ...]]:
    """Columns of each joint and of its confidence, from templates or joint by joint."""
    given = keys.take("columns", "{joint}_{axis}", _is_template_or_lists, "a text or joint: [x, y]")
    trust, own = keys.text("confidence"), keys.take("rename", {}, _is_renaming, "joint: its name")
    if topology is None:
        return (), ()
    if strange := sorted({*own, *(given if isinstance(given, dict) else ())} - {*topology.joints}):
        keys.faults.append(f"no joints of {topology.name}: {', '.join(map(str, strange))}")
    axes = "xyz"[: topology.dims]
    names = [own.get(joint, joint) for joint in topology.joints]
    confidence = tuple(trust.replace("{joint}", name) for name in names) if trust else ()
    if isinstance(given, str):
        filled = (given.replace("{joint}", name) for name in names)
        return tuple(tuple(t.replace("{axis}", a) for a in axes) for t in filled), confidence
    short = [j for j in topology.joints if len(given.get(j, ())) != topology.dims]
    if short:
        keys.faults.append(f"columns: not {topology.dims} for {', '.join(short)}")
    return tuple(tuple(given.get(joint, ())) for joint in topology.joints), confidence


def _name(keys: _Keys) -> re.Pattern[str] | None:
    """``{label}_s{subject}`` as a pattern; only the label may hold underscores.

    Fields are letters and digits and never touch, so that no name takes long to match.
    """
    text = keys.text("name")
    parts = _FIELD.split(text)
    literals, fields = parts[::2], parts[1::2]
    bad = sorted(set(fields) - set(FACTS)) or len(set(fields)) < len(fields)
    if bad or any(literal.isalnum() or not literal for literal in literals[1:-1]):
        keys.faults.append(
            f"name: {text!r}, expected {', '.join(FACTS)} in braces, each at most once, "
            "with a mark such as _ between two"
        )
    if not fields or bad:
        return None
    pattern = "".join(
        f"(?P<{part}>{'[^/]+' if part == 'label' else '[0-9A-Za-z]+'})"
        if i % 2
        else re.escape(part)
        for i, part in enumerate(parts)
    )
    return re.compile(f"(?:^|.*/){pattern}")


def _shown(value: Any) -> str:
    try:
        return repr(value)[:60]
    except ValueError:  # Python writes no more than 4300 digits
        return "a number without end"


def _is_rate(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and 0 < value <= 10_000  # of any size, and NaN is not


def _is_size(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(
        isinstance(n, int) and 0 < n < 1 << 16 for n in value
    )  # fmt: skip


def _is_texts(value: Any) -> bool:
    texts = isinstance(value, list) and all(isinstance(v, str) and v for v in value)
    return texts and len(set(value)) == len(value)


def _are_bones(value: Any) -> bool:
    return isinstance(value, list) and all(_is_texts(bone) and len(bone) == 2 for bone in value)


def _is_order(value: Any) -> bool:
    return _is_texts(value) and {"frame", "joint", "axis"} <= set(value) <= set(AXES)


def _is_template_or_lists(value: Any) -> bool:
    if isinstance(value, str):
        return "{joint}" in value and "{axis}" in value
    return isinstance(value, dict) and all(_is_texts(names) for names in value.values())


def _is_renaming(value: Any) -> bool:
    return isinstance(value, dict) and _is_texts(list(value.values()))
