from __future__ import annotations

from pathlib import Path

from skeletonllm.testing.fake_endpoint.journal import Journal, read_journal


def test_a_line_is_in_the_file_at_once(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "log.jsonl")
    journal.write("arrive", id=0)
    (event,) = read_journal(tmp_path / "log.jsonl")
    assert (event["event"], event["id"]) == ("arrive", 0)
    journal.close()


def test_a_line_that_is_still_being_written_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_bytes(b'{"event": "arrive"}\n{"event": "e')
    assert read_journal(tmp_path / "log.jsonl") == [{"event": "arrive"}]


def test_a_time_that_is_given_replaces_that_of_writing() -> None:
    assert Journal().write("arrive", time=1.0)["time"] == 1.0
