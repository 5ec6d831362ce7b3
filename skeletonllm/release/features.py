"""The columns of a release, as Hugging Face ``datasets`` wants them declared on a card."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from skeletonllm.shards import member_types


def list_features() -> list[dict[str, Any]]:
    """``features`` of the card's ``dataset_info``: both members of a sample, then its place.

    Without them ``datasets`` takes the types from the first five samples. A label that is null
    there has no type, and the first label that comes ends the loading.
    """
    place = [{"name": name, "dtype": "string"} for name in ("__key__", "__url__")]
    return [*_fields(member_types()), *place]


def _fields(fields: pa.Schema | pa.StructType) -> list[dict[str, Any]]:
    return [{"name": field.name, **_feature(field.type)} for field in fields]


def _feature(kind: pa.DataType) -> dict[str, Any]:
    """An Arrow type in the words of ``datasets``; a list is named by what it holds."""
    if pa.types.is_struct(kind):
        return {"struct": _fields(kind)}
    if pa.types.is_list(kind):
        held = _feature(kind.value_type)
        return {"list": held if "list" in held else next(iter(held.values()))}
    return {"dtype": "string" if pa.types.is_string(kind) else kind.to_pandas_dtype().__name__}
