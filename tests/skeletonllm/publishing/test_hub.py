"""Releases and recipes to a Hub of the tests' own; see ``hub_here.py`` for what it is not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from skeletonllm.errors import ReleaseError, StorageError, UsageError
from skeletonllm.publishing.hub import publish_to_hub
from skeletonllm.publishing.targets import Published, open_parcel
from skeletonllm.storage import retries, sha256_of
from skeletonllm.testing.processes import read_folder
from tests.skeletonllm.publishing.conftest import Made
from tests.skeletonllm.publishing.hub_here import FakeHub

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
"""What huggingface_hub 2.4 calls of httpx2 when it sends a large file."""
REPOSITORY = "lab/motions"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    pytest.importorskip("huggingface_hub")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda _: None)
    monkeypatch.setattr(retries, "FIRST_PAUSE_S", 0.01)
    from huggingface_hub.utils import (  # noqa: PLC0415
        disable_progress_bars,
        enable_progress_bars,
    )

    disable_progress_bars()
    with FakeHub() as made:
        yield made
    enable_progress_bars()


def put(hub: FakeHub, folder: Path, *, private: bool = True) -> Published:
    parcel = open_parcel(str(folder), private=private)
    return publish_to_hub(parcel, REPOSITORY, private=private, endpoint=hub.url)


def read_tag(hub: FakeHub, version: str) -> dict[str, bytes]:
    found = hub.repositories[REPOSITORY].find(version)
    assert found is not None
    return {path: data for path, data in found[1].items() if path != ".gitattributes"}


def make_next(release: Path, folder: Path, **change: str) -> Path:
    """A release whose card and tables are others, and whose tars are one less."""
    copy = Path(shutil.copytree(release, folder))
    (copy / "README.md").write_text((copy / "README.md").read_text() + "more\n")
    max((copy / "shards").iterdir()).unlink()
    manifest = json.loads((copy / "manifest.json").read_text())
    files = [p for p in sorted(copy.rglob("*")) if p.is_file() and p.name != "manifest.json"]
    named = [(str(p.relative_to(copy)), *sha256_of(str(p))) for p in files]
    manifest["files"] = [{"path": n, "sha256": h, "bytes": size} for n, h, size in named]
    (copy / "manifest.json").write_text(json.dumps({**manifest, **change}))
    return copy


def test_one_commit_and_a_tag_bring_every_byte_once(hub: FakeHub, made: Made) -> None:
    done = put(hub, made.release)
    here = read_folder(made.release)
    assert done == Published(
        "hf://datasets/lab/motions", len(here), len(here), sum(map(len, here.values())), False
    )
    assert read_tag(hub, "1.0.0") == here
    there = hub.repositories[REPOSITORY]
    assert there.messages == ["initial commit", "release lab 1.0.0"]
    assert there.private
    large = [data for path, data in here.items() if path.endswith((".tar", ".parquet"))]
    assert hub.sent == sum(map(len, set(large)))


def test_a_second_time_sends_nothing_and_says_so(hub: FakeHub, made: Made) -> None:
    put(hub, made.release)
    before = len(hub.asked)
    done = put(hub, made.release)
    assert (done.already, done.sent, done.sent_bytes) == (True, 0, 0)
    assert not [asked for asked in hub.asked[before:] if "commit" in asked or "lfs" in asked]
    assert len(hub.repositories[REPOSITORY].commits) == 2


def test_a_new_version_replaces_the_old_one_at_once_and_leaves_its_tag(
    hub: FakeHub, made: Made, tmp_path: Path
) -> None:
    put(hub, made.release)
    sent = hub.sent
    later = make_next(made.release, tmp_path / "later", version="1.1.0")
    done = put(hub, later)
    assert done.sent == 2  # the card and the manifest
    assert hub.sent == sent
    assert read_tag(hub, "1.1.0") == read_folder(later)
    assert read_tag(hub, "1.0.0") == read_folder(made.release)
    assert len(hub.repositories[REPOSITORY].commits) == 3


def test_a_version_that_is_tagged_with_other_files_is_refused(
    hub: FakeHub, made: Made, tmp_path: Path
) -> None:
    put(hub, made.release)
    with pytest.raises(ReleaseError, match=r"version 1.0.0 is there with other contents \(README"):
        put(hub, make_next(made.release, tmp_path / "other"))
    assert read_tag(hub, "1.0.0") == read_folder(made.release)
    assert len(hub.repositories[REPOSITORY].commits) == 2


@pytest.mark.parametrize(
    "faults",
    [
        [("/preupload/", "500"), ("/preupload/", "reset")],
        [("/objects/batch", "503"), ("/objects/batch", "reset")],
        [("PUT /lfs/", "500"), ("PUT /lfs/", "reset"), ("PUT /lfs/", "500")],
        [("/verify", "500"), ("PUT /lfs/", "lost")],
        [("/commit/", "500"), ("/commit/", "reset")],
        [("/commit/", "lost")],
        [("/commit/", "lost"), ("GET", "500"), ("/tag/", "lost")],
        [("/tag/", "500"), ("/tag/", "reset")],
        [("repos/create", "500"), ("/refs", "reset"), ("/tree/", "500")],
        [("repos/create", "lost"), ("GET", "reset")],
    ],
)
def test_trouble_passes(hub: FakeHub, made: Made, faults: list[tuple[str, str]]) -> None:
    hub.plan(*faults)
    put(hub, made.release)
    assert hub.planned == 0
    assert read_tag(hub, "1.0.0") == read_folder(made.release)
    assert hub.repositories[REPOSITORY].messages == ["initial commit", "release lab 1.0.0"]


def test_trouble_without_end_is_told_and_the_same_command_goes_on(hub: FakeHub, made: Made) -> None:
    hub.plan(*[("/commit/", "500")] * 40)
    with pytest.raises(StorageError, match="HTTP 500, in each of 4 tries. Run the same command ag"):
        put(hub, made.release)
    there = hub.repositories[REPOSITORY]
    assert (len(there.commits), there.tags) == (1, {})  # readers see what was there before
    sent = hub.sent
    hub.plan()
    put(hub, made.release)
    assert hub.sent == sent
    assert read_tag(hub, "1.0.0") == read_folder(made.release)


def test_who_may_not_write_is_told_how_to_log_in(hub: FakeHub, made: Made) -> None:
    put(hub, made.release)
    hub.plan(*[("/refs", "403")] * 10)
    with pytest.raises(StorageError, match="hf auth login"):
        put(hub, made.release)


def test_somebody_elses_commit_is_not_lost_in_silence(
    hub: FakeHub, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import HfApi  # noqa: PLC0415

    real = HfApi.create_commit

    def commit_late(self, *args, **options):
        there = hub.repositories[REPOSITORY]
        if len(there.commits) == 1:
            there.add({**there.commits[-1][1], "notes.txt": b"mine"}, "somebody else")
        return real(self, *args, **options)

    monkeypatch.setattr(HfApi, "create_commit", commit_late)
    put(hub, made.release)
    assert hub.repositories[REPOSITORY].messages[1:] == ["somebody else", "release lab 1.0.0"]
    assert read_tag(hub, "1.0.0") == read_folder(made.release)


def test_an_internal_release_does_not_go_where_anyone_reads(hub: FakeHub, made: Made) -> None:
    put(hub, made.recipe, private=False)
    assert not hub.repositories[REPOSITORY].private
    with pytest.raises(ReleaseError, match="--private, and a repository that anyone reads"):
        put(hub, made.release, private=True)
    with pytest.raises(ReleaseError, match="for internal use may not be published.*make-recipe"):
        put(hub, made.release, private=False)
    assert read_tag(hub, "1.0.0") == read_folder(made.recipe)


def test_what_is_private_does_not_go_where_anyone_reads(hub: FakeHub, made: Made) -> None:
    put(hub, made.recipe, private=False)
    commits = len(hub.repositories[REPOSITORY].commits)
    with pytest.raises(ReleaseError, match="--private, and a repository that anyone reads"):
        put(hub, made.recipe, private=True)
    assert len(hub.repositories[REPOSITORY].commits) == commits


def test_a_recipe_is_for_anyone(hub: FakeHub, made: Made) -> None:
    done = put(hub, made.recipe, private=False)
    assert read_tag(hub, "1.0.0") == read_folder(made.recipe)
    assert hub.repositories[REPOSITORY].messages[-1] == "recipe lab 1.0.0"
    assert done.sent == done.files


def test_only_a_folder_of_this_machine_is_sent(made: Made) -> None:
    parcel = open_parcel(str(made.recipe), private=False)
    from dataclasses import replace  # noqa: PLC0415

    with pytest.raises(UsageError, match="only a local folder is sent to the Hub.*publish RELEASE"):
        publish_to_hub(replace(parcel, folder="memory://x"), REPOSITORY, private=False)
