"""Arguments as people write them: a flag that takes several is given once, or again and again.

``--clips A B``, ``--clips A --clips B`` and ``--clips=A --clips B`` mean the same. Left to itself
the parser keeps what the last flag says, and drops the rest in silence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from tyro.conf import Positional

_FLAG = re.compile(r"--?[A-Za-z]")
_POSITIONAL = get_args(Positional[str])[1]
"""The mark of a field that is given without its name."""


def merge_repeated(flags: type[Any], argv: Sequence[str]) -> list[str]:
    """``argv`` with all values of a flag that takes several behind its first occurrence, in order.

    Args:
        flags: The dataclass of a job's flags.
        argv: Arguments as given; all others stay as and where they are.

    Example:
        >>> from jobs.build_shards import Flags
        >>> merge_repeated(Flags, ["--clips", "a", "--output", "o", "--clips=b"])
        ['--clips', 'a', 'b', '--output', 'o']
    """
    end = argv.index("--") if "--" in argv else len(argv)
    known = {f"--{name.replace('_', '-')}" for name in repeatable(flags)}
    runs: dict[str, list[str]] = {"": []}  # a flag and its values each; what comes before the first
    run = runs[""]
    for place, argument in enumerate(argv[:end]):
        name, equals, value = argument.partition("=")
        name = name.replace("_", "-")
        if name in known:
            run = runs.setdefault(name, [name])
            run += [value] if equals else []
        elif _FLAG.match(argument):
            run = runs[f"{place}"] = [argument]
        else:
            run.append(argument)
    return [*(argument for found in runs.values() for argument in found), *argv[end:]]


def resolve_hints(flags: type[Any]) -> None:
    """Turn the annotations of a dataclass into types, ``X | None`` into ``Union[None, X]``.

    tyro checks that defaults are of their types. For this spelling it sees that None is; for the
    other it imports typeguard, which takes a third of the time of ``--help``.
    """
    hints = get_type_hints(flags, include_extras=True)
    flags.__annotations__ = {name: _none_first(hint) for name, hint in hints.items()}


def _none_first(hint: Any) -> Any:
    inner = get_args(hint)
    if get_origin(hint) not in (Union, UnionType) or type(None) not in inner:
        return hint
    return Union[(None, *(each for each in inner if each is not type(None)))]


def repeatable(flags: type[Any]) -> list[str]:
    """Names of the fields that take any number of values behind their flag.

    Example:
        >>> from jobs.train import Flags
        >>> repeatable(Flags)
        ['freeze', 'held_out_classes', 'held_out_subjects', 'corpora']
    """
    hints = get_type_hints(flags, include_extras=True)
    return [name for name, hint in hints.items() if _takes_many(hint)]


def _takes_many(hint: Any) -> bool:
    """Whether a type is ``tuple[X, ...]``, or that or None, and not positional."""
    if get_origin(hint) is tuple:
        return Ellipsis in get_args(hint)
    inner = get_args(hint)
    return _POSITIONAL not in inner and any(_takes_many(each) for each in inner)
