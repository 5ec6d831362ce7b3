"""One clip followed back, as a person at a terminal does it; with raw files: ``test_road.py``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from jobs import cli
from skeletonllm.release import cut_release
from skeletonllm.storage import read_json
from tests.skeletonllm.release.conftest import clip, write_stages


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> str:
    root = tmp_path_factory.mktemp("trace")
    first = [clip("alpha", i, licence="cc-by-4.0") for i in range(3)]
    second = [clip("beta", i, licence="nw_ucla", image=True) for i in range(2)]
    stages = write_stages(root / "stages", first, second)
    return cut_release(str(root), "toy", "1.0.0", code="test", **stages)


def test_the_way_back_is_shown_and_written(
    release: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(tmp_path / "trail.json")
    assert cli.main(["trace", release, "alpha/001", "--json", file]) == 0
    said = capsys.readouterr().out
    for word in ("raw/001.skeleton", f"{1:064x}", "shards/shard-000000.tar", "kinematic", "b" * 64):
        assert word in said
    assert "not held: the version of the reader" in said
    data = read_json(file)
    assert data["clip"]["source_sha256"] == f"{1:064x}"
    assert (data["rationales"][0]["usd"], data["rebuilt"]) == (0.25, None)


def test_brackets_of_an_id_are_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ("alpha/take [final].bvh#0", "alpha/[/x]", "alpha/:smile:")
    clips = [
        replace(clip("alpha", i, licence="cc-by-4.0"), clip_id=name, source_uri=f"raw/{name}")
        for i, name in enumerate(names)
    ]
    stages = write_stages(tmp_path / "stages", clips, [clip("beta", 1, licence="nw_ucla")])
    release = cut_release(str(tmp_path), "toy", "1.0.0", code="test", **stages)
    for name in names:
        assert cli.main(["trace", release, name]) == 0
        assert f"raw/{name}" in capsys.readouterr().out


def test_a_file_that_cannot_be_written_is_one_sentence(
    release: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["trace", release, "alpha/001", "--json", "/proc/nosuch/x"]) == 2
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith("error: /proc/nosuch/x: not written: ")


def test_an_unknown_clip_is_one_sentence(release: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["trace", release, "alpha/9"]) == 2
    (said,) = capsys.readouterr().err.splitlines()
    assert said == f"error: {release}: no clip 'alpha/9'. Ids are <corpus>/<file>."
