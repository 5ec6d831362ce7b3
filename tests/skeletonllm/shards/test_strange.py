from __future__ import annotations

import pyarrow as pa
import pytest

from skeletonllm.errors import ReleaseError, SchemaError, StorageError
from skeletonllm.shards.strange import collect_faults, refuse_strange


@pytest.mark.parametrize(
    "error",
    [TypeError("a"), ValueError("a"), KeyError("a"), OverflowError("a"), pa.ArrowException("a")],
    ids=lambda error: type(error).__name__,
)
def test_what_strange_contents_lead_to_is_refused_in_a_sentence(error: Exception) -> None:
    with (
        pytest.raises(
            ReleaseError, match=rf"r: cannot be read as a release \({type(error).__name__}"
        ),
        refuse_strange("r"),
    ):
        raise error


@pytest.mark.parametrize("error", [SchemaError("a"), StorageError("a"), OSError("a")])
def test_what_says_something_else_passes(error: Exception) -> None:
    with pytest.raises(type(error), match="^a$"), refuse_strange("r"):
        raise error
    with pytest.raises(type(error), match="^a$"):
        collect_faults("x", lambda: iter(_ for _ in ()).throw(error))
