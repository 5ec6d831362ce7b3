"""Folders of one format with something wrong in them, one for each seed and index."""

# ruff: noqa: PTH103, PTH104, PTH118
# pathlib takes no bytes, and names that are no text are bytes
from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import random
import re
import shutil
import socket
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from benchmarks.hostile import bombs
from benchmarks.hostile.seeds import Files, seeds

Change = Callable[[random.Random, bytes, bytes], bytes]
"""From a file and another one to a mutant of the first."""

NUMBERS = """
nan inf -inf -0 0 -1 1e999 -1e999 1e308 1e38 1e-400 4294967296 2147483648 -2147483648 99999999
9223372036854775808 18446744073709551616 0x10 1_000 1.5 . - + e 1e 1,5 \u0663 \uff19 \u00b2 \u00bd
null NaN Infinity -Infinity true 1e5 100000 1000000 16777216 \u22121 \u200b1 ' "a" 0.\0 "" [] {}
""".split()
NUMBERS += ["", " ", "1\u00a02", "9" * 5000, "1" * 1_000_000]
VALUES: list[Any] = [None, True, -1, 0, 1 << 70, 10**400, 1e308, -0.0, float("nan"), float("inf")]
VALUES += ["", "a", "9", "\u0663", "\ud800", [], {}, [[]], [None], [1], ["1", 2], {"a": 1}]
VALUES += [[[1, 2], 3], [1e999] * 3, [0] * 100_000]
_NUMBER = re.compile(rb"[-+]?[0-9][0-9.eE+-]*")
_WHOLE = re.compile(rb"(?<![0-9.eE+-])[0-9]+(?![0-9.eE])")


MAX_BYTES = 24 << 20
"""Largest mutant; what is larger is refused by its size alone."""


@dataclass(frozen=True)
class Mutant:
    """One folder to be read.

    Args:
        seed: Of the run.
        index: Within the run; seed and index say everything else.
        corpus: The reader that it is for.
    """

    seed: int
    index: int
    corpus: str

    def build(self, place: Path) -> tuple[Path, str]:
        """Write it below ``place``; what to give to the reader, and what was done."""
        rng = random.Random(f"{self.seed}:{self.index}")
        known = seeds(self.corpus)
        # the written ones come first and are short; the real ones are there to be met now and then
        files = dict(rng.choice(known if rng.random() < 0.3 else known[:4]))
        names = sorted(files)
        name = rng.choice(names)
        if rng.random() < 0.8:
            other = rng.choice(known)
            spare = other[rng.choice(sorted(other))]
            files[name], what = changed(rng, name, files[name], spare)
            _write(place / "in", files)
        else:
            _write(place / "in", files)
            what = rng.choice(PLACES)(rng, place, place / "in" / name)
        root = place / "in"
        alone = rng.random() < 0.1 and os.path.lexists(root / name)
        return (root / name if alone else root), f"{name}: {what}"


def changed(rng: random.Random, name: str, data: bytes, other: bytes) -> tuple[bytes, str]:
    """A mutant of a file, and what was done to it."""
    suffix = PurePosixPath(name).suffix
    if suffix in WHOLE and rng.random() < 0.4:
        make = rng.choice(WHOLE[suffix])
        return make(rng), make.__name__
    changes = [*BYTES, *TEXT, *(JSON * 2 if suffix == ".json" else [])]
    done = []
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        change = rng.choice(changes)
        data = change(rng, data, other)[:MAX_BYTES]
        done.append(change.__name__)
    return data, ", ".join(done)


def _write(root: Path, files: Files) -> None:
    root.mkdir(parents=True)
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)


def _parquet(rng: random.Random) -> bytes:
    names = ("pelvis", "head", "left_hand", "right_hand")
    return bombs.parquets(rng, [f"{name}_{axis}" for name in names for axis in "xyz"])


WHOLE: dict[str, list[bombs.Make]] = {
    ".pkl": [bombs.pickles],
    ".npy": [bombs.npy, bombs.npy, bombs.pickles],
    ".npz": [bombs.zips],
    ".mat": [bombs.mats],
    ".parquet": [_parquet],
    ".yaml": [bombs.yamls],
}


def _at(rng: random.Random, data: bytes) -> int:
    """A place in a file; headers are met as often as all the rest."""
    return rng.randrange(max(1, len(data) if rng.random() < 0.5 else min(len(data), 512)))


def flip_bits(rng: random.Random, data: bytes, _: bytes) -> bytes:
    mutant = bytearray(data or b"\0")
    for _turn in range(rng.choice((1, 1, 4, 64))):
        mutant[_at(rng, data)] ^= 1 << rng.randrange(8)
    return bytes(mutant)


def set_bytes(rng: random.Random, data: bytes, _: bytes) -> bytes:
    at, size = _at(rng, data), rng.choice((1, 2, 4, 8))
    return data[:at] + rng.choice((b"\0", b"\xff", b"\x7f", b"\x80")) * size + data[at + size :]


def cut(rng: random.Random, data: bytes, _: bytes) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] if rng.random() < 0.7 else data[at:]


def drop(rng: random.Random, data: bytes, _: bytes) -> bytes:
    at = _at(rng, data)
    return data[:at] + data[at + rng.choice((1, 1, 2, 30, 2000)) :]


def splice(rng: random.Random, data: bytes, other: bytes) -> bytes:
    return data[: _at(rng, data)] + other[_at(rng, other) :]


def insert(rng: random.Random, data: bytes, other: bytes) -> bytes:
    at, start = _at(rng, data), _at(rng, other)
    return data[:at] + other[start : start + rng.choice((1, 9, 300))] + data[at:]


def repeat(rng: random.Random, data: bytes, _: bytes) -> bytes:
    a, b = sorted((_at(rng, data), _at(rng, data)))
    return data[:b] + data[a:b] * rng.choice((1, 2, 50)) + data[b:]


def noise(rng: random.Random, _data: bytes, _: bytes) -> bytes:
    return rng.randbytes(rng.choice((1, 16, 4096)))


def nothing(rng: random.Random, _data: bytes, _: bytes) -> bytes:
    return rng.choice((b"", b"", b"\n", b" " * 4096, b"\0" * 512, b"\xef\xbb\xbf"))


def encode(rng: random.Random, data: bytes, _: bytes) -> bytes:
    text = data.decode("latin-1")
    marks = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0")
    kinds = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "utf-8")
    if rng.random() < 0.4:
        return rng.choice(marks) * rng.choice((1, 2)) + data
    return text.encode(rng.choice(kinds))


def packed(rng: random.Random, data: bytes, _: bytes) -> bytes:
    return rng.choice((gzip.compress, bz2.compress, lzma.compress, zlib.compress))(data)


BYTES: list[Change] = [
    flip_bits, set_bytes, cut, drop, splice, insert, repeat, noise, nothing, encode, packed,
]  # fmt: skip


def number(rng: random.Random, data: bytes, _: bytes) -> bytes:
    found = [match.span() for match in _NUMBER.finditer(data[: 1 << 16])]
    a, b = rng.choice(found or [(0, 0)])
    return data[:a] + rng.choice(NUMBERS).encode() + data[b:]


def count(rng: random.Random, data: bytes, _: bytes) -> bytes:
    found = [match.span() for match in _WHOLE.finditer(data[: 1 << 14])][:8]
    a, b = rng.choice(found or [(0, 0)])
    return data[:a] + rng.choice(NUMBERS).encode() + data[b:]


def every_number(rng: random.Random, data: bytes, _: bytes) -> bytes:
    return _NUMBER.sub(rng.choice(NUMBERS[:-2]).encode(), data[: 1 << 16])


def line(rng: random.Random, data: bytes, _: bytes) -> bytes:
    lines = data.split(b"\n")
    i = rng.randrange(len(lines))
    new: list[bytes] = rng.choice(
        (
            [],
            [b""],
            [lines[i]] * 2,
            [lines[i][:9000]] * 300,
            [rng.choice(lines)],
            [lines[i] * 2],
            [b"#"],
        )
    )
    return b"\n".join([*lines[:i], *new, *lines[i + 1 :]])


def ends(rng: random.Random, data: bytes, _: bytes) -> bytes:
    marks = (b"\r\n", b"\r", b"\n\n", b" ", b"\x0b", b"\x0c", b"\x1c", b"\xc2\x85", b"\xe2\x80\xa8")
    return data.replace(b"\n", rng.choice(marks))


def blanks(rng: random.Random, data: bytes, _: bytes) -> bytes:
    marks = (b"\t", b"  ", b"\xc2\xa0", b"\xe3\x80\x80", b"\0", b",", b";", b"")
    return data.replace(rng.choice((b" ", b",")), rng.choice(marks))


def long(rng: random.Random, data: bytes, _: bytes) -> bytes:
    at = _at(rng, data)
    units = (
        b"9",
        b" ",
        b"a",
        b"1 ",
        b"1,",
        b"\n",
        b"1\n",
        b"[],",
        b"{}",
        b'"',
        b"0.5\r\n",
        b"\xc3\xa9",
    )
    unit = rng.choice(units)
    return data[:at] + unit * (rng.choice((100_000, 1_000_000, 8_000_000)) // len(unit)) + data[at:]


TEXT: list[Change] = [number, number, count, count, every_number, line, line, ends, blanks, long]


def value(rng: random.Random, data: bytes, _: bytes) -> bytes:
    """One value somewhere in it is another."""
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return data
    path, at = [content], content
    while isinstance(at, list | dict) and at and rng.random() < 0.85:
        at = at[_key(rng, at)]
        path.append(at)
    holders = [node for node in path if isinstance(node, list | dict) and node]
    if not holders:
        return json.dumps(rng.choice(VALUES)).encode()
    holder = holders[-1]
    key = _key(rng, holder)
    if rng.random() < 0.2:
        del holder[key]
    else:
        holder[key] = rng.choice([*VALUES, [holder[key]]])
    return json.dumps(content).encode()


def _key(rng: random.Random, node: Any) -> Any:
    return rng.choice(sorted(node)) if isinstance(node, dict) else rng.randrange(len(node))


def twice(rng: random.Random, data: bytes, _: bytes) -> bytes:
    keys = [match.span() for match in re.finditer(rb'"\w+": ?', data[: 1 << 14])]
    a, b = rng.choice(keys or [(0, 0)])
    return data[:a] + data[a:b] + rng.choice((b"1, ", b"null, ", b"[], ")) + data[a:]


def deep(rng: random.Random, data: bytes, _: bytes) -> bytes:
    opening, closing = rng.choice(((b"[", b"]"), (b'{"a":', b"}"), (b'{"data":[', b"]}")))
    times = rng.choice((900, 5000, 100_000))
    inner = opening * times + b"1" + closing * times * rng.choice((0, 1))
    if rng.random() < 0.5:
        return inner
    found = [match.span() for match in _NUMBER.finditer(data[: 1 << 14])]
    a, b = rng.choice(found or [(0, 0)])
    return data[:a] + inner + data[b:]


JSON: list[Change] = [value, value, value, value, twice, deep]

Place = Callable[[random.Random, Path, Path], str]
"""Do something to the folder at ``place`` or to one path in it; gives what."""


def link(rng: random.Random, place: Path, path: Path) -> str:
    """A link where a file was: to it, out of the folder, to a device, to itself or to nothing."""
    outside = place / "outside" / path.name
    outside.parent.mkdir(exist_ok=True)
    shutil.move(path, outside)
    targets = [
        outside,
        Path("/etc/passwd"),
        Path("/dev/zero"),
        Path("/dev/stdin"),
        Path("/dev/tty"),
    ]
    targets += [Path(f"/proc/self/{name}") for name in ("mem", "environ", "fd", "pagemap", "maps")]
    targets += [path, place / "nowhere", place / "in", Path("/"), Path("\n")]
    target = rng.choice(targets)
    path.symlink_to(target)
    return f"link to {target.name or '/'}"


def loop(rng: random.Random, place: Path, path: Path) -> str:
    """Folders that lead back to themselves, under one or many names."""
    for i in range(rng.choice((1, 2, 12))):
        (path.parent / f"again{i}").symlink_to(rng.choice((place / "in", path.parent, place)))
    return "folders that loop"


def special(rng: random.Random, _: Path, path: Path) -> str:
    """A pipe, a socket or a folder where a file was; reading a pipe would wait forever."""
    path.unlink()
    kind = rng.choice(("pipe", "socket", "folder", "device"))
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "socket":
        here = os.open(path.parent, os.O_RDONLY)
        with socket.socket(socket.AF_UNIX) as server:  # by a short name: sun_path has 108 bytes
            server.bind(f"/proc/self/fd/{here}/{path.name}")
        os.close(here)
    else:
        _device(path)
    return kind


def _device(path: Path) -> None:
    try:
        os.mknod(path, 0o20666, os.makedev(1, 5))  # /dev/zero; needs root
    except OSError:
        os.mkfifo(path)


def rename(rng: random.Random, _: Path, path: Path) -> str:
    """A name that is no plain text, or that other programs would take for more than a name."""
    marks = [
        b"\n",
        b"'",
        b'"',
        b"`touch x`",
        b"$(touch x)",
        b"\xff\xfe",
        b"\xed\xa0\x80",
        b"%00",
        b"%2e",
    ]
    marks += [
        b"*",
        b"[a-z]",
        b"?",
        b"#",
        b"::",
        b"http::",
        b"zip::",
        b"{1,2}",
        b"~",
        b" ",
        b"\\",
        b"|",
    ]
    marks += [
        "\u202e".encode(),
        "e\u0301".encode(),
        b"a" * 200,
        b"\x1b[31m",
        b"\t",
        b"-rf",
        b"=cmd()",
    ]
    mark = rng.choice(marks)
    source = os.fsencode(path)
    folder, name = os.path.split(source)
    stem, _dot, suffix = name.rpartition(b".")
    named = rng.choice((mark + name, stem + mark + b"." + suffix, name + mark, mark))
    if rng.random() < 0.3:
        folder = os.path.join(folder, mark)
        os.makedirs(folder, exist_ok=True)
        named = name
    os.rename(source, os.path.join(folder, named[:250]))
    return f"named {named[:60]!r}"


def gone(rng: random.Random, _: Path, path: Path) -> str:
    """Nothing, or nobody may read it, or a copy of another name."""
    kind = rng.choice(("gone", "forbidden", "copied", "buried"))
    if kind == "gone":
        path.unlink()
    elif kind == "forbidden":
        path.chmod(0)
    elif kind == "copied":
        folder = path.parent / "copy"
        folder.mkdir()
        shutil.copy(path, folder / path.name)
    else:
        folder = path.parent.joinpath(*["d"] * rng.choice((20, 300)))
        folder.mkdir(parents=True)
        path.rename(folder / path.name)
    return kind


PLACES: list[Place] = [link, link, loop, special, special, rename, rename, rename, gone]
