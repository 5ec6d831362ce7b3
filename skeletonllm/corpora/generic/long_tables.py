"""Tables of a row a joint, made into tables of a row a frame before they are read.

One column says which joint a row is, by name or by number in the order of the skeleton; x, y and z
have one column each. Frames, times and persons are those of the wide form.
"""

from __future__ import annotations

from collections.abc import Sequence

from skeletonllm.corpora.formats.sheet import Sheet
from skeletonllm.corpora.generic.joints import TEMPLATE, TRUST, Joints, Names, RowJoints, fold
from skeletonllm.corpora.rigs.joint_words import joint_of_word
from skeletonllm.corpora.toolkit.validation import check_size
from skeletonllm.errors import SourceError


def widen(sheet: Sheet, joints: Joints, rows: RowJoints, keys: Sequence[str]) -> Sheet:
    """The table with a row a frame, or a row a frame and person.

    Args:
        sheet: With a row a joint.
        joints: The skeleton.
        rows: Its columns.
        keys: Columns that tell frames and persons apart.

    Raises:
        SourceError: ``format`` where a column is absent, or a joint comes twice in a frame.
    """
    names = Names.of(sheet.head)
    dims = "xyz"[: joints.topology.dims]
    axes = [rows.axes.replace("{axis}", axis) for axis in dims]
    wanted = [rows.joint, *axes, *filter(None, [rows.trust])]
    own = {name: names.folded.get(fold(name)) for name in (*wanted, *keys)}
    absent = [name for name, there in own.items() if there is None]
    if absent or not keys:
        found = (
            f"no column {', '.join(absent)[:300]}" if absent else "rows of joints without frames"
        )
        expected = f"those of the YAML, not {[*sheet.head][:8]}" if absent else "frame: or time:"
        raise SourceError("format", found, expected=expected)
    at = {name: sheet.head.index(str(there)) for name, there in own.items()}
    values = [at[name] for name in wanted[1:]]
    labels = _labels([row[at[rows.joint]] for row in sheet.rows], joints)
    frames: dict[tuple[str, ...], dict[str, tuple[int, list[str]]]] = {}
    for i, (row, label) in enumerate(zip(sheet.rows, labels, strict=True)):
        key = tuple(row[at[name]] for name in keys)
        if label in frames.setdefault(key, {}) and any(row):
            found = f"{label} twice in one frame"
            raise SourceError("format", found, where=f"line {sheet.lines[i]}")
        frames[key][label] = i, [row[value] for value in values]
    heads = [TEMPLATE.replace("{axis}", axis) for axis in dims] + ([TRUST] if rows.trust else [])
    head = [text.replace("{joint}", name) for name in joints.names for text in heads]
    check_size(len(frames), 1, len(joints.names))
    blank = -1, [""] * len(values)
    wide = [
        [*key, *(word for name in joints.names for word in there.get(name, blank)[1])]
        for key, there in frames.items()
    ]
    first = [sheet.lines[min(i for i, _ in there.values())] for there in frames.values()]
    separator, decimal, skipped = sheet.separator, sheet.decimal, sheet.skipped
    return Sheet((*keys, *head), wide, first, separator, decimal, skipped, ())


def _labels(words: list[str], joints: Joints) -> list[str]:
    """What the file calls each joint, for each row; joints that are not of the skeleton stay."""
    numbers = [int(word) if word.isascii() and word.isdigit() else -1 for word in words]
    if numbers and min(numbers) >= 0:
        first = min(numbers)
        if first > 1 or max(numbers) - first >= len(joints.names):
            found = f"joints numbered {first} to {max(numbers)}"
            raise SourceError("format", found, expected=f"{len(joints.names)} from 0 or 1 on")
        return [joints.names[number - first] for number in numbers]
    exact = {fold(name): name for name in joints.names}
    meant = dict(zip(joints.topology.joints, joints.names, strict=True))
    known = {
        word: exact.get(fold(word)) or meant.get(joint_of_word(word) or "") for word in {*words}
    }
    if not any(known.values()):
        found = f"joints called {', '.join(sorted(known)[:6])}"
        raise SourceError("format", found, expected=", ".join(joints.names[:6]))
    return [known[word] or word for word in words]
