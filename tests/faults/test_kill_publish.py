"""kill -9 of who publishes or rebuilds: nothing is there or the whole, and a rerun ends it."""

from __future__ import annotations

from pathlib import Path

import pytest

from skeletonllm.publishing import publish
from skeletonllm.publishing.mirror import publish_to_store
from skeletonllm.publishing.recipe import rebuild_release
from skeletonllm.publishing.targets import open_parcel
from skeletonllm.storage import exists, join, list_files, read_bytes
from skeletonllm.testing.faulty_store import FaultyStore
from skeletonllm.testing.processes import kill_job, read_folder
from tests.faults.s3_here import BUCKET, point_s3_at, put
from tests.skeletonllm.publishing.conftest import Made, made
from tests.skeletonllm.publishing.hub_here import FakeHub

__all__ = ["made"]


@pytest.mark.parametrize("puts", [6, 12])
def test_a_killed_upload_goes_on(
    puts: int, made: Made, moto: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = f"s3://{BUCKET}/killed-{puts}"
    target = f"{root}/lab/1.0.0"
    with FaultyStore(upstream=moto, puts=True) as store:
        point_s3_at(store.url, monkeypatch)
        put(moto, "made", b"the bucket")
        command = ("publish", str(made.release), root, "--private")
        assert kill_job(*command, when=lambda: store.count("PUT") >= puts)
        there = set(list_files(target))
        assert there
        if exists(join(target, "manifest.json")):  # it was killed behind its last step
            assert there == set(read_folder(made.release))
        monkeypatch.setattr("skeletonllm.publishing.mirror.LEASE_S", 3.0)
        publish_to_store(open_parcel(str(made.release), private=True), root)
        found = {path: read_bytes(join(target, path)) for path in list_files(target)}
    assert found == read_folder(made.release)


@pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
@pytest.mark.parametrize("asked", ["/preupload/", "PUT /lfs/", "/commit/"])
def test_a_killed_commit_is_none_or_whole(
    asked: str, made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("huggingface_hub")
    target = "hf://datasets/lab/motions"
    with FakeHub() as hub:
        for name, value in {"ENDPOINT": hub.url, "HUB_DISABLE_XET": "1", "HOME": tmp_path}.items():
            monkeypatch.setenv(f"HF_{name}", str(value))
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
        command = ("publish", str(made.recipe), target)
        kill_job(*command, when=lambda: any(asked in line for line in hub.asked))
        there = hub.repositories["lab/motions"]
        expected = read_folder(made.recipe)
        for _, tree in there.commits[1:]:
            assert set(tree) - {".gitattributes"} == set(expected)
        publish(str(made.recipe), target)
        found = there.find("1.0.0")
    assert found is not None
    assert {path: data for path, data in found[1].items() if path != ".gitattributes"} == expected
    assert there.messages == ["initial commit", "recipe lab 1.0.0"]


def test_a_killed_rebuilding_goes_on(made: Made, tmp_path: Path) -> None:
    folder = tmp_path / "lab" / "1.0.0"
    command = ("rebuild", str(made.recipe), "--corpus", *made.corpora, "-o", str(tmp_path))
    assert kill_job(*command, when=lambda: any(folder.rglob("*.tar")))
    assert not (folder / "manifest.json").exists()
    assert rebuild_release(str(made.recipe), made.corpora, str(tmp_path)).same
    assert read_folder(folder) == read_folder(made.release)
