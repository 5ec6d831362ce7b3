from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import fsspec

from skeletonllm.storage import write_bytes
from skeletonllm.storage.transfer import list_stamps
from skeletonllm.storage.transfer.stamps import describe_object, make_stamp, read_etag


def test_a_stamp_changes_with_the_bytes_and_is_one_in_listing_and_description() -> None:
    write_bytes("memory://stamps/a", b"one")
    fs = fsspec.filesystem("memory")
    (first,) = list_stamps("memory://stamps").values()
    assert make_stamp(describe_object(fs, "/stamps/a") or {}) == first
    write_bytes("memory://stamps/a", b"two")
    assert list_stamps("memory://stamps") != {"a": first}
    fs.rm("/stamps", recursive=True)
    assert describe_object(fs, "/stamps/a") is None
    assert list_stamps("memory://stamps") == {}


def test_stamps_of_stores(tmp_path: Path) -> None:
    assert make_stamp({"size": 3, "ETag": '"abc"'}) == make_stamp({"size": 3, "etag": "abc"})
    assert make_stamp({"size": 3, "ETag": '"abc"'}) != make_stamp({"size": 4, "ETag": '"abc"'})
    assert read_etag({"ETag": '"abc"'}) == "abc"
    assert read_etag({"size": 3}) == ""
    now = datetime.now(UTC)
    assert make_stamp({"size": 3, "created": now}) == f"3 {now.timestamp()}"
    write_bytes(str(tmp_path / "a"), b"")
    assert list_stamps(str(tmp_path)) == {}
