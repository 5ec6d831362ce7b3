"""Changes of the bytes of a file: of anything, of numbers in text, of values in JSON."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import random
import re
import zlib
from collections.abc import Callable
from functools import partial
from typing import Any

Mutation = Callable[[random.Random, bytes, bytes], bytes]
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


def _choose_place(rng: random.Random, data: bytes) -> int:
    """A place in a file; headers are met as often as all the rest."""
    return rng.randrange(max(1, len(data) if rng.random() < 0.5 else min(len(data), 512)))


def flip_bits(rng: random.Random, data: bytes, _: bytes) -> bytes:
    mutant = bytearray(data or b"\0")
    for _turn in range(rng.choice((1, 1, 4, 64))):
        mutant[_choose_place(rng, data)] ^= 1 << rng.randrange(8)
    return bytes(mutant)


def set_bytes(rng: random.Random, data: bytes, _: bytes) -> bytes:
    at, size = _choose_place(rng, data), rng.choice((1, 2, 4, 8))
    return data[:at] + rng.choice((b"\0", b"\xff", b"\x7f", b"\x80")) * size + data[at + size :]


def cut_file(rng: random.Random, data: bytes, _: bytes) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] if rng.random() < 0.7 else data[at:]


def drop_bytes(rng: random.Random, data: bytes, _: bytes) -> bytes:
    at = _choose_place(rng, data)
    return data[:at] + data[at + rng.choice((1, 1, 2, 30, 2000)) :]


def splice_files(rng: random.Random, data: bytes, other: bytes) -> bytes:
    return data[: _choose_place(rng, data)] + other[_choose_place(rng, other) :]


def insert_bytes(rng: random.Random, data: bytes, other: bytes) -> bytes:
    at, start = _choose_place(rng, data), _choose_place(rng, other)
    return data[:at] + other[start : start + rng.choice((1, 9, 300))] + data[at:]


def repeat_bytes(rng: random.Random, data: bytes, _: bytes) -> bytes:
    a, b = sorted((_choose_place(rng, data), _choose_place(rng, data)))
    return data[:b] + data[a:b] * rng.choice((1, 2, 50)) + data[b:]


def replace_by_noise(rng: random.Random, _data: bytes, _: bytes) -> bytes:
    return rng.randbytes(rng.choice((1, 16, 4096)))


def replace_by_blank(rng: random.Random, _data: bytes, _: bytes) -> bytes:
    return rng.choice((b"", b"", b"\n", b" " * 4096, b"\0" * 512, b"\xef\xbb\xbf"))


def encode_otherwise(rng: random.Random, data: bytes, _: bytes) -> bytes:
    text = data.decode("latin-1")
    marks = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0")
    kinds = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "utf-8")
    if rng.random() < 0.4:
        return rng.choice(marks) * rng.choice((1, 2)) + data
    return text.encode(rng.choice(kinds))


def compress_file(rng: random.Random, data: bytes, _: bytes) -> bytes:
    with_no_time = partial(gzip.compress, mtime=0)
    return rng.choice((with_no_time, bz2.compress, lzma.compress, zlib.compress))(data)


BYTES: list[Mutation] = [
    flip_bits, set_bytes, cut_file, drop_bytes, splice_files, insert_bytes, repeat_bytes,
    replace_by_noise, replace_by_blank, encode_otherwise, compress_file,
]  # fmt: skip


def change_number(rng: random.Random, data: bytes, _: bytes) -> bytes:
    spans = [match.span() for match in _NUMBER.finditer(data[: 1 << 16])]
    a, b = rng.choice(spans or [(0, 0)])
    return data[:a] + rng.choice(NUMBERS).encode() + data[b:]


def change_count(rng: random.Random, data: bytes, _: bytes) -> bytes:
    spans = [match.span() for match in _WHOLE.finditer(data[: 1 << 14])][:8]
    a, b = rng.choice(spans or [(0, 0)])
    return data[:a] + rng.choice(NUMBERS).encode() + data[b:]


def change_every_number(rng: random.Random, data: bytes, _: bytes) -> bytes:
    return _NUMBER.sub(rng.choice(NUMBERS[:-2]).encode(), data[: 1 << 16])


def change_line(rng: random.Random, data: bytes, _: bytes) -> bytes:
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


def change_line_ends(rng: random.Random, data: bytes, _: bytes) -> bytes:
    marks = (b"\r\n", b"\r", b"\n\n", b" ", b"\x0b", b"\x0c", b"\x1c", b"\xc2\x85", b"\xe2\x80\xa8")
    return data.replace(b"\n", rng.choice(marks))


def change_blanks(rng: random.Random, data: bytes, _: bytes) -> bytes:
    marks = (b"\t", b"  ", b"\xc2\xa0", b"\xe3\x80\x80", b"\0", b",", b";", b"")
    return data.replace(rng.choice((b" ", b",")), rng.choice(marks))


def insert_long_run(rng: random.Random, data: bytes, _: bytes) -> bytes:
    at = _choose_place(rng, data)
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


TEXT: list[Mutation] = [
    change_number,
    change_number,
    change_count,
    change_count,
    change_every_number,
    change_line,
    change_line,
    change_line_ends,
    change_blanks,
    insert_long_run,
]


def change_value(rng: random.Random, data: bytes, _: bytes) -> bytes:
    """Another value somewhere in a JSON file."""
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return data
    path, at = [content], content
    while isinstance(at, list | dict) and at and rng.random() < 0.85:
        at = at[_choose_key(rng, at)]
        path.append(at)
    holders = [node for node in path if isinstance(node, list | dict) and node]
    if not holders:
        return json.dumps(rng.choice(VALUES)).encode()
    holder = holders[-1]
    key = _choose_key(rng, holder)
    if rng.random() < 0.2:
        del holder[key]
    else:
        holder[key] = rng.choice([*VALUES, [holder[key]]])
    return json.dumps(content).encode()


def _choose_key(rng: random.Random, node: Any) -> Any:
    return rng.choice(sorted(node)) if isinstance(node, dict) else rng.randrange(len(node))


def repeat_key(rng: random.Random, data: bytes, _: bytes) -> bytes:
    keys = [match.span() for match in re.finditer(rb'"\w+": ?', data[: 1 << 14])]
    a, b = rng.choice(keys or [(0, 0)])
    return data[:a] + data[a:b] + rng.choice((b"1, ", b"null, ", b"[], ")) + data[a:]


def nest_deeply(rng: random.Random, data: bytes, _: bytes) -> bytes:
    opening, closing = rng.choice(((b"[", b"]"), (b'{"a":', b"}"), (b'{"data":[', b"]}")))
    times = rng.choice((900, 5000, 100_000))
    inner = opening * times + b"1" + closing * times * rng.choice((0, 1))
    if rng.random() < 0.5:
        return inner
    spans = [match.span() for match in _NUMBER.finditer(data[: 1 << 14])]
    a, b = rng.choice(spans or [(0, 0)])
    return data[:a] + inner + data[b:]


JSON: list[Mutation] = [
    change_value,
    change_value,
    change_value,
    change_value,
    repeat_key,
    nest_deeply,
]
