from __future__ import annotations

from pathlib import Path

import pytest

from skeletonllm.clip_folders import contents, lineage
from skeletonllm.errors import UsageError
from skeletonllm.storage import write_json


def test_a_folder_is_known_by_the_hash_of_its_manifest(tmp_path: Path) -> None:
    first, second = str(tmp_path / "a"), str(tmp_path / "b")
    for folder, counts in ((first, 1), (second, 2)):
        write_json(f"{folder}/manifest.json", {"counts": counts})
    hashes = lineage([first, second])
    assert list(hashes) == [first, second]
    assert hashes[first] != hashes[second]


def test_a_folder_that_is_not_finished_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"{tmp_path}: no finished output of a job. Run the job"):
        lineage([str(tmp_path)])


def test_contents_do_not_depend_on_how_paths_are_spelled() -> None:
    near = contents([["clips/clips/part-00000.parquet"]], {"clips": "f00"})
    far = contents([["/data/clips/clips/part-00000.parquet"]], {"/data/clips": "f00"})
    assert near == far == [("f00", "part-00000.parquet")]
