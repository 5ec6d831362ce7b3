from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from skeletonllm.clip import Caption
from skeletonllm.shards import encode
from skeletonllm.shards.codec import ARRAYS, TEXT_FIELDS, decode_with_parts
from skeletonllm.shards.forms import find_array_fault, find_text_fault
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.clips import make_clip

CLIP = make_clip(synthesize("hand waving"), captions=(Caption("waves"),))


@pytest.fixture
def text() -> dict[str, Any]:
    meta: dict[str, Any] = json.loads(encode(CLIP)["json"])
    return meta


def test_what_is_encoded_has_no_fault(text: dict[str, Any]) -> None:
    assert find_text_fault(text) is None
    assert find_array_fault(decode_with_parts(encode(CLIP))[2]) is None


@pytest.mark.parametrize("name", sorted(TEXT_FIELDS))
def test_no_field_may_be_anything_or_be_missing(text: dict[str, Any], name: str) -> None:
    """A struct of other keys is no value of any field."""
    fault = find_text_fault({**text, name: {"x": [1]}})
    assert fault is not None
    assert fault.startswith(f"{name} {{'x': [1]}}; expected ")
    del text[name]
    said = None if name == "decoded_sha256" else f"its text has no {name!r}"
    assert find_text_fault(text) == said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"label": None, "image_size": None, "fps": 30}, None),
        ({"image_size": [640, 480]}, None),
        ({"image_size": [640, 480, 3]}, "image_size [640, 480, 3]; expected list<item: int32>"),
        ({"label_id": 2**40}, "label_id 1099511627776; expected int32 or null, ge 0"),
        ({"num_frames": 3.0}, "num_frames 3.0; expected int32, ge 1"),
        ({"first_frame": -1}, "first_frame -1; expected int32, ge 0"),
        ({"first_frame": None}, "first_frame None; expected int32, ge 0"),
        ({"corpus": None}, "corpus None; expected string"),
        ({"space": "moon"}, "space 'moon'; expected string, isin "),
        ({"source_sha256": "a" * 64 + "\n"}, "source_sha256 'aaaa"),
        ({"captions": [5]}, "captions [5]; expected list<"),
        ({"captions": [{"text": "a", "start_s": float("inf")}]}, "captions [{'text': 'a', "),
    ],
)
def test_a_field_of_another_form_is_named(
    text: dict[str, Any], change: dict[str, Any], said: str | None
) -> None:
    fault = find_text_fault({**text, **change})
    assert (fault is None) == (said is None)
    assert str(fault).startswith(str(said))


def test_every_array_is_known_by_type_and_dimensions() -> None:
    for name, (kind, depth) in ARRAYS.items():
        arrays = {name: np.zeros((1,) * depth, kind.to_pandas_dtype()), "far": np.zeros(1, "<i4")}
        assert find_array_fault(arrays) is None
        for other in (np.zeros((1,) * (depth + 1), arrays[name].dtype), np.zeros(1, "<f4")):
            assert f"array {name} of shape " in str(find_array_fault({**arrays, name: other}))
    assert find_array_fault({"x": np.zeros(1)}) == "arrays x, which no sample has"


def test_values_that_nothing_points_at_are_found() -> None:
    places = np.array([3, 4], "<i4")
    assert find_array_fault({"far": places, "far_at": places}) is None
    assert find_array_fault({"far_at": places}) == "array far_at without far"
    twice = np.array([3, 3], "<i4")
    said = "array far_at names a place twice, or in another order"
    assert find_array_fault({"far": places, "far_at": twice}) == said
