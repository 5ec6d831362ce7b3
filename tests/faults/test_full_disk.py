"""A disk that is full: one sentence, nothing half, and with room the same command finishes."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from jobs import cli
from skeletonllm.errors import StorageError
from skeletonllm.storage import files
from skeletonllm.storage.layout import WORK
from skeletonllm.testing.processes import read_folder
from tests.faults.road import write_raw

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("local_ray")]

PAGE = 4096
"""A tmpfs gives each file whole pages."""


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory, local_ray: None) -> Path:
    """A folder with ``raw``, and ``clips`` and ``shards`` made of it."""
    root = tmp_path_factory.mktemp("inputs")
    write_raw(root / "raw" / "nw_ucla")
    for stage in ("clips", "shards"):
        assert cli.main(make_command(stage, root, root)) == 0
    return root


def make_command(stage: str, inputs: Path, output: Path) -> list[str]:
    """What is typed for a stage.

    Args:
        stage: Name of its folder below the output.
        inputs: See the fixture of that name.
        output: Where its folder is made.
    """
    to, clips = ["--output", str(output / stage)], ["--clips", str(inputs / "clips")]
    if stage == "clips":
        raw = ["--corpus", "nw_ucla", "--input", str(inputs / "raw" / "nw_ucla")]
        return ["normalize", *raw, "--files-per-part", "2", *to]
    if stage == "shards":
        return ["build-shards", *clips, *to]
    named = ["--name", "toy", "--version", "0.1.0", "--shards", str(inputs / "shards")]
    return ["cut-release", *named, *clips, *to]


def leave_room(disk: Path, room: int) -> Path:
    """Fill a disk up to some bytes; the file that does it.

    Args:
        disk: A small one.
        room: Bytes, in whole pages.
    """
    ballast, found = disk / "ballast", os.statvfs(disk)
    ballast.write_bytes(bytes(found.f_bavail * found.f_bsize - room))
    return ballast


def is_hidden(name: str) -> bool:
    """Whether nobody reads a file of this name but the stage that is at work."""
    return "/." in f"/{name}" or name.startswith(f"{WORK}/")


@pytest.mark.parametrize("stage", ["clips", "shards", "releases"])
def test_a_stage_on_a_full_disk_says_so_and_finishes_when_there_is_room(
    stage: str, inputs: Path, tmp_path: Path, small_disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(make_command(stage, inputs, tmp_path)) == 0
    whole = read_folder(tmp_path / stage)
    pages = sum(-(-len(data) // PAGE) for data in whole.values())
    ballast = leave_room(small_disk, pages // 2 * PAGE)
    capsys.readouterr()

    assert cli.main(make_command(stage, inputs, small_disk)) == 2
    said = capsys.readouterr().err
    (line,) = [line for line in said.splitlines() if line.startswith("error: ")]
    assert str(small_disk) in line
    assert "not written: No space left on device. Free some space there, and run the same" in line
    assert "Traceback" not in said
    left = read_folder(small_disk / stage)
    visible = {name: data for name, data in left.items() if not is_hidden(name)}
    assert not [name for name in visible if name.endswith("manifest.json")]
    assert visible == {name: whole[name] for name in visible}

    ballast.unlink()
    assert cli.main(make_command(stage, inputs, small_disk)) == 0
    assert read_folder(small_disk / stage) == whole


def test_half_a_file_does_not_stay_in_the_way(small_disk: Path) -> None:
    leave_room(small_disk, 4 * PAGE)
    with pytest.raises(StorageError, match=r"a\.bin: not written: No space left"):
        files.write_bytes(str(small_disk / "a.bin"), bytes(8 * PAGE))
    assert [path.name for path in small_disk.iterdir()] == ["ballast"]
    files.write_bytes(str(small_disk / "a.bin"), bytes(2 * PAGE))


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS])
def test_a_disk_that_may_not_be_written_is_said(
    code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_file: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(StorageError, match=f"not written: {os.strerror(code)}. Let this user"):
        files.write_bytes(str(tmp_path / "a.bin"), b"a")
