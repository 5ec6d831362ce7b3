from __future__ import annotations

import json
from pathlib import Path

import pytest
from fsspec.implementations.local import LocalFileSystem

from skeletonllm.training.checkpoints.metrics import MetricsLog, join_segments


def write(folder: Path, steps: range, done: int = 0) -> None:
    log = MetricsLog(str(folder), done)
    for step in steps:
        log.add({"step": step, "loss": step / 2})
    log.write()
    log.write()  # nothing new: no segment


def test_segments_are_joined_in_the_order_of_steps_and_removed(tmp_path: Path) -> None:
    folder, url = tmp_path / "metrics", tmp_path / "metrics.jsonl"
    write(folder, range(9, 101))
    write(folder, range(1, 9), done=200)
    assert sorted(path.name for path in folder.iterdir()) == ["000000001.jsonl", "000000009.jsonl"]
    lines = join_segments(str(folder), str(url))
    assert [line["step"] for line in lines] == list(range(1, 101))
    assert [json.loads(line) for line in url.read_text().splitlines()] == lines
    assert not folder.exists()


def test_what_a_killed_run_wrote_beyond_its_checkpoint_is_dropped(tmp_path: Path) -> None:
    write(tmp_path / "metrics", range(1, 5))
    write(tmp_path / "metrics", range(5, 9), done=4)  # written, but its checkpoint never was
    write(tmp_path / "metrics", range(5, 7), done=4)
    lines = join_segments(str(tmp_path / "metrics"), str(tmp_path / "all.jsonl"))
    assert [line["step"] for line in lines] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("left", [0, 1, 2, 3])
def test_joined_again_after_a_kill_the_file_keeps_every_line(tmp_path: Path, left: int) -> None:
    folder, url = tmp_path / "metrics", tmp_path / "metrics.jsonl"
    for first in (1, 5, 9):
        write(folder, range(first, first + 4), done=first)
    stood = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
    lines = join_segments(str(folder), str(url))
    folder.mkdir()
    for name in list(stood)[:left]:  # those that the killed run had not removed yet
        (folder / name).write_bytes(stood[name])
    assert join_segments(str(folder), str(url)) == lines
    assert [json.loads(line) for line in url.read_text().splitlines()] == lines
    assert not folder.exists()


def test_segments_are_removed_from_the_last_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, url = tmp_path / "metrics", tmp_path / "metrics.jsonl"
    for first in (1, 5):
        write(folder, range(first, first + 4), done=first)
    rm_file = LocalFileSystem.rm_file
    removed: list[str] = []

    def kill_at_the_second(fs: LocalFileSystem, path: str) -> None:
        removed.append(Path(path).name)
        if len(removed) == 2:
            raise KeyboardInterrupt
        rm_file(fs, path)

    monkeypatch.setattr(LocalFileSystem, "rm_file", kill_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        join_segments(str(folder), str(url))
    monkeypatch.undo()
    assert [path.name for path in folder.iterdir()] == ["000000001.jsonl"]
    assert len(join_segments(str(folder), str(url))) == 8


def test_a_run_without_steps_has_an_empty_file(tmp_path: Path) -> None:
    assert join_segments(str(tmp_path / "metrics"), str(tmp_path / "all.jsonl")) == []
    assert (tmp_path / "all.jsonl").read_bytes() == b""
