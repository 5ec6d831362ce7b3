from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import pyarrow as pa
import pytest

from schemas import REJECT
from skeletonllm.clip import Clip
from skeletonllm.corpora import (
    Reader,
    Reject,
    Source,
    get_reader,
    read_clips,
    reader_names,
    readers,
    register_reader,
)
from skeletonllm.corpora.reader import describe_reader
from skeletonllm.errors import SourceError, UsageError
from skeletonllm.version import __version__

SOURCE = Source("folder/x.dat", "x", 3)


class Failing:
    """A reader that gives one reject and then fails as told."""

    name = "failing"
    licence = "unknown"
    label_names: Mapping[str, tuple[str, ...]] = {}

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def sources(self, root: str) -> list[Source]:
        return [SOURCE]

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        yield Reject(f"{source.uri}#0", "read", "no_body", "nobody")
        raise self.error


def test_a_source_error_is_a_reject_after_those_before_it() -> None:
    clips, rejects = read_clips(Failing(SourceError("empty", "nothing", where="line 1")), SOURCE)
    assert clips == []
    assert rejects == [
        Reject("folder/x.dat#0", "read", "no_body", "nobody"),
        Reject("folder/x.dat", "read", "empty", "line 1: nothing"),
    ]


def test_an_unexpected_error_is_a_reject_with_its_type_and_text() -> None:
    _, rejects = read_clips(Failing(ZeroDivisionError("by zero")), SOURCE)
    assert rejects[1] == Reject("folder/x.dat", "read", "format", "ZeroDivisionError: by zero")


@pytest.mark.parametrize("error", [MemoryError, KeyboardInterrupt])
def test_what_says_nothing_about_the_file_passes_through(error: type[BaseException]) -> None:
    with pytest.raises(error):
        read_clips(Failing(error()), SOURCE)


def test_rejects_are_rows_of_the_schema() -> None:
    rows = [Reject.of("a", SourceError("empty", "nothing")).to_row()]
    assert REJECT.faults(pa.Table.from_pylist(rows, schema=REJECT.arrow)) == []
    assert json.loads(json.dumps(rows)) == [
        {"source_uri": "a", "stage": "read", "code": "empty", "message": "nothing"}
    ]


def test_the_readers_are_registered_under_their_names() -> None:
    assert {"humanml3d", "ntu_rgbd", "nw_ucla", "pyskl"} <= set(readers())
    assert tuple(readers()) == reader_names() == tuple(sorted(readers()))
    for name, reader in readers().items():
        assert isinstance(reader, Reader)
        assert get_reader(name) is reader


def test_an_unknown_corpus_lists_the_known_ones() -> None:
    with pytest.raises(
        UsageError, match=r"unknown corpus 'ntu'; expected one of .*humanml3d, .*ntu_rgbd"
    ):
        get_reader("ntu")


def test_a_taken_name_is_refused() -> None:
    class Other(Failing):
        name = "ntu_rgbd"

    with pytest.raises(UsageError, match=r"corpus ntu_rgbd: the reader NtuReader has this name"):
        register_reader(Other(ValueError()))


def test_a_message_without_end_is_cut() -> None:
    reject = Reject.of("a", SourceError("format", "x" * 10**6))
    assert len(reject.message) < 3000
    assert reject.message.endswith(" ...")


def test_an_old_name_of_a_corpus_works_and_says_the_new_one(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert get_reader("pose2d").name == "pyskl"
    assert [r.getMessage() for r in caplog.records] == [
        "corpus pose2d is called pyskl now: use --corpus pyskl"
    ]
    assert "pose2d" not in reader_names()


def test_a_reader_is_described_by_class_package_and_version() -> None:
    ours = describe_reader(get_reader("nw_ucla"))
    assert ours == {
        "name": "nw_ucla",
        "class": "skeletonllm.corpora.kinect.nw_ucla:NwUclaReader",
        "package": f"skeletonllm {__version__}",
        "version": None,
    }
    own = type("Own", (), {"name": "own", "version": 3, "__module__": "nobody.readers"})()
    told = describe_reader(own)
    assert (told["class"], told["package"], told["version"]) == ("nobody.readers:Own", None, "3")
    own = type("Own", (), {"name": "own", "__module__": "pytest"})()
    assert describe_reader(own)["package"] == f"pytest {pytest.__version__}"
