"""A first YAML for a table: which columns are joints, which frames, times, persons, confidences."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from skeletonllm.corpora.formats.sheet import Form, Sheet, parse_sheet
from skeletonllm.corpora.formats.sheet_numbers import (
    decimal_of,
    drop_unit_rows,
    is_cell,
    read_columns,
)
from skeletonllm.corpora.generic.draft_array import ask_joints, ask_skeleton
from skeletonllm.corpora.generic.draft_lines import (
    Draft,
    clock_line,
    quote,
    say_joints,
    say_space,
)
from skeletonllm.corpora.generic.joints import TEMPLATE, TEMPLATES, fold, pattern_of, split_unit
from skeletonllm.corpora.generic.layout import UNITS
from skeletonllm.corpora.rigs.joint_words import joint_of_word
from skeletonllm.corpora.rigs.markers import name_markers
from skeletonllm.corpora.toolkit.moments import read_moments
from skeletonllm.corpora.toolkit.validation import Raw
from skeletonllm.errors import SourceError

FRAMES = re.compile(r"(frame|frames|frame ?(no|num|number|id|idx|index)|bild|image ?id)", re.I)
TIMES = re.compile(r"((time|timestamp|zeit|seconds?|millis|t|ms)\b.*|.*\btime(stamp)?\b.*)", re.I)
PERSONS = re.compile(
    r"((person|subject|track|body|player|skeleton|people|actor|participant|performer|who)"
    r"( ?(id|no|index|num|name))?|id|pid)",
    re.I,
)
LABELS = re.compile(
    r"(joint|landmark|marker|keypoint|body ?part|segment|point|name|label)"
    r"( ?(id|no|index|name|num))?",
    re.I,
)
LONG_AXES = ("{axis}", "pos_{axis}", "position_{axis}", "{axis}_pos", "pos {axis}", "pos.{axis}")
TRUSTS = ("c", "conf", "confidence", "score", "likelihood", "v", "vis", "visibility", "prob", "p")
BETWEEN = ("_", ".", " ", "", ":", "-")
MOST_PERSONS = 64
READ_ROWS = 2000
"""Rows that are looked at for units, axes and times."""


@dataclass(frozen=True)
class Found:
    """Columns of joints in a head.

    Args:
        template: How they are called.
        columns: Names of x, y and perhaps z of each joint that we know, as the file calls it.
        strange: Joints that no word of ours means.
        markers: Of markers of motion capture: what they are, with their own name.
    """

    template: str
    columns: dict[str, tuple[str, ...]]
    strange: tuple[str, ...] = ()
    markers: Mapping[str, str] = field(default_factory=dict)

    @property
    def words(self) -> tuple[str, ...]:
        """What the joints are."""
        return tuple(self.markers.get(n) or joint_of_word(n) or n for n in self.columns)

    @property
    def dims(self) -> int:
        """Coordinates of each joint."""
        return min((len(names) for names in self.columns.values()), default=3)


def describe_table(draft: Draft, name: str, data: bytes) -> None:
    """Lines for a table.

    Args:
        draft: Gets the lines.
        name: Of the file.
        data: Its bytes.

    Raises:
        SourceError: It is no table.
    """
    packed = name.lower().endswith(".parquet")
    sheet = _parquet_sheet(data) if packed else _text_sheet(data)
    if not packed and _is_headless(sheet):
        _draft_numbers(draft, parse_sheet(data, Form(header_rows=0), len))
        return
    rows = 1
    found = find_joints(sheet.head)
    for more in () if packed or len(found.columns) > 1 else (2, 3):
        form = Form(header_rows=more)
        other = parse_sheet(data, form, lambda head: len(find_joints(head).columns))
        if len(find_joints(other.head).columns) > max(1, len(found.columns)):
            sheet, found, rows = other, find_joints(other.head), more
    if not found.columns and _draft_long(draft, sheet):
        return
    if not found.columns:
        columns = ", ".join(sheet.head)[:200]
        expected = "columns called by joint and axis, as left_knee_x"
        if {"x", "y"} <= {name.lower() for name in sheet.head}:
            expected += "; or of a row a joint, with columns of frames and of joints by name"
        raise SourceError("format", f"the columns {columns}", expected=expected)
    _draft_named(draft, sheet, found, rows)


def _draft_named(draft: Draft, sheet: Sheet, found: Found, rows: int) -> None:
    names = [name for columns in found.columns.values() for name in columns[: found.dims]]
    words = found.words
    known = say_joints(draft, [found.markers.get(name, name) for name in found.columns], found.dims)
    sheet, units = drop_unit_rows(sheet, names)
    values, _ = read_columns(sheet, names, decimal_of(sheet, names))
    raw = values.reshape(len(values), -1, found.dims)
    units += [unit for name in names if (unit := split_unit(name)[1])]
    said = {UNITS.get(unit.strip("[]() ").lower()) for unit in units} - {None}
    _say_rate(draft, sheet, names)
    say_space(draft, raw, words, str(said.pop()) if len(said) == 1 else "")
    if found.template != TEMPLATE:
        draft.say("columns", quote(found.template), f"as {names[0]}")
    pairs_of = zip(found.columns, words, strict=True)
    renamed = {
        joint: name
        for name, joint in pairs_of
        if name in found.markers or (known and joint.casefold() != name.casefold())
    }
    if renamed:
        pairs = ", ".join(f"{joint}: {quote(name)}" for joint, name in renamed.items())
        draft.say("rename", f"{{{pairs}}}", "as the file calls them")
    trusts = _say_trust(draft, sheet.head, found)
    _say_form(draft, sheet, rows, [*names])
    pattern = pattern_of(found.template)
    strange = [name for name in sheet.head if pattern.fullmatch(split_unit(name)[0][:100])]
    _note_unused(draft, sheet.head, [*names, *trusts, *strange])
    if found.strange:
        words_of = ", ".join(found.strange[:12])
        draft.note(
            f"not read, for no word of ours means them: {words_of}; give one as word.own_name"
        )


def find_joints(head: Sequence[str]) -> Found:
    """The columns of joints in a head, by the template that gives the most of them.

    Args:
        head: Names of columns.
    """
    return max((_by_template(template, head) for template in TEMPLATES), key=_weight)


def _weight(found: Found) -> tuple[int, int, int, int]:
    words = len(found.columns) - len(found.markers)
    place = TEMPLATES.index(found.template)
    return words, len(found.columns), -len(found.strange), -place


def _named_markers(labels: list[str], taken: Sequence[str]) -> dict[str, str]:
    """What markers of motion capture are, each with its own name: ``left_hip.ASI``."""
    names, unknown = name_markers(labels) if labels else ([], [])
    pairs = zip(labels, names, strict=True)
    return {label: name for label, name in pairs if label not in unknown and name not in taken}


def _by_template(template: str, head: Sequence[str]) -> Found:
    pattern = pattern_of(template)
    axes: dict[str, dict[str, str]] = {}
    for name in head:
        match = pattern.fullmatch(split_unit(name)[0][:100])
        if match:
            axes.setdefault(match["joint"], {}).setdefault(match["axis"].lower(), name)
    whole = {
        joint: tuple(own[axis] for axis in "xyz" if axis in own)
        for joint, own in axes.items()
        if {"x", "y"} <= own.keys()
    }
    taken: dict[str, str] = {}
    strange = []
    for joint in whole:
        word = joint_of_word(joint)
        if word is None or word in taken:
            strange.append(joint)
        else:
            taken[word] = joint
    markers = _named_markers(strange, [*taken])
    own = {*taken.values(), *markers}
    columns = {joint: names for joint, names in whole.items() if joint in own}
    strange = [joint for joint in strange if joint not in markers]
    return Found(template, columns, tuple(strange), markers)


def _say_rate(draft: Draft, sheet: Sheet, used: Sequence[str]) -> None:
    """Lines of frames, times, persons and the rate; ``used`` columns are something else."""
    frame, when, person = (_named(sheet.head, p) for p in (FRAMES, TIMES, PERSONS))
    if frame:
        draft.say("frame", quote(frame), "a column of frame numbers, by its name")
    told = _clock_line(sheet, when) if when else None
    if when and told:
        draft.say("time", quote(when), told)
    else:
        draft.ask("fps", "frames a second; nothing in the file tells")
    key = frame or (when if told else "")
    person = person or (_parting(sheet, key, {*used, frame, when}) if key else "")
    if person and key:
        at = sheet.head.index(person)
        several = {row[at] for row in sheet.rows}
        draft.say("person", quote(person), f"{len(several)} different in this column")


def _named(head: Sequence[str], pattern: re.Pattern[str]) -> str:
    plain = {re.sub(r"[^a-z0-9]+", " ", name.lower()).strip(): name for name in reversed(head)}
    return next((name for words, name in plain.items() if pattern.fullmatch(words)), "")


def _clock_line(sheet: Sheet, name: str) -> str | None:
    """What a column of times says of the rate; None where they are no times."""
    values, bad = read_columns(sheet, [name], decimal_of(sheet, [name]))
    if bad:
        words = [row[sheet.head.index(name)] for row in sheet.rows]
        try:
            moments = read_moments(words, None)
        except SourceError:
            return None
        values = np.array([np.nan if t is None else t for t in moments], np.float64)
        return clock_line(values, f"{name} s") if np.isfinite(values).all() else None
    return clock_line(values.reshape(-1), name)


def _parting(sheet: Sheet, key: str, used: set[str]) -> str:
    """The column that tells the rows of one frame or time apart; empty if none is needed or does.

    Args:
        sheet: The table.
        key: The column of frames or times.
        used: Columns that mean something else.
    """
    at = sheet.head.index(key)
    keys = [row[at] for row in sheet.rows]
    if len({*keys}) == len(keys):
        return ""
    for i, name in enumerate(sheet.head):
        pairs = {(one, row[i]) for one, row in zip(keys, sheet.rows, strict=True)}
        few = len({row[i] for row in sheet.rows}) <= MOST_PERSONS
        if name and name not in used and i != at and few and len(pairs) == len(keys):
            return name
    return ""


def _note_unused(draft: Draft, head: Sequence[str], read: Sequence[str]) -> None:
    """A comment on the columns that no line of the draft names."""
    said = "\n".join(draft.lines)
    left = [name for name in head if name and name not in read and quote(name) not in said]
    if left:
        more = f" and {len(left) - 12} more" if len(left) > 12 else ""
        draft.note(f"not used, for nothing tells what they are: {', '.join(left[:12])}{more}")


def _say_trust(draft: Draft, head: Sequence[str], found: Found) -> list[str]:
    """The line of columns of confidence, if every joint has one; and those columns."""
    folded = {name.casefold(): name for name in head}
    for word in TRUSTS:
        for between in BETWEEN:
            for template in (f"{{joint}}{between}{word}", f"{word}{between}{{joint}}"):
                names = [template.replace("{joint}", joint).casefold() for joint in found.columns]
                if folded.keys() >= set(names):
                    draft.say("confidence", quote(template), f"as {folded[names[0]]}")
                    return [folded[name] for name in names]
    return []


def _say_form(draft: Draft, sheet: Sheet, rows: int, names: list[str]) -> None:
    if sheet.separator not in (",", ""):
        mark = {"\t": "tab", " ": "space"}.get(sheet.separator, f"'{sheet.separator}'")
        draft.say("separator", mark, "between the columns of the head")
    if decimal_of(sheet, names) == ",":
        draft.say("decimal", "','", "in the numbers")
    if rows > 1:
        draft.say("header_rows", str(rows), "the names stand in several lines, one below the other")
    if sheet.skipped:
        lines = ", ".join(map(str, sheet.skipped[:5]))
        draft.note(f"left out: line {lines}, above the numbers or comments")


def _draft_long(draft: Draft, sheet: Sheet) -> bool:
    """Lines for a table with a row a joint; False if it is none."""
    folded = {fold(name): name for name in reversed(sheet.head)}
    axes = next((t for t in LONG_AXES if t.replace("{axis}", "x") in folded), None)
    joint, frame = _named(sheet.head, LABELS), _named(sheet.head, FRAMES)
    when = frame or _named(sheet.head, TIMES)
    if axes is None or not joint or not when:
        return False
    names = [folded[n] for a in "xyz" if (n := axes.replace("{axis}", a)) in folded]
    sheet, _ = drop_unit_rows(sheet, names)
    at, key = sheet.head.index(joint), sheet.head.index(when)
    labels = list(dict.fromkeys(row[at] for row in sheet.rows if row[at]))
    words = [joint_of_word(label) for label in labels]
    known = [n for n, w in zip(labels, words, strict=True) if w and words.count(w) == 1]
    values, _ = read_columns(sheet, names, decimal_of(sheet, names))
    frames = {word: i for i, word in enumerate(dict.fromkeys(row[key] for row in sheet.rows))}
    raw = np.full((len(frames), len(labels), len(names)), np.nan)
    place = {label: i for i, label in enumerate(labels)}
    for row, xyz in zip(sheet.rows, values, strict=True):
        if row[at]:
            raw[frames[row[key]], place[row[at]]] = xyz
    if known:
        raw = raw[:, [place[name] for name in known]]
        say_joints(draft, known, len(names))
    else:
        ask_skeleton(draft, len(labels), len(names))
    _say_rate(draft, sheet, [*names, joint, *sheet.head])  # a row a joint repeats frames
    meant = tuple(joint_of_word(name) or name for name in known)
    say_space(draft, raw, meant)
    draft.say(
        "joint", quote(joint), f"a row a joint, {len(labels)} different: {', '.join(labels[:4])}"
    )
    if axes != "{axis}":
        draft.say("columns", quote(axes), f"as {names[0]}")
    trust = next((folded[word] for word in TRUSTS if word in folded), "")
    if trust:
        draft.say("confidence", quote(trust), "by its name")
    _say_form(draft, sheet, 1, names)
    return True


def _text_sheet(data: bytes) -> Sheet:
    sheet = parse_sheet(data, Form(), lambda head: 3 * len(find_joints(head).columns))
    return replace(sheet, rows=sheet.rows[:READ_ROWS], lines=sheet.lines[:READ_ROWS])


def _is_headless(sheet: Sheet) -> bool:
    words = [word for word in sheet.head if word]
    return sum(map(is_cell, words)) * 2 > len(words)


def _parquet_sheet(data: bytes) -> Sheet:
    """The first rows of a Parquet file as words."""
    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        head = tuple(file.schema_arrow.names)
        batch = next(file.iter_batches(READ_ROWS), None)
        columns = [column.to_pylist() for column in batch.columns] if batch else []
    except (pa.ArrowException, OSError) as error:
        raise SourceError("format", f"not Parquet ({str(error)[:200]})") from None
    rows = [["" if v is None else str(v) for v in row] for row in zip(*columns, strict=True)]
    return Sheet(head, rows, [*range(1, len(rows) + 1)], "", ".", (), ())


def _draft_numbers(draft: Draft, sheet: Sheet) -> None:
    """Lines for a table of numbers without a head."""
    values, _ = read_columns(sheet, sheet.head, decimal_of(sheet, sheet.head))
    raw: Raw = values[:READ_ROWS]
    shaped = ask_joints(draft, raw)
    draft.say("header_rows", "0", "the first line holds numbers alone")
    draft.ask("fps", "frames a second; nothing in the file tells")
    say_space(draft, shaped, ())
    _say_form(draft, sheet, 1, [*sheet.head])
