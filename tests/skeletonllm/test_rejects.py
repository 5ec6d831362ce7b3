"""One clip's failure stays its own, by name; what concerns all clips passes through."""

from __future__ import annotations

import logging

import pyarrow as pa
import pytest

from skeletonllm.errors import REJECT_CODES, RenderError, SchemaError, SourceError, UsageError
from skeletonllm.rejects import MAX_MESSAGE, ClipName, Reject, build_table, isolate_clip

CLIP = ClipName("lab/1", "raw/1.bvh")


def rejected(error: Exception) -> Reject:
    rejects: list[Reject] = []
    with isolate_clip(CLIP, "quality", rejects):
        raise error
    (reject,) = rejects
    return reject


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (SourceError("no_body", "nobody", where="lab/1"), "no_body", "lab/1: nobody"),
        (SourceError("no_body", "nobody"), "no_body", "lab/1: nobody"),
        (UsageError("not for such clips"), "unsuitable", "lab/1: not for such clips"),
        (RenderError("no joint"), "not_drawn", "lab/1: no joint"),
        (SchemaError("a fault"), "format", "lab/1: a fault"),
        (KeyError("head.top"), "internal", "lab/1: KeyError: 'head.top'"),
        (ZeroDivisionError("by zero"), "internal", "lab/1: ZeroDivisionError: by zero"),
    ],
)
def test_an_error_becomes_a_row_that_names_clip_and_cause(
    error: Exception, code: str, message: str
) -> None:
    assert rejected(error) == Reject("raw/1.bvh", "quality", code, message)
    assert code in REJECT_CODES


def test_messages_are_the_same_in_every_process_and_have_an_end() -> None:
    first, second = (rejected(ValueError(f"odd {object()}")).message for _ in range(2))
    assert first == second == "lab/1: ValueError: odd <object object at 0x...>"
    assert len(rejected(ValueError("x" * 9999)).message) < MAX_MESSAGE + 10


def test_what_nobody_foresaw_is_logged_once_with_its_place(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        rejected(SourceError("no_body", "nobody"))
        assert caplog.records == []
        rejected(IndexError("too far"))
    (record,) = caplog.records
    assert record.getMessage() == "quality left out lab/1: IndexError: too far"
    assert "test_rejects.py" in caplog.text


@pytest.mark.parametrize(
    "error", [MemoryError(), OSError("disk full"), KeyboardInterrupt(), FileNotFoundError("gone")]
)
def test_what_says_nothing_of_the_clip_passes_through(error: BaseException) -> None:
    rejects: list[Reject] = []
    with pytest.raises(type(error)), isolate_clip(CLIP, "quality", rejects):
        raise error
    assert rejects == []


def test_a_table_is_built_of_the_clips_that_fit() -> None:
    def build(clips: list[ClipName]) -> pa.Table:
        if any(clip.clip_id == "bad" for clip in clips):
            raise SchemaError("a broken rule")
        return pa.table({"clip_id": [clip.clip_id for clip in clips]})

    rejects: list[Reject] = []
    clips = [ClipName(name, f"raw/{name}") for name in ("a", "bad", "b")]
    table = build_table(clips, build, "normalize", rejects)
    assert table.column("clip_id").to_pylist() == ["a", "b"]
    assert rejects == [Reject("raw/bad", "normalize", "format", "bad: a broken rule")]


def test_a_fault_of_the_whole_table_is_no_fault_of_a_clip() -> None:
    def build(clips: list[ClipName]) -> pa.Table:
        if len(clips) == 1:
            return pa.table({})
        raise SchemaError("an id twice")

    with pytest.raises(SchemaError, match="an id twice"):
        build_table([CLIP, CLIP], build, "normalize", [])
