from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from skeletonllm.shards import index
from skeletonllm.viewer.served import kept
from skeletonllm.viewer.served.finder import Finder
from skeletonllm.viewer.served.query import Query
from skeletonllm.viewer.served.releases import open_release
from tests.skeletonllm.viewer.conftest import page_of
from tests.skeletonllm.viewer.page_reader import words_of


def test_served_rows_and_texts_are_those_of_the_page(viewed: Path) -> None:
    shelf, page = open_release(str(viewed)), page_of(viewed)
    assert shelf.rows.to_json()["columns"] == page.columns
    assert [shelf.tell(row) for row in range(11)] == page.tellings
    head = shelf.make_head()
    assert head["topologies"] == page.head["topologies"]
    assert head["overview"]["facts"] == page.head["overview"]["facts"]
    assert set(words_of(page.columns["label"])) == {"hand waving", "jump up", "sit down"}


def test_what_was_kept_finds_the_same(
    viewed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(kept, "FEWEST", 1)
    made = open_release(str(viewed))
    assert len(list(tmp_path.rglob("*.npz"))) == 1
    taken = open_release(str(viewed))
    for query in (Query(text="left"), Query(text="filled"), Query(sort="observed")):
        found = [Finder(shelf.rows, shelf.words).find(query) for shelf in (made, taken)]
        assert found[0].rows == found[1].rows
        assert found[0].total == found[1].total > 0


def corrupt_tar(release: Path) -> None:
    tar = min((release / "shards").iterdir())
    tar.write_bytes(bytes(tar.stat().st_size))


def lose_rationales(release: Path) -> None:
    (release / "rationales.parquet").unlink()


@pytest.mark.parametrize("damage", [corrupt_tar, lose_rationales])
def test_of_a_damaged_release_nothing_is_kept(
    viewed: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    damage: Callable[[Path], None],
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(kept, "FEWEST", 1)
    copy = tmp_path / "release"
    shutil.copytree(viewed, copy)
    damage(copy)
    open_release(str(copy))
    assert "nothing is kept" in caplog.text
    shutil.copytree(viewed, copy, dirs_exist_ok=True)
    index._open_ranges.cache_clear()  # as another process, which has no old file open
    repaired, whole = open_release(str(copy)), open_release(str(viewed))
    assert repaired.rows.to_json() == whole.rows.to_json()


def test_files_are_those_that_the_manifest_lists(viewed: Path) -> None:
    files = open_release(str(viewed)).files
    assert {"manifest.json", "report.html", "index.parquet"} <= files
    assert not any(".." in path for path in files)
