from __future__ import annotations

import pickle

import pytest

from skeletonllm import errors
from skeletonllm.errors import SkeletonLLMError, SourceError, UsageError

KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, SkeletonLLMError)
]


def test_the_text_says_where_what_expected_and_what_to_do() -> None:
    error = UsageError("3 joints", expected="25", where="a.skeleton", hint="Export it again.")
    assert str(error) == "a.skeleton: 3 joints; expected 25. Export it again."
    assert str(UsageError("3 joints")) == "3 joints"


@pytest.mark.parametrize("kind", [k for k in KINDS if k is not SourceError])
def test_every_error_survives_pickling(kind: type[SkeletonLLMError]) -> None:
    error = kind("found", expected="expected", where="where", hint="Do.")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert str(again) == str(error) == "where: found; expected expected. Do."


def test_a_source_error_keeps_its_code() -> None:
    again = pickle.loads(pickle.dumps(SourceError("empty", "0 bytes", where="a")))
    assert (again.code, str(again)) == ("empty", "a: 0 bytes")


def test_an_unknown_code_is_our_own_mistake() -> None:
    with pytest.raises(AssertionError, match="unknown reject code 'oops'"):
        SourceError("oops", "0 bytes")
