"""The YAML that says what the numbers of a lab's own files mean; see docs/CORPORA.md.

It lies beside a file as ``<name>.yaml`` (or ``.yml``), or as ``skeleton.yaml`` in its folder or one
of the three above it. Everything that is wrong with it is said at once, each with its line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

from skeletonllm.corpora.files import load
from skeletonllm.corpora.formats.archives import locate, name_beside
from skeletonllm.corpora.formats.packed import without_gz
from skeletonllm.corpora.formats.sheet import MARKS, Form, decode_table
from skeletonllm.corpora.formats.sheet_numbers import MISSING
from skeletonllm.corpora.generic.joints import Joints, take_joints
from skeletonllm.corpora.generic.keys import Keys, parse_keys, shown
from skeletonllm.corpora.reader import Source
from skeletonllm.corpora.toolkit.clock import SECONDS
from skeletonllm.corpora.toolkit.pictures import Size
from skeletonllm.errors import SourceError
from skeletonllm.topology import Topology

NAME = "skeleton.yaml"
ENDINGS = (".yaml", ".yml")
ABOVE = 3
"""Folders above that of a file in which its YAML is looked for."""

MAX_BYTES = 64 << 10
METRES = {
    "m": 1.0,
    "cm": 0.01,
    "mm": 0.001,
    "inch": 0.0254,
    "ft": 0.3048,
    "px": 1.0,
    "share": 1.0,
    "none": 1.0,
}
"""Metres of each unit; pixels, shares of a picture, and the unit of a corpus that has none, are
kept as they are."""

UNITS = {word: word for word in METRES} | {
    word: unit
    for unit, words in {
        "m": "metre metres meter meters",
        "cm": "centimetre centimetres centimeter centimeters",
        "mm": "millimetre millimetres millimeter millimeters",
        "inch": "in inches",
        "ft": "foot feet",
        "px": "pixel pixels pix",
        "share": "shares normalized normalised relative",
        "none": "unitless arbitrary unknown",
    }.items()
    for word in words.split()
}
"""Units by the words for them, in lower case."""

UPS = ("x", "y", "z", "-x", "-y", "-z")
_UPS = {f"{up}{after}": up for up in UPS for after in ("", "-up", " up", "_up")}
_UPS |= {f"+{word}": up for word, up in _UPS.items() if not up.startswith("-")}
_HANDS = {
    f"{word}{after}": hand
    for hand in ("right", "left")
    for word in (hand, hand[0])
    for after in ("", "-handed", " handed", "_handed", "h", "hs")
}
SPACES = ("world", "camera", "image")
AXES = ("frame", "person", "joint", "axis")
ORDER = ("frame", "joint", "axis")
FACTS = ("label", "subject", "camera", "setup", "repetition")
IN_AXIS = "axis"
"""What ``confidence:`` says of an array whose last coordinate is the confidence."""

_FIELD = re.compile(r"\{(\w+)\}")
_RANGE = re.compile(r"(\d{1,6})\s*(?:-|\.\.)\s*(\d{1,6})")
_TIME_UNITS = {word: word for word in SECONDS} | {
    "seconds": "s", "sec": "s", "second": "s", "milliseconds": "ms", "millisecond": "ms",
    "microseconds": "us", "microsecond": "us", "nanoseconds": "ns",
    "tick": "ticks", "100ns": "ticks",
}  # fmt: skip
_SEPARATORS = {mark: mark for mark in MARKS} | {
    "comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t", "space": " ", "blank": " ",
    "blanks": " ", "whitespace": " ", "pipe": "|",
}  # fmt: skip


@dataclass(frozen=True)
class Layout:
    """What a YAML says, with its defaults.

    Args:
        columns: Of a table: names of the columns of each joint, in the order of the topology.
        confidence: Of a table: column of each joint's confidence, or empty.
        order: Of an array: what its axes are, of :data:`AXES`.
        fps: None where the times say it.
        missing: Numbers that mark a missing joint; None where nothing is said. NaN always does.
        missing_words: Words that do, in lower case.
        time: Column or array of times, and their unit where it is said.
        resample: Bring uneven times to one rate.
        form: How a table is written.
        trust: What is said of confidence: a template of columns, the array of an NPZ, or ``axis``.
        order_said: Whether the order is said, and not the default.
        joint_numbers: Which joints of an array are those of the topology; empty for all.
        name: Matches the end of a source's id, with the fields of :data:`FACTS` as groups.
    """

    topology: Topology
    joints: Joints
    fps: float | None
    units: str
    up: str
    handed: str
    space: str
    image_size: tuple[int, int] | None
    missing: tuple[float, ...] | None
    missing_words: frozenset[str]
    frame: str
    person: str
    time: str
    time_unit: str | None
    resample: bool
    form: Form
    trust: str
    array: str
    order: tuple[str, ...]
    order_said: bool
    joint_numbers: tuple[int, ...]
    labels: tuple[str, ...]
    name: re.Pattern[str] | None

    @property
    def columns(self) -> tuple[tuple[str, ...], ...]:
        """Columns of each joint of a table, as they would be called by the first template."""
        return self.joints.columns(self.joints.templates[0])


def layout_of(source: Source) -> Layout:
    """The layout that holds for a file.

    Raises:
        SourceError: ``format`` if there is none, or with everything that is wrong with it; what
            :func:`load` raises; ``unsafe`` for aliases.
    """
    fs, path = locate(source.uri)
    file = PurePosixPath(without_gz(path))
    beside = [file.with_suffix(ending) for ending in ENDINGS]
    above = [*file.parents][: ABOVE + 1]
    shared = [folder / f"skeleton{ending}" for folder in above for ending in ENDINGS]
    for candidate in [*beside, *shared]:
        if fs.exists(str(candidate)):
            uri = name_beside(source.uri, fs, str(candidate))
            data = load(Source(uri, candidate.stem, 0), MAX_BYTES)
            rated = file.suffix.lower() == ".npz"  # it may hold its rate
            where = str(candidate)
            return parse_layout(decode_table(data), where, source.image_size, rated=rated)
    found = f"no {file.stem}.yaml beside it, and no {NAME} beside or above it"
    raise SourceError("format", found, expected="one that says what it holds: docs/CORPORA.md")


@lru_cache(256)
def parse_layout(
    text: str, where: str = NAME, image_size: Size | None = None, *, rated: bool = False
) -> Layout:
    """The layout of a YAML's text.

    Args:
        text: The YAML.
        where: Its name, for the sentence of an error.
        image_size: Of the pictures, as the user states it; the YAML's own is believed.
        rated: Whether the file may state its rate, so that the YAML need not.

    Raises:
        SourceError: ``format`` with all faults, ``unsafe`` for aliases (a few nested ones stand for
            more than fits into memory).

    Example:
        >>> parse_layout("topology: kinect_v1\\nfps: 30\\nunits: mm").columns[0]
        ('pelvis_x', 'pelvis_y', 'pelvis_z')
    """
    keys = parse_keys(text, where)
    layout = _layout(keys, image_size, rated)
    for key in keys.content:
        keys.faults.append(f"line {keys.lines.get(str(key), 0)}: unknown key {key!r:.60}")
    if keys.faults or layout is None:
        raise SourceError("format", "; ".join(keys.faults), where=where)
    return layout


def _layout(keys: Keys, given_size: Size | None, rated: bool) -> Layout | None:
    joints = take_joints(keys)
    topology = None if joints is None else joints.topology
    time, time_unit = keys.text("time"), keys.word("time_unit", "", _TIME_UNITS)
    fps = keys.rate("fps", needed=not time and not rated)
    units = keys.word("units", None, UNITS)
    up, handed = keys.word("up", "y", _UPS), keys.word("handed", "right", _HANDS)
    flat = topology is not None and topology.dims == 2
    space = keys.word("space", "image" if flat else "world", {s: s for s in SPACES})
    size = keys.take("image_size", None, lambda v: v is None or _is_size(v), "[width, height]")
    size = size or (given_size if flat else None)
    if topology and units:
        _check_picture(keys, flat, space, units, size is not None)
    missing, words = _missing(keys)
    frame, person, array, trust = map(keys.text, ("frame", "person", "array", "confidence"))
    if person and not (frame or time):
        keys.fault("person", "a column, expected a column of frame numbers (frame:) with it")
    resample = keys.take("resample", False, lambda v: isinstance(v, bool), "true or false")
    order_said = "order" in keys.content
    order = keys.take("order", list(ORDER), _is_order, f"a list of {AXES}")
    labels = keys.take("labels", [], _is_texts, "a list of different names")
    form, name, numbers = _form(keys), _name(keys), _joint_numbers(keys, topology)
    if joints is None or topology is None or keys.faults:
        return None
    image = tuple(size) if size else None
    return Layout(
        topology, joints, fps, units, up, handed, space, image, missing, words, frame, person,
        time, time_unit or None, resample, form, trust, array, tuple(order), order_said, numbers,
        tuple(labels), name,
    )  # fmt: skip


def _check_picture(keys: Keys, flat: bool, space: str, units: str, sized: bool) -> None:
    """Faults where some of what is said is of a picture, and something else is not."""
    holds = {
        "a skeleton of 2 dimensions (dims: 2)": flat,
        "space: image": space == "image",
        "units: px or share": units in ("px", "share"),
        "image_size: [width, height] of the pictures (or --image-size)": sized,
    }
    said = [words for words, is_so in holds.items() if is_so]
    lacking = [words for words, is_so in holds.items() if not is_so]
    if said and lacking:
        keys.faults.append(
            f"{' and '.join(words.partition(' (')[0] for words in said)}, which is of a picture, "
            f"without {' and '.join(lacking)}; these go together or not at all"
        )


def _missing(keys: Keys) -> tuple[tuple[float, ...] | None, frozenset[str]]:
    """Numbers and words that mark a missing joint."""
    said = keys.content.pop("missing", None)
    if said is None:
        return None, MISSING
    numbers: list[float] = []
    words: set[str] = set()
    for value in said if isinstance(said, list) else [said]:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if value == "zero":
            numbers.append(0.0)
        elif number and abs(value) < 1e300:
            numbers.append(float(value))
        elif value is None or isinstance(value, str):
            words.add(str(value or "").strip().lower())
            numbers += _number_in(str(value))  # YAML takes 1e10 for a text
        elif value == value:  # noqa: PLR0124 - NaN is always missing
            keys.fault("missing", f"{shown(value)}, expected nan, zero, numbers or words")
    return tuple(numbers), MISSING | words


def _number_in(text: str) -> list[float]:
    try:
        number = float(text)
    except ValueError:
        return []
    return [number] if abs(number) < 1e300 else []


def _form(keys: Keys) -> Form:
    """How a table is written, as far as it is said."""
    marks = {"", *_SEPARATORS}
    separator = keys.take(
        "separator", "", lambda v: str(v).lower() in marks, "one of , ; tab | space"
    )
    decimal = keys.take("decimal", "", lambda v: v in ("", ".", ",", "point", "comma"), ". or ,")
    comments = keys.text("comments")
    skip = keys.take("skip_rows", None, lambda v: v is None or _is_count(v, 1000), "a number")
    rows = keys.take("header_rows", 1, lambda v: _is_count(v, 5), "0 to 5")
    mark = _SEPARATORS.get(str(separator).lower(), "")
    decimal = {"point": ".", "comma": ","}.get(decimal, decimal)
    return Form(mark, decimal, comments, skip, rows, keys.text("encoding"))


def _joint_numbers(keys: Keys, topology: Topology | None) -> tuple[int, ...]:
    """Which joints of an array to take: ``0-32``, or a list of numbers."""
    said = keys.take("joint_numbers", [], _is_numbers, "numbers as 0-32 or [0, 1, 4]")
    match = _RANGE.fullmatch(said.strip()) if isinstance(said, str) else None
    numbers = tuple(range(int(match[1]), int(match[2]) + 1)) if match else tuple(said)
    if numbers and topology and len(numbers) != len(topology):
        sentence = f"{len(numbers)} numbers, expected {len(topology)}, one a joint"
        keys.fault("joint_numbers", sentence)
    return numbers


def _name(keys: Keys) -> re.Pattern[str] | None:
    """``{label}_s{subject}`` as a pattern; only the label may hold underscores.

    Fields are letters and digits and never touch, so that no name takes long to match.
    """
    text = keys.text("name")
    parts = _FIELD.split(text)
    literals, fields = parts[::2], parts[1::2]
    bad = sorted(set(fields) - set(FACTS)) or len(set(fields)) < len(fields)
    if bad or any(literal.isalnum() or not literal for literal in literals[1:-1]):
        expected = f"{', '.join(FACTS)} in braces, each at most once, with a mark between two"
        keys.fault("name", f"{text!r}, expected {expected}")
    if not fields or bad:
        return None
    pattern = "".join(
        f"(?P<{part}>{'[^/]+' if part == 'label' else '[0-9A-Za-z]+'})"
        if i % 2
        else re.escape(part)
        for i, part in enumerate(parts)
    )
    return re.compile(f"(?:^|.*/){pattern}")


def _is_count(value: Any, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


def _is_size(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(
        isinstance(n, int) and 0 < n < 1 << 16 for n in value
    )  # fmt: skip


def _is_texts(value: Any) -> bool:
    texts = isinstance(value, list) and all(isinstance(v, str) and v for v in value)
    return texts and len(set(value)) == len(value)


def _is_order(value: Any) -> bool:
    return _is_texts(value) and {"frame", "joint", "axis"} <= set(value) <= set(AXES)


def _is_numbers(value: Any) -> bool:
    if isinstance(value, str):
        match = _RANGE.fullmatch(value.strip())
        return match is not None and int(match[1]) <= int(match[2])
    return isinstance(value, list) and all(_is_count(v, 1_000_000) for v in value)
