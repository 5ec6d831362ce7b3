"""Two releases compared, as a person at a terminal does it."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs import cli
from skeletonllm.release import cut_release
from skeletonllm.storage import read_json
from tests.skeletonllm.release.conftest import clip, write_stages


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """1.0.0, and 1.0.1 with one clip more, which is a minor step."""
    root = tmp_path_factory.mktemp("diff")
    made: list[str] = []
    for version, count in (("1.0.0", 5), ("1.0.1", 6)):
        first = [clip("alpha", i, licence="cc-by-4.0") for i in range(count)]
        second = [clip("beta", i, licence="nw_ucla", image=True) for i in range(2)]
        stages = write_stages(root / version, first, second)
        given = {"parent": made[0] if made else None, "code": "test", **stages}
        made.append(cut_release(str(root / "releases"), "toy", version, **given))
    return made[0], made[1]


def test_a_table_the_reasons_and_the_verdict_are_shown(
    releases: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["diff", *releases]) == 0
    said = capsys.readouterr().out
    assert "toy 1.0.0 (" in said
    assert "alpha: 1; alpha/005" in said
    assert "minor: 1 clips added\n" in said
    assert said.splitlines()[-1] == (
        "this is a minor step; the versions say 1.0.0 -> 1.0.1: too small; at least 1.1.0"
    )


def test_json_and_markdown_say_the_same(releases: tuple[str, str], tmp_path: Path) -> None:
    files = ["--json", str(tmp_path / "a.json"), "--markdown", str(tmp_path / "a.md")]
    assert cli.main(["diff", *releases, *files, "--samples"]) == 0
    data = read_json(str(tmp_path / "a.json"))
    assert data["contents"]["clips"]["added"] == {"count": 1, "first": ["alpha/005"]}
    assert (data["step"]["step"], data["step"]["least"]) == ("minor", "1.1.0")
    assert data["survival"]["state"] == "next epoch"
    assert data["samples"]["read"] == 0
    entry = (tmp_path / "a.md").read_text()
    assert entry.startswith("## toy 1.0.1\n")
    assert entry == Path(releases[1], "changes.md").read_text()


def test_strict_exits_with_1_where_the_version_is_too_small(releases: tuple[str, str]) -> None:
    assert cli.main(["diff", *releases, "--strict"]) == 1
    assert cli.main(["diff", *releases[::-1], "--strict"]) == 1  # backwards
    assert cli.main(["diff", releases[0], releases[0], "--strict"]) == 0


@pytest.mark.parametrize("which", [0, 1])
def test_what_is_no_release_is_one_sentence(
    which: int, releases: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = list(releases)
    paths[which] = str(tmp_path)
    assert cli.main(["diff", *paths]) == 2
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith(f"error: {tmp_path}: no manifest.json")
