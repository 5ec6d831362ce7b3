"""NumPy arrays of Python objects, read without running anything of them.

``numpy.save`` keeps a dict as an array of one object, pickled. What it holds is read by
:mod:`.safe_pickle`: containers, numbers, text and arrays, and nothing else.
"""

from __future__ import annotations

from typing import Any

from skeletonllm.corpora.formats.npy import header
from skeletonllm.corpora.formats.safe_pickle import PickledArray, load_pickle
from skeletonllm.errors import SourceError


def parse_objects(data: bytes, name: str) -> list[Any]:
    """The Python objects of a ``.npy`` file, with every array as a ``PickledArray``.

    Args:
        data: The file.
        name: What it is called in sentences.

    Raises:
        SourceError: ``format`` where it holds none; ``unsafe`` where the pickle wants to call
            anything.
    """
    start, fields = header(data)
    if b"O" not in fields["descr"]:
        raise SourceError("format", f"{name} is no array of Python objects")
    held = load_pickle(data[start:])
    values = held.parts[3] if isinstance(held, PickledArray) and len(held.parts) > 3 else None
    if not isinstance(values, list):
        raise SourceError("format", f"{name} holds no Python objects")
    return values


def parse_one_dict(data: bytes) -> dict[Any, Any]:
    """The dict that ``numpy.save`` was given.

    Raises:
        SourceError: As of :func:`parse_objects`; ``format`` for anything else.
    """
    values = parse_objects(data, "the file")
    content = values[0] if len(values) == 1 else None
    if not isinstance(content, dict):
        raise SourceError("format", f"an array of {len(values)} objects", expected="one dict")
    return content
