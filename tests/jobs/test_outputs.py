"""Files that a flag names: nothing finished is written into, and what is no file stays what it is.

Devices of this machine are never written to here: a test once replaced one.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from jobs import cli
from jobs.outputs import place_file, write_data, write_file
from skeletonllm.errors import UsageError
from skeletonllm.release import cut_release
from tests.skeletonllm.release.conftest import write_stages


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("outputs")
    given = write_stages(root / "stages")
    return Path(cut_release(str(root / "releases"), "toy", "1.0.0", code="test", **given))


@pytest.mark.parametrize("flag", ["--json", "--markdown"])
@pytest.mark.parametrize("name", ["manifest.json", "extra/new.json"])
def test_diff_writes_nothing_into_a_release(
    release: Path, flag: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted((str(p), p.read_bytes()) for p in release.rglob("*") if p.is_file())
    assert cli.main(["diff", str(release), str(release), flag, str(release / name)]) == 2
    assert "nothing is written into it" in capsys.readouterr().err
    assert before == sorted((str(p), p.read_bytes()) for p in release.rglob("*") if p.is_file())


def test_trace_writes_nothing_into_a_release(
    release: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stated = (release / "manifest.json").read_bytes()
    assert cli.main(["trace", str(release), "alpha/000", "--json", f"{release}/manifest.json"]) == 2
    assert "nothing is written into it" in capsys.readouterr().err
    assert (release / "manifest.json").read_bytes() == stated


def test_a_link_into_a_release_is_refused(release: Path, tmp_path: Path) -> None:
    (tmp_path / "link.json").symlink_to(release / "manifest.json")
    with pytest.raises(UsageError, match="nothing is written into it"):
        place_file(str(tmp_path / "link.json"))


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target.json", tmp_path / "link.json"
    target.write_text("old")
    link.symlink_to(target)
    write_data(str(link), {"a": 1})
    assert link.is_symlink()
    assert target.read_text() == '{\n "a": 1\n}\n'


def test_a_pipe_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()), daemon=True)
    reader.start()
    write_file(str(pipe), b"told")
    reader.join(timeout=30)
    assert read == [b"told"]
    assert pipe.is_fifo()


def test_all_else_is_written_whole(tmp_path: Path) -> None:
    assert place_file(None) is None
    place = place_file(str(tmp_path / "new" / "a.json"))
    assert place is not None
    write_file(place, b"1")
    write_file(place, b"2")
    assert Path(place).read_bytes() == b"2"
    assert [path.name for path in Path(place).parent.iterdir()] == ["a.json"]


def test_a_link_that_leads_nowhere_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "none" / "a.json")
    with pytest.raises(UsageError, match="not written"):
        write_file(str(tmp_path / "link"), b"1")


@pytest.mark.parametrize(
    "words",
    [
        ["make-recipe", "RELEASE", "-o", ""],
        ["publish", "RELEASE", ""],
        ["verify", ""],
        ["diff", "RELEASE", "RELEASE", "--json", ""],
        [*"cut-release --name toy --version 1.0.0 --shards s --clips c --output".split(), ""],
        [*"cut-release --name toy --version 1.0.0 --shards s --clips".split(), ""],
    ],
    ids=lambda words: words[0],
)
def test_an_empty_path_is_refused(
    release: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([str(release) if word == "RELEASE" else word for word in words]) == 2
    assert " is empty. Leave it out" in capsys.readouterr().err
