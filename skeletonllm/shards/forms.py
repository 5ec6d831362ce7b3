"""What each field of a sample's text and each of its arrays may be: one rule a field.

The rules are those that the schema of a clip states, by type and by check. A decoder takes much for
granted, and a field that no decoder looks at could hold anything.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from schemas import CLIP
from schemas.base import Check
from skeletonllm.shards.codec import ARRAYS, META, member_types
from skeletonllm.shards.npz import Arrays

Holds = Callable[[Any], object]
"""Whether something is true of a value: what it gives counts as yes or no."""

_MAY_LACK = frozenset(("decoded_sha256",))
"""Fields that samples of an earlier minor version do not have."""
_NEVER_NULL = frozenset(("first_frame", "quantum", "sample_version"))
"""Fields that are no column of a clip, so that no schema says it."""
_COMPARED = frozenset(("rationales",))
"""Lists that are compared with the rows of a table, so that their form need not be judged."""


class _Rule(NamedTuple):
    """What a value of JSON may be: its types, and what must hold of it unless it is null.

    Two parts, because most fields are judged by their type alone, and a call for each of the 27
    would take half the time of the whole check.
    """

    types: tuple[type, ...]
    holds: Holds | None = None

    def fits(self, value: Any) -> bool:
        types, holds = self
        return type(value) in types and (holds is None or value is None or bool(holds(value)))


def find_text_fault(meta: Mapping[str, Any]) -> str | None:
    """The first field of a sample's text that is missing or of another form, if any.

    Args:
        meta: The text, parsed; what it holds beside its own fields is not looked at.
    """
    for name, (types, holds), expected in _rules_of_text():
        if name not in meta:
            if name not in _MAY_LACK:
                return f"its text has no {name!r}"
            continue
        value = meta[name]
        if type(value) in types and (holds is None or value is None or holds(value)):
            continue
        return f"{name} {repr(value)[:80]}; expected {expected}"
    return None


@cache
def _rules_of_text() -> tuple[tuple[str, _Rule, str], ...]:
    """Name, rule, and what it expects in words, of each field."""
    checks = {column.name: column.checks for column in CLIP.columns}
    fields = member_types().field(META).type
    return tuple((f.name, *_rule_of_field(f, checks.get(f.name, ()))) for f in fields)


def _rule_of_field(field: pa.Field, checks: tuple[Check, ...]) -> tuple[_Rule, str]:
    if field.name in _COMPARED:
        return _Rule((list,)), "list"
    types, holds = _rule_of_type(field.type)
    for check in checks:
        holds = _both(holds, _CHECKS[check.name](*check.arguments))
    if field.name == "image_size":
        holds = _both(holds, lambda size: len(size) == 2 and min(size) > 0)
    more = "".join(f", {check.name} {check.arguments[0]}" for check in checks)
    if field.name not in _NEVER_NULL and field.nullable:
        return _Rule((*types, type(None)), holds), f"{field.type} or null{more}"
    return _Rule(types, holds), f"{field.type}{more}"


def _both(first: Holds | None, second: Holds) -> Holds:
    return second if first is None else lambda value: first(value) and second(value)


def _rule_of_type(kind: pa.DataType) -> _Rule:
    """Whether a value of JSON is one of an Arrow type; no null is."""
    if pa.types.is_string(kind):
        return _Rule((str,))
    if pa.types.is_boolean(kind):
        return _Rule((bool,))
    if pa.types.is_integer(kind):
        most = 2 ** (kind.bit_width - 1)
        return _Rule((int,), lambda value: -most <= value < most)
    if pa.types.is_floating(kind):
        return _Rule((int, float), math.isfinite)
    if pa.types.is_list(kind):
        inner = _rule_of_type(kind.value_type)
        return _Rule((list,), lambda values: all(map(inner.fits, values)))
    within = {field.name: _rule_of_type(field.type) for field in kind}
    return _Rule(
        (dict,), lambda value: all(rule.fits(value[n]) for n, rule in within.items() if n in value)
    )


_CHECKS: dict[str, Callable[[Any], Holds]] = {
    "isin": lambda words: words.__contains__,
    "ge": lambda low: lambda value: value >= low,
    "str_matches": lambda pattern: re.compile(pattern).fullmatch,
}
"""Those that columns of a clip have, as :mod:`schemas.base` names them."""


def find_array_fault(arrays: Arrays) -> str | None:
    """The first array that is of another form, or that no decoder would look at all of, if any.

    Args:
        arrays: Of ``motion.npz``, decoded.
    """
    if unknown := sorted(set(arrays) - set(ARRAYS)):
        return f"arrays {', '.join(unknown)}, which no sample has"
    for name, array in arrays.items():
        types, depth = _form_of_array(name)
        if array.dtype not in types or array.ndim != depth:
            return f"array {name} of shape {array.shape} and type {array.dtype}"
    return next(_find_idle_values(arrays), None)


@cache
def _form_of_array(name: str) -> tuple[tuple[np.dtype[Any], ...], int]:
    kind, depth = ARRAYS[name]
    stated = np.dtype(kind.to_pandas_dtype())
    # What is far is stored in the narrower type that holds it.
    return (stated, np.dtype(np.int32)) if name == "far" else (stated,), depth


def _find_idle_values(arrays: Arrays) -> Iterator[str]:
    """Values that another one covers, or that nothing points at."""
    at = arrays.get("far_at")
    if at is not None and "far" not in arrays:
        yield "array far_at without far"
    if at is not None and not (np.diff(at) > 0).all():
        yield "array far_at names a place twice, or in another order"
