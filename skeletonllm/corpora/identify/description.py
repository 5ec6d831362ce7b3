"""What lies in a file that no reader takes: keys, shapes, columns, and what to do with it.

Nothing is guessed here beyond what the bytes say; counts of joints are compared with the skeletons
that we know, as a hint for who writes a layout.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any

from skeletonllm.corpora.files import load, plain_path
from skeletonllm.corpora.formats.archives import join, locate, root_of
from skeletonllm.corpora.formats.foreign import advise
from skeletonllm.corpora.formats.json_text import parse_described, parse_json
from skeletonllm.corpora.formats.npy import header
from skeletonllm.corpora.formats.npz import Npz
from skeletonllm.corpora.formats.safe_pickle import PickledArray, load_pickle
from skeletonllm.corpora.reader import Source
from skeletonllm.errors import SourceError

MAX_BYTES = 32 << 20
"""Of a file that is only looked at."""

LAYOUTS = (".yaml", ".yml")
"""Endings of what describes other files."""

LISTED = 6
"""Most keys or columns that a sentence names."""

LOOKED_AT = 20
"""Lines by which a table is told from prose."""

_NUMBER = re.compile(r"[-+]?[\d.,]*\d[\d.,]*(e[-+]?\d+)?|nan|na|", re.IGNORECASE)

DRAFT = "Describe it to the reader generic: skeletonllm identify FILE --draft layout.yaml writes a"
DRAFT_HINT = f"{DRAFT} first layout (docs/CORPORA.md)."

PICKLE_HINT = "Save its joints as .npy, then describe them to the reader generic: docs/CORPORA.md."

MAGIC: Mapping[bytes, tuple[str, str]] = {
    b"Kaydara FBX Binary": ("an FBX scene", ".fbx"),
    b"; FBX": ("an FBX scene in text", ".fbx"),
    b"glTF": ("a glTF scene", ".glb"),
    b"BLENDER": ("a Blender scene", ".blend"),
    b"\x89HDF\r\n\x1a\n": ("an HDF5 file (.h5, or .mat of version 7.3)", ".h5"),
    b"7z\xbc\xaf'\x1c": ("a 7z archive", ".7z"),
    b"Rar!": ("a RAR archive", ".rar"),
    b"SQLite format 3": ("an SQLite database", ".sqlite"),
    b"\xff\xd8\xff": ("a JPEG picture", ".jpg"),
    b"\x89PNG": ("a PNG picture", ".png"),
    b"%PDF": ("a PDF document", ".pdf"),
    b"<!DOCTYPE html": ("a web page: the download may have failed", ".html"),
    b"<html": ("a web page: the download may have failed", ".html"),
    b"version https://git-lfs": ("a pointer of Git LFS, and not the file itself", ".lfs"),
}
"""Beginnings of files that we know and do not read: what it is, and the ending it should have."""


def describe_path(path: str) -> str:
    """One sentence or two about a file, or about the first file of a folder that tells something.

    Args:
        path: A path or a URL.

    Example:
        >>> import tempfile, pathlib
        >>> file = pathlib.Path(tempfile.mkdtemp(), "a.csv")
        >>> _ = file.write_text("time,hip_x,hip_y\\n0,1,2\\n")
        >>> describe_path(str(file))[:60]
        'a.csv is text of 2 lines, the first with 3 columns parted by'
    """
    file = _first_file(path)
    if file is None:
        return "there is no file in it"
    name = PurePosixPath(plain_path(file)).name
    try:
        data = load(Source(file, name, 0), MAX_BYTES)
    except SourceError as error:
        return f"{name} cannot be looked at: {error}"
    found, hint = _described(name.lower(), data)
    return f"{name} is {found}." + (f" {hint}" if hint else "")


def _first_file(path: str) -> str | None:
    root = root_of(path)
    fs, base = locate(root)
    if base and not fs.isdir(base):
        return root
    for folder, _, names in fs.walk(base, detail=False, maxdepth=4):
        for name in sorted(names):
            if not name.startswith((".", "README", "LICENSE")) and not name.endswith(LAYOUTS):
                below = f"{folder}/{name}".removeprefix(base.rstrip("/")).lstrip("/")
                return join(root, below)
    return None


def _described(name: str, data: bytes) -> tuple[str, str]:
    """What some bytes are, and what helps."""
    for start, (found, ending) in MAGIC.items():
        if data[: len(start)].lower() == start.lower():
            return found, advise(f"file{ending}")
    if data[4:8] == b"ftyp":
        return "a video", advise("file.mp4")
    if hint := advise(name):
        return f"no file that is read ({PurePosixPath(name).suffix})", hint
    for suffixes, describe in _BY_NAME.items():
        if name.endswith(suffixes):
            try:
                return describe(data)
            except SourceError as error:
                return f"no whole {suffixes[0]} ({error})", ""
    return _text(data)


def _json(data: bytes) -> tuple[str, str]:
    return f"JSON: {parse_described(parse_json(data))}", (
        "Save its joints as an array [frame, joint, axis] (.npy) or as a table (.csv), "
        "then describe it to the reader generic: docs/CORPORA.md."
    )


def _npy(data: bytes) -> tuple[str, str]:
    fields = header(data)[1]
    if b"O" in fields["descr"]:
        held = load_pickle(data[header(data)[0] :])
        return f"an array of Python objects: {_held(held)}", PICKLE_HINT
    shape = tuple(int(n) for n in fields["shape"].replace(b"L", b"").split(b",") if n.strip())
    kind = fields["descr"].decode("latin-1")
    return f"an array of shape {shape} and type {kind}{_skeletons(shape)}", DRAFT_HINT


def _npz(data: bytes) -> tuple[str, str]:
    file = Npz(data, MAX_BYTES)
    arrays = []
    for name in file.names[:LISTED]:
        try:
            shape = file.array(name).shape
            arrays.append(f"{name} {shape}{_skeletons(shape)}")
        except SourceError:
            arrays.append(f"{name} (no array of numbers)")
    more = f" and {len(file.names) - LISTED} more" if len(file.names) > LISTED else ""
    return f"an .npz of the arrays {', '.join(arrays)}{more}", DRAFT_HINT


def _pickle(data: bytes) -> tuple[str, str]:
    return f"a pickle of {_held(load_pickle(data))}", PICKLE_HINT


def _held(value: Any, depth: int = 2) -> str:
    """What an object of a pickle is, in words."""
    if isinstance(value, PickledArray):
        inner = value.parts[3] if len(value.parts) > 3 else None
        if isinstance(inner, list) and inner:
            return _held(inner[0], depth)  # an array of objects: what the first of them is
        shape = value.parts[0] if isinstance(value.parts[0], tuple) else ()
        return f"an array {shape!s:.80}{_skeletons(shape)}"
    if isinstance(value, dict):
        inner = [f"{key!s:.40} ({_held(value[key], depth - 1)})" for key in [*value][:LISTED]]
        return f"a dict of {', '.join(inner)}" if depth else f"a dict of {len(value)}"
    if isinstance(value, list | tuple):
        first = f", the first {_held(value[0], depth - 1)}" if value and depth else ""
        return f"a list of {len(value)}{first}"
    return f"a {type(value).__name__}"


def _text(data: bytes) -> tuple[str, str]:
    """A table, or other text, or neither."""
    head = data[:4096]
    try:
        text = head.decode("utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:
            return f"no text, beginning with {head[:8].hex(' ')}, and of no format we know", ""
        text = head[: error.start].decode("utf-8-sig")
    if "\0" in text:
        return f"no text, beginning with {head[:8].hex(' ')}, and of no format we know", ""
    lines = data.count(b"\n") + (not data.endswith(b"\n"))
    held = [line for line in text.splitlines() if line.strip()]
    first = held[0] if held else ""
    for mark, said in ((",", "commas"), (";", "semicolons"), ("\t", "tabs"), (None, "blanks")):
        fields = first.split(mark)
        if len(fields) > 1 and _is_table(held[1:LOOKED_AT], mark):
            named = ", ".join(field.strip()[:30] for field in fields[:LISTED])
            more = ", ..." if len(fields) > LISTED else ""
            found = f"text of {lines} lines, the first with {len(fields)} columns parted by {said}"
            return f"{found} ({named}{more})", DRAFT_HINT
    return f"text of {lines} lines that begins with {first[:60]!r}", ""


def _is_table(lines: list[str], mark: str | None) -> bool:
    """Whether most fields of most lines are numbers, or nothing."""
    rows = [line.split(mark) for line in lines]
    return bool(rows) and sum(_is_row(row) for row in rows) * 2 > len(rows)


def _is_row(fields: list[str]) -> bool:
    numbers = sum(bool(_NUMBER.fullmatch(field.strip())) for field in fields)
    return len(fields) > 1 and numbers * 2 > len(fields)


def _skeletons(shape: tuple[int, ...]) -> str:
    """The known skeletons that an axis of a shape, or an axis of joints times axes, may be."""
    from skeletonllm.topology import list_topologies  # noqa: PLC0415 - forty skeletons

    counts = {n for n in shape if 10 < n < 200}
    if len(shape) == 2 and shape[1] % 3 == 0:
        counts = {shape[1] // 3}
    if not shape or math.prod(shape) == 0:
        return ""
    known = [name for name, made in list_topologies().items() if len(made) in counts]
    return f" (as many joints as {', '.join(known[:LISTED])})" if known else ""


_BY_NAME: Mapping[tuple[str, ...], Callable[[bytes], tuple[str, str]]] = {
    (".json",): _json,
    (".npy",): _npy,
    (".npz",): _npz,
    (".pkl", ".pickle"): _pickle,
}
