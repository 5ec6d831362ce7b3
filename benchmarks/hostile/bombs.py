"""Whole files made to harm: pickles that call, archives that expand, headers that lie.

Each function gives the bytes of one file. A payload that runs leaves the file :func:`marker`.
"""

from __future__ import annotations

import io
import os
import pickle
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

Make = Callable[[random.Random], bytes]

INFLATED = 1536 << 20
"""Bytes that a bomb expands to."""


def marker() -> Path:
    """The file that exists if anything of a mutant was executed."""
    return Path(tempfile.gettempdir()) / f"fuzz-executed-{os.getppid()}"


class _Call:
    """Pickles as a call."""

    def __init__(self, function: Any, *args: Any) -> None:
        self.call = function, args

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return self.call


class _State:
    """Pickles as an array of numpy's with a state of one's own."""

    def __init__(self, shape: Any, kind: Any, data: Any, fortran: Any = False) -> None:
        self.state = 1, shape, kind, fortran, data

    def __reduce__(self) -> tuple[Any, ...]:
        make = np.zeros(0).__reduce__()[0]
        return make, (np.ndarray, (0,), b"b"), self.state


class _Kind:
    """Pickles as a dtype of any code."""

    def __init__(self, code: Any, order: Any = "<") -> None:
        self.code, self.order = code, order

    def __reduce__(self) -> tuple[Any, ...]:
        return np.dtype, (self.code, False, True), (3, self.order, None, None, None, -1, -1, 0)


@cache
def _payloads() -> list[bytes]:
    """Pickles that would leave the marker, or end the process, if they were followed."""
    shell, python = f"touch {marker()}", f"open({str(marker())!r}, 'w')"
    calls: list[Any] = [_Call(os.system, shell), _Call(eval, python), _Call(exec, python)]
    calls += [
        _Call(getattr, _Call(__import__, "os"), "system"),
        _Call(__import__, "os"),
        _Call(os._exit, 3),
    ]
    whole = [pickle.dumps(call, protocol) for call in calls for protocol in (0, 2, 4, 5)]
    names = ["posix\nsystem", "subprocess\ngetoutput", "pty\nspawn", "numpy.f2py\ncompile"]
    names += ["numpy\nload", "builtins\neval", "_pickle\nloads", "numpy.core\nos.system"]
    old = [f"c{name}\n(S'{shell}'\ntR.".encode() for name in names]
    inst = [f"(S'{shell}'\ni{name}\n.".encode() for name in names]
    return [*whole, *old, *inst, b"\x82\x01.", b"Pevil\n.", b"\x80\x04\x97.", b"\x80\x05\x98."]


def _frames(keypoint: Any, score: Any = None) -> dict[str, Any]:
    note = {"frame_dir": "a", "label": 1, "img_shape": (480, 640), "total_frames": 2}
    note |= {"keypoint": keypoint}
    note |= {} if score is None else {"keypoint_score": score}
    return note


@cache
def _annotations() -> list[Any]:
    """Annotations whose arrays are not what they say."""
    good, score = np.zeros((1, 2, 17, 2)) + 9, np.ones((1, 2, 17))
    shapes: list[Any] = [
        (-1, -1),
        (-1, 2, 17, 2),
        (1 << 62, 4),
        (1.5, 2),
        ("a",),
        7,
        None,
        (0,) * 40,
    ]
    shapes += [(-1, -68), (-1, -1, 2, 34), (68.0,), (1, 2, 17, 2.0), (1,) * 65 + (68,), (68, True)]
    shapes += [(0, 2, 17, 2), (1 << 31, 0, 17, 2), ((1,), 2), (True, 68), [1, 2, 17, 2]]
    kinds = ["f3", "f8", "O", "V8", "U1", "S4", "f0", "b1", "i16", "f" + "9" * 40, "f²", "", "M8"]
    bad = [_State(shape, np.dtype("<f8"), b"\0" * 8 * 68) for shape in shapes]
    bad += [_State((1, 2, 17, 2), _Kind(kind), b"\0" * 8 * 68) for kind in kinds]
    bad += [_State((2, 2), _Kind("f8", order), b"\0" * 32) for order in ("|", 7, None, ">>")]
    bad += [_State((1,), np.dtype("<f8"), data) for data in (None, 8, "\u20ac" * 8, [0.0], b"")]
    bad += [_State((1, 2, 17, 2), None, b""), _State((1, 2, 17, 2), "f8", b"\0" * 8 * 68)]
    notes = [_frames(array, score) for array in bad] + [_frames(good, array) for array in bad]
    odd: list[Any] = [None, "a", -1, 1 << 80, 1e999, [[]], {}, float("nan"), b"\xff", ("x",) * 9]
    for key in ("frame_dir", "label", "img_shape", "total_frames", "keypoint", "keypoint_score"):
        notes += [_frames(good, score) | {key: value} for value in odd]
    loop: list[Any] = []
    loop.append(loop)
    wide = [good] * 1000
    laughs: Any = [wide] * 1000
    many: list[Any] = [notes[0]] * 1_000_000
    return [
        *notes,
        loop,
        [loop],
        many,
        laughs,
        {"annotations": laughs},
        _frames(loop),
        _frames(laughs),
    ]


@cache
def _opcodes() -> list[bytes]:
    """Instructions with counts that nothing stands behind."""
    huge = [(1 << 63) - 1, (1 << 64) - 1, 1 << 40, 1 << 31]
    eights = [b"\x80\x04" + op + struct.pack("<Q", n) for op in (b"\x8d", b"\x8e", b"\x95", b"\x96")
              for n in huge]  # fmt: skip
    fours = [b"\x80\x04" + op + struct.pack("<I", (1 << 32) - 1) for op in (b"X", b"B", b"r", b"j")]
    long4 = [b"\x80\x04\x8b" + struct.pack("<i", n) + b"." for n in (-1, -(1 << 31), (1 << 31) - 1)]
    text = [
        b"L" + b"9" * 100_000 + b"L\n.",
        b"I" + b"1" * 100_000 + b"\n.",
        b"F1e999\n.",
        b"I\xd9\xa3\n.",
    ]
    deep = [
        b"(" * 200_000,
        b"\x80\x04" + b"]" * 100_000 + b"a" * 99_999 + b".",
        b"(l" * 50_000 + b".",
    ]
    deep += [
        b"\x80\x04" + b"K\x01\x85" * 1 + b"\x85" * 100_000 + b".",
        b".",
        b"\x80\xff.",
        b"\x80\x04",
    ]
    return [
        *eights,
        *fours,
        *long4,
        *text,
        *deep,
        b"g1\n.",
        b"0.",
        b"K\x01b.",
        b"]K\x01s.",
        b"\x94.",
    ]


def pickles(rng: random.Random) -> bytes:
    """Any of the pickles above."""
    kind = rng.random()
    if kind < 0.35:
        return rng.choice(_payloads())
    if kind < 0.5:
        return rng.choice(_opcodes())
    content = rng.choice(_annotations())
    form = rng.randrange(3)
    content = [content, [content], {"split": {}, "annotations": [content]}][form]
    return pickle.dumps(content, rng.choice((2, 4, 5)))


def npy(rng: random.Random) -> bytes:
    """An array file whose header lies."""
    shapes = ["(-1, 22, 3)", "(999999999999, 22, 3)", "(9, 22, 3)", "(0, 22, 3)", "()", "(2,)", "7"]
    shapes += [
        f"({1 << 62}, 4, 3)",
        "(2, 22, 3" + ", 1" * 60 + ")",
        "(0, 99999999999, 3)",
        "(1.5,)",
    ]
    shapes += ["('a',)", "(__import__('os').system('touch " + str(marker()) + "'),)", "(٣, 22, 3)"]
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
def zeros(raw: bool) -> bytes:
    """A stream of :data:`INFLATED` zeros, 1.5 MB deflated: one block many times."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(b"\0" * (16 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    stream = block * (INFLATED // (16 << 20)) + packer.flush()
    return stream if raw else b"\x78\x9c" + stream + b"\0\0\0\1"


def zips(rng: random.Random) -> bytes:
    """An archive of one array that expands without bound, or says it is small, or is odd."""
    name = rng.choice([b"poses.npy", b"../../evil.npy", b"/etc/evil.npy", b"a\0b.npy", b"\xff.npy"])
    size = rng.choice([INFLATED, 100, 0, (1 << 32) - 1])
    method = rng.choice([8, 8, 8, 0, 9, 12, 14, 99])
    flags = rng.choice([0, 0, 1, 8, 0x800, 0x2000])
    head = npy_header(INFLATED) if rng.random() < 0.5 else b""
    data = zlib.compressobj(9, zlib.DEFLATED, -15).compress(head) + zeros(raw=True)
    packed = rng.choice([len(data), len(data), 9, (1 << 32) - 1])
    facts = struct.pack("<HHHHHIII", 20, flags, method, 0, 0, 0, packed, size)
    local = b"PK\3\4" + facts + struct.pack("<HH", len(name), 0) + name + data
    where = rng.choice([0, 0, 0, 1 << 31])
    more = struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, where)
    central = (b"PK\1\2" + b"\x14\0" + facts + more + name) * rng.choice([1, 1, 2])
    end = struct.pack("<HHHHIIH", 0, 0, 1, rng.choice([1, 65535]), len(central), len(local), 0)
    return local + central + b"PK\5\6" + end


def npy_header(size: int) -> bytes:
    """The start of an array of so many bytes."""
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({size // 48}, 4, 3), }}\n".encode()
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(text)) + text


def mats(rng: random.Random) -> bytes:
    """A MATLAB 5 file of one compressed element that expands without bound, or of odd elements."""
    head = b"MATLAB 5.0 MAT-file".ljust(124) + b"\0\1IM"
    if rng.random() < 0.3:
        return head + struct.pack("<II", 15, len(zeros(raw=False))) + zeros(raw=False)
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


def parquets(rng: random.Random, columns: list[str]) -> bytes:
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


def yamls(rng: random.Random) -> bytes:
    """A layout that expands, calls, or holds what no layout does."""
    laughs = "a0: &a0 [x, x]\n" + "".join(
        f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 40)
    )
    good = "topology: lab_x\njoints: [pelvis, head]\nbones: [[pelvis, head]]\nunits: m\nfps: "
    tags = [
        f"x: !!python/object/apply:os.system ['touch {marker()}']",
        "x: !!python/name:os.system",
    ]
    tags += ["!!python/object/new:os.system [x]", "!!map [1]", "!!int x", "!!timestamp 1", "!<x> 1"]
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
    return rng.choice([laughs, *tags, *(good + rate for rate in rates), *names, *deep]).encode()
