"""Whole files made to harm: archives that expand, false headers, layouts that call code.

Each function gives the bytes of one file. A payload that runs leaves the file :func:`marker`.
"""

from __future__ import annotations

import io
import os
import random
import struct
import tempfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

Maker = Callable[[random.Random], bytes]

INFLATED = 1536 << 20
"""Bytes that a bomb expands to."""


def locate_marker() -> Path:
    """The file that exists if anything of a mutant was executed."""
    return Path(tempfile.gettempdir()) / f"fuzz-executed-{os.getppid()}"


def make_npy(rng: random.Random) -> bytes:
    """The bytes of an array file with a false header."""
    shapes = ["(-1, 22, 3)", "(999999999999, 22, 3)", "(9, 22, 3)", "(0, 22, 3)", "()", "(2,)", "7"]
    shapes += [
        f"({1 << 62}, 4, 3)",
        "(2, 22, 3" + ", 1" * 60 + ")",
        "(0, 99999999999, 3)",
        "(1.5,)",
    ]
    shapes += [
        "('a',)",
        "(__import__('os').system('touch " + str(locate_marker()) + "'),)",
        "(٣, 22, 3)",
    ]
    kinds = [
        "<f4",
        "<f8",
        "<f3",
        "|O",
        "<c16",
        "<U4",
        "|V8",
        "<M8[ns]",
        ">f8",
        "<f2",
        "<f16",
        "|b1",
    ]
    kinds += ["<i8", "<u1", "=f4", "<f99999999", "|S0"]
    order = rng.choice(["False", "True", "1", "None"])
    kind, shape = rng.choice(kinds), rng.choice(shapes)
    header = f"{{'descr': '{kind}', 'fortran_order': {order}, 'shape': {shape}, }}"
    extra = rng.choice(["", "#" * 5, "(" * 100_000, "'shape': (9, 22, 3)"])
    text = (header + extra + "\n").encode()
    version = rng.choice([b"\x01\0", b"\x02\0", b"\x03\0", b"\x09\x09"])
    size = rng.choice([len(text), len(text), len(text), 0, 65535, (1 << 31) - 1])
    packed = (
        struct.pack("<H", min(size, 65535)) if version == b"\x01\0" else struct.pack("<I", size)
    )
    body = bytes(rng.randrange(256) for _ in range(64)) * rng.choice([0, 1, 9, 40])
    return b"\x93NUMPY" + version + packed + text + body


@cache
def make_zeros(raw: bool) -> bytes:
    """A stream of :data:`INFLATED` zeros, 1.5 MB deflated: one block many times."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(b"\0" * (16 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    stream = block * (INFLATED // (16 << 20)) + packer.flush()
    return stream if raw else b"\x78\x9c" + stream + b"\0\0\0\1"


def make_zip(rng: random.Random) -> bytes:
    """An archive of one array that expands without bound, or says it is small, or is odd."""
    name = rng.choice([b"poses.npy", b"../../evil.npy", b"/etc/evil.npy", b"a\0b.npy", b"\xff.npy"])
    size = rng.choice([INFLATED, 100, 0, (1 << 32) - 1])
    method = rng.choice([8, 8, 8, 0, 9, 12, 14, 99])
    flags = rng.choice([0, 0, 1, 8, 0x800, 0x2000])
    head = make_npy_header(INFLATED) if rng.random() < 0.5 else b""
    data = zlib.compressobj(9, zlib.DEFLATED, -15).compress(head) + make_zeros(raw=True)
    packed = rng.choice([len(data), len(data), 9, (1 << 32) - 1])
    facts = struct.pack("<HHHHHIII", 20, flags, method, 0, 0, 0, packed, size)
    local = b"PK\3\4" + facts + struct.pack("<HH", len(name), 0) + name + data
    where = rng.choice([0, 0, 0, 1 << 31])
    more = struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, where)
    central = (b"PK\1\2" + b"\x14\0" + facts + more + name) * rng.choice([1, 1, 2])
    end = struct.pack("<HHHHIIH", 0, 0, 1, rng.choice([1, 65535]), len(central), len(local), 0)
    return local + central + b"PK\5\6" + end


def make_npy_header(size: int) -> bytes:
    """The start of an array of so many bytes."""
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({size // 48}, 4, 3), }}\n".encode()
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(text)) + text


def make_mat(rng: random.Random) -> bytes:
    """A MATLAB 5 file of one compressed element that expands without bound, or of odd elements."""
    head = b"MATLAB 5.0 MAT-file".ljust(124) + b"\0\1IM"
    if rng.random() < 0.3:
        return head + struct.pack("<II", 15, len(make_zeros(raw=False))) + make_zeros(raw=False)
    dims = [rng.choice([20, 3, 6, -1, 0, (1 << 31) - 1]) for _ in range(rng.choice([1, 2, 3, 9]))]
    flags = struct.pack("<IIII", 6, 8, rng.choice([6, 1, 2, 5, 7, 0x0806, 0xFF]), 0)
    shape = struct.pack(f"<II{len(dims)}i", 5, 4 * len(dims), *dims) + b"\0" * (4 * len(dims) % 8)
    name = struct.pack("<II8s", 1, rng.choice([6, 8, 0, 1 << 30]), b"d_skel")
    data = (
        struct.pack("<II", rng.choice([9, 7, 1, 99]), rng.choice([2880, 8, 1 << 31])) + b"\1" * 2880
    )
    array = flags + shape + name + data
    size = rng.choice([len(array), len(array), 1 << 31, 7])
    return head + struct.pack("<II", 14, size) + array


def make_parquet(rng: random.Random, columns: list[str]) -> bytes:
    """A table that is small as a file and large in memory, or has columns of other kinds."""
    rows = rng.choice([2, 2_000_000])
    kinds: list[Any] = [
        lambda: pa.array(np.zeros(rows)),
        lambda: pa.array(["9" * 200_000] * min(rows, 8000)).dictionary_encode(),
        lambda: pa.array([None] * rows),
        lambda: pa.array([[1.0, 2.0]] * min(rows, 9)),
        lambda: pa.array([{"a": 1}] * min(rows, 9)),
        lambda: pa.array([b"\xff"] * min(rows, 9)),
        lambda: pa.array([1 << 60] * min(rows, 9), pa.timestamp("ns")),
        lambda: pa.array(["٣"] * min(rows, 9)),
    ]
    column = rng.choice(kinds)()
    file = io.BytesIO()
    names = [*columns, *rng.choice([[], ["x"], columns[:1]])]
    pq.write_table(pa.Table.from_arrays([column] * len(names), names=names), file)
    return file.getvalue()


def make_yaml(rng: random.Random) -> bytes:
    """A layout that expands, calls, or holds what no layout does."""
    good = "topology: lab_x\njoints: [pelvis, head]\nbones: [[pelvis, head]]\nunits: m\nfps: "
    odd = (good + rest for rest in _list_rates())
    return rng.choice(
        [_expand_aliases(), *_list_tags(), *odd, *_list_skeletons(), *_list_documents()]
    ).encode()


def _expand_aliases() -> str:
    """A billion of them, by aliases."""
    return "a0: &a0 [x, x]\n" + "".join(
        f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 40)
    )


def _list_tags() -> list[str]:
    """Tags that call, or that no value has."""
    tags = [
        f"x: !!python/object/apply:os.system ['touch {locate_marker()}']",
        "x: !!python/name:os.system",
    ]
    tags += ["!!python/object/new:os.system [x]", "!!map [1]", "!!int x", "!!timestamp 1", "!<x> 1"]
    return tags


def _list_rates() -> list[str]:
    """What may stand behind ``fps:``, and lines after it."""
    rates = [
        ".inf",
        ".nan",
        "-1",
        "0",
        "1e400",
        "9" * 5000,
        "0x" + "f" * 5000,
        "1:99:99",
        "2020-99-99",
    ]
    rates += ["~", "[]", "{}", "'٣'", "1_0", "60\nfps: 30", "1e-300", "60\nmissing: [zero]"]
    rates += [
        "60\norder: [[frame]]",
        "60\nimage_size: [1e9, 0]",
        "60\nlabels: [{}]",
        "60\ndims: [3]",
    ]
    rates += ["60\ncolumns: {pelvis: [[a]]}", "60\nrename: {[a]: b}", "60\nname: '{label'"]
    rates += [
        "60\nname: '" + "{label}_" * 5000 + "'",
        "60\nup: {}",
        "60\nhanded: []",
        "60\nframe: 3",
    ]
    rates += ["60\ncolumns: '" + "{joint}" * 9000 + "{axis}'", "60\n? [a, b]\n: c", "60\n[a]: b"]
    return rates


def _list_skeletons() -> list[str]:
    """Skeletons that are too large, or none."""
    joints = ", ".join(f"head.j{i}" for i in range(9000))
    names = [f"topology: lab_y\njoints: [{joints}]\nbones: []\nunits: m\nfps: 60"]
    names += ["topology: kinect_v2\njoints: [a, b]\nbones: [[a, b]]\nunits: m\nfps: 60"]
    names += [
        "topology: lab_z\njoints: [pelvis, head]\nbones: [[pelvis, pelvis]]\nunits: m\nfps: 6"
    ]
    names += [
        "topology: '../../x'\njoints: [pelvis]\nbones: []\nunits: m\nfps: 60",
        "- a",
        "a",
        "---\n---",
    ]
    return names


def _list_documents() -> list[str]:
    """Documents that are deep, or odd to the parser."""
    deep = [
        "[" * 30_000,
        "{" * 30_000,
        "- " * 30_000,
        "a: " * 9_000,
        "? " * 9_000,
        "\t",
        "%TAG ! x",
    ]
    deep += [
        "&a [*a]",
        "<<: [1]",
        "a: !!binary ===",
        "'" * 9_001,
        "\u2028: 1",
        "a: |" + " " * 9_000,
    ]
    return deep
