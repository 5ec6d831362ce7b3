"""Pickles made to harm: that call code, claim lengths, or hold arrays which are none."""

from __future__ import annotations

import os
import pickle
import random
import struct
from functools import cache
from typing import Any

import numpy as np

from benchmarks.fuzz.bombs import locate_marker


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
def _list_payloads() -> list[bytes]:
    """Pickles that would leave the marker, or end the process, if they were followed."""
    shell, python = f"touch {locate_marker()}", f"open({str(locate_marker())!r}, 'w')"
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


def _annotate(keypoint: Any, score: Any = None) -> dict[str, Any]:
    note = {"frame_dir": "a", "label": 1, "img_shape": (480, 640), "total_frames": 2}
    note |= {"keypoint": keypoint}
    note |= {} if score is None else {"keypoint_score": score}
    return note


@cache
def _list_annotations() -> list[Any]:
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
    notes = [_annotate(array, score) for array in bad] + [_annotate(good, array) for array in bad]
    odd: list[Any] = [None, "a", -1, 1 << 80, 1e999, [[]], {}, float("nan"), b"\xff", ("x",) * 9]
    for key in ("frame_dir", "label", "img_shape", "total_frames", "keypoint", "keypoint_score"):
        notes += [_annotate(good, score) | {key: value} for value in odd]
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
        _annotate(loop),
        _annotate(laughs),
    ]


@cache
def _list_opcodes() -> list[bytes]:
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


def make_pickle(rng: random.Random) -> bytes:
    """The bytes of one of the pickles above."""
    kind = rng.random()
    if kind < 0.35:
        return rng.choice(_list_payloads())
    if kind < 0.5:
        return rng.choice(_list_opcodes())
    content = rng.choice(_list_annotations())
    form = rng.randrange(3)
    content = [content, [content], {"split": {}, "annotations": [content]}][form]
    return pickle.dumps(content, rng.choice((2, 4, 5)))
