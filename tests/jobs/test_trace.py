"""One clip followed back, as a person at a terminal does it; with raw files: ``test_road.py``."""

from __future__ import annotations

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


def test_an_unknown_clip_is_one_sentence(release: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["trace", release, "alpha/9"]) == 2
    (said,) = capsys.readouterr().err.splitlines()
    assert said == f"error: {release}: no clip 'alpha/9'. Ids are <corpus>/<file>."
