from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skeletonllm.corpora.formats.object_arrays import parse_objects, parse_one_dict
from skeletonllm.errors import SourceError


def saved(content: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, content)
    return file.getvalue()


class Caller:
    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, ("executed",)


def test_a_dict_with_its_arrays() -> None:
    found = parse_one_dict(saved({"a": np.arange(3), "b": ["text", 2, None]}))
    np.testing.assert_array_equal(np.asarray(found["a"]), [0, 1, 2])
    assert found["b"] == ["text", 2, None]
    assert parse_objects(saved(np.array(["a", 1], object)), "x") == ["a", 1]


@pytest.mark.parametrize(
    ("data", "code", "message"),
    [
        (saved(np.zeros(3)), "format", "the file is no array of Python objects"),
        (saved(np.array(["a", 1], object)), "format", "an array of 2 objects; expected one dict"),
        (saved(np.array("a", object)), "format", "expected one dict"),
        (saved(np.array(Caller(), object)), "unsafe", "wants to call"),
        (saved({"a": 1})[:-3], "truncated", "not a pickle"),
        (b"hello", "format", "not a .npy file"),
    ],
)
def test_bad_files(data: bytes, code: str, message: str) -> None:
    with pytest.raises(SourceError, match=message.replace("(", r"\(")) as caught:
        parse_one_dict(data)
    assert caught.value.code == code
    assert not Path("executed").exists()
