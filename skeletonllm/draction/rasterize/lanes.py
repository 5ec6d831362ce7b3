"""Two rows of sixteen floats that are worked on at once, as a type for numba kernels.

numba has no vector type and leaves it to LLVM to find vectors in loops; in a blend LLVM does not.
Here arithmetic on lanes is LLVM's arithmetic on ``<32 x float>``: two instructions with AVX-512,
four with AVX2, eight with NEON. A plain number beside lanes is repeated.

A product and a sum may fuse, which only rounds less; nothing else is reordered, and the order of
:func:`sum_lanes` is fixed.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from llvmlite import ir
from numba import njit
from numba.core import types
from numba.extending import intrinsic, models, overload, register_model

SIDE = 16
"""Pixels in a row."""
ROWS = 2
"""Rows at once: with one, each instruction waits for the one before it (10 % slower)."""
WIDTH = SIDE * ROWS

_FLOATS = ir.VectorType(ir.FloatType(), WIDTH)
_INTEGERS = ir.VectorType(ir.IntType(32), WIDTH)
_FUSE = ("contract",)
_OPTIONS = {"nogil": True, "error_model": "numpy"}
_KERNELS = ("lanes.py", "numba_kernels.py", "numba_lists.py")


def compile_kernel(function: Callable[..., Any]) -> Any:
    """``function`` as machine code that lets other threads run, cached on disk where that can be.

    numba looks for changes in the function's own file alone; here a change of any kernel's file, or
    of this one, outdates the cache.
    """
    try:
        kernel = njit(**_OPTIONS, cache=True)(function)
    except RuntimeError:  # no folder can be written: compiled again in each process
        return njit(**_OPTIONS)(function)
    kernel._cache._cache_file._source_stamp = _hash_kernels()
    return kernel


@cache
def _hash_kernels() -> str:
    room = Path(__file__).parent
    return sha256(b"".join((room / name).read_bytes() for name in _KERNELS)).hexdigest()


class _Lanes(types.Type):
    def __init__(self) -> None:
        super().__init__(name="Lanes")


_LANES = _Lanes()


@register_model(_Lanes)
class _Model(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _FLOATS)


def _make_operation(emit: Callable[..., Any]) -> Any:
    """``emit(builder, a, b)`` on lanes or numbers, as a function for kernels."""

    @intrinsic
    def function(_typing: Any, a: Any, b: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            pairs = zip(values, signature.args, strict=True)
            return emit(builder, *(_broadcast(context, builder, *pair) for pair in pairs))

        return _LANES(a, b), generate

    return function


def _broadcast(context: Any, builder: Any, value: Any, kind: Any) -> Any:
    if kind == _LANES:
        return value
    number = context.cast(builder, value, kind, types.float32)
    nothing = ir.Constant(_FLOATS, ir.Undefined)
    first = builder.insert_element(nothing, number, ir.IntType(32)(0))
    return builder.shuffle_vector(first, nothing, ir.Constant(_INTEGERS, [0] * WIDTH))


def _emit_maximum(builder: Any, a: Any, b: Any) -> Any:
    return builder.select(builder.fcmp_ordered(">", a, b), a, b)


def _emit_raise_exponent(builder: Any, a: Any, b: Any) -> Any:
    bits, power = (builder.bitcast(value, _INTEGERS) for value in (a, b))
    power = builder.shl(power, ir.Constant(_INTEGERS, [23] * WIDTH))
    return builder.bitcast(builder.add(bits, power), _FLOATS)


_add = _make_operation(lambda builder, a, b: builder.fadd(a, b, flags=_FUSE))
_sub = _make_operation(lambda builder, a, b: builder.fsub(a, b, flags=_FUSE))
_mul = _make_operation(lambda builder, a, b: builder.fmul(a, b, flags=_FUSE))
maximum = _make_operation(_emit_maximum)
raise_exponent = _make_operation(_emit_raise_exponent)
"""``a * 2^n``, where the lowest bits of ``b``, as they lie in memory, are n."""


def _overload_operator(symbol: Any, function: Any) -> None:
    # Not strict: numba would compare the annotations with those of the lambda, which it needs to be
    # one, since it compiles what it is given.
    @overload(symbol, strict=False)
    def choose(a: Any, b: Any) -> Any:
        return (lambda a, b: function(a, b)) if _LANES in (a, b) else None  # noqa: PLW0108


_overload_operator(operator.add, _add)
_overload_operator(operator.sub, _sub)
_overload_operator(operator.mul, _mul)


def _address(context: Any, builder: Any, kind: Any, array: Any, at: Any) -> Any:
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [at]), ir.PointerType(_FLOATS))


@intrinsic
def load(_typing: Any, array: Any, at: Any) -> Any:
    """WIDTH floats of a flat array; that they exist is not checked.

    Args:
        array: Flat, float32.
        at: Index of the first.
    """

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.load(_address(context, builder, signature.args[0], *values), align=4)

    return _LANES(array, at), generate


@intrinsic
def store(_typing: Any, array: Any, at: Any, lanes: Any) -> Any:
    """Write lanes into a flat array; that there is room is not checked.

    Args:
        array: Flat, float32.
        at: Index of the first.
        lanes: What is written.
    """

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        pointer = _address(context, builder, signature.args[0], *values[:2])
        builder.store(values[2], pointer, align=4)
        return context.get_dummy_value()

    return types.void(array, at, lanes), generate


def _make_constant(numbers: list[int]) -> Any:
    @intrinsic
    def function(_typing: Any) -> Any:
        return _LANES(), lambda *_: ir.Constant(_FLOATS, [float(n) for n in numbers])

    return function


columns = _make_constant([i % SIDE for i in range(WIDTH)])
"""``columns()``: where each lane lies in its row."""
rows = _make_constant([i // SIDE for i in range(WIDTH)])
"""``rows()``: which row each lane lies in."""


@intrinsic
def sum_lanes(_typing: Any, lanes: Any) -> Any:
    """Sum of all lanes: one half is added to the other until one number is left.

    Args:
        lanes: What is added up.
    """

    def generate(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        (value,), width = values, WIDTH
        while width > 1:
            width //= 2
            kind = ir.VectorType(ir.IntType(32), width)
            halves = (list(range(start, start + width)) for start in (0, width))
            value = builder.fadd(
                *(builder.shuffle_vector(value, value, ir.Constant(kind, half)) for half in halves)
            )
        return builder.extract_element(value, ir.IntType(32)(0))

    return types.float32(lanes), generate
