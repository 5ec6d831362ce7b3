from __future__ import annotations

import json
import shutil
from functools import partial
from pathlib import Path

import pytest

from skeletonllm.errors import ReleaseError, UsageError
from skeletonllm.publishing import publish
from skeletonllm.publishing.recipe import make_recipe, rebuild_release
from skeletonllm.publishing.targets import open_parcel, parse_repository, verify_parcel
from skeletonllm.testing.processes import read_folder
from tests.skeletonllm.publishing.conftest import Made
from tests.skeletonllm.publishing.test_hub import make_next


def test_a_recipe_of_closed_corpora_is_for_anyone_and_the_release_is_not(
    made: Made, tmp_path: Path
) -> None:
    done = publish(str(made.recipe), str(tmp_path / "open"))
    assert read_folder(Path(done.target)) == read_folder(made.recipe)
    with pytest.raises(ReleaseError, match="for internal use may not be published.*--private"):
        publish(str(made.release), str(tmp_path / "open2"))
    done = publish(str(made.release), str(tmp_path / "closed"), private=True)
    assert read_folder(Path(done.target)) == read_folder(made.release)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["closed", "open"]


def test_a_public_release_of_closed_corpora_is_refused(made: Made, tmp_path: Path) -> None:
    forged = make_next(made.release, tmp_path / "forged", audience="public")
    for private in (False, True):
        with pytest.raises(ReleaseError, match=r"Nothing was published"):
            publish(str(forged), str(tmp_path / "out"), private=private)
    assert any("a public release holds" in f for f in verify_parcel(_open(forged)).faults)
    assert not (tmp_path / "out").exists()


def test_a_release_of_a_later_layout_is_refused(made: Made, tmp_path: Path) -> None:
    """It may hold motions in places that only a later version knows, and checks."""
    later = make_next(made.release, tmp_path / "later", schema_version="2.99.0")
    with pytest.raises(ReleaseError, match=r"cut in version 2\.99\.0 of a release: not all of it"):
        publish(str(later), str(tmp_path / "out"), private=True)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", ["release", "recipe"])
def test_a_name_leads_out_of_no_target(made: Made, tmp_path: Path, kind: str) -> None:
    forged = Path(shutil.copytree(getattr(made, kind), tmp_path / "forged"))
    manifest = json.loads((forged / "manifest.json").read_text())
    (forged / "manifest.json").write_text(json.dumps({**manifest, "name": "../../evil"}))
    before = read_folder(tmp_path)
    said = r"manifest: name '\.\./\.\./evil' is not lower-case letters, digits, - and _"
    target = str(tmp_path / "a" / "b")
    with pytest.raises(ReleaseError, match=said):
        publish(str(forged), target, private=True)
    of_kind = {
        "release": partial(make_recipe, str(forged), target),
        "recipe": partial(rebuild_release, str(forged), made.corpora, target),
    }
    with pytest.raises(ReleaseError, match=said):
        of_kind[kind]()
    assert read_folder(tmp_path) == before


def test_nothing_is_published_into_a_release(made: Made, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(made.release, tmp_path / "release"))
    (tmp_path / "link").symlink_to(copy / "shards")
    for target in (copy, copy / "shards" / "more", tmp_path / "link"):
        with pytest.raises(UsageError, match=f"{copy}: a finished release.*nothing is written"):
            publish(str(copy), str(target), private=True)
    assert read_folder(copy) == read_folder(made.release)


def _open(folder: Path):
    return open_parcel(str(folder), private=True)


@pytest.mark.parametrize("kind", ["release", "recipe"])
def test_faults_refuse(made: Made, tmp_path: Path, kind: str) -> None:
    folder = Path(shutil.copytree(getattr(made, kind), tmp_path / kind))
    (folder / "topologies.json").write_text("{}")
    with pytest.raises(ReleaseError, match="topologies.json: 2 bytes; the manifest says .*verify"):
        publish(str(folder), str(tmp_path / "out"), private=True)
    assert not (tmp_path / "out").exists()


def test_only_finished_releases_and_recipes_are_published(made: Made, tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="no manifest.json"):
        publish(str(tmp_path), str(tmp_path / "out"))
    stage = made.release.parents[2] / "shards"
    with pytest.raises(UsageError, match="neither a release nor a recipe"):
        publish(str(stage), str(tmp_path / "out"))
    broken = Path(shutil.copytree(made.recipe, tmp_path / "broken"))
    manifest = json.loads((broken / "manifest.json").read_text())
    del manifest["counts"]
    (broken / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ReleaseError, match="'counts' is missing"):
        publish(str(broken), str(tmp_path / "out"))


@pytest.mark.parametrize(
    "target", ["hf://lab/motions", "hf://datasets/motions", "hf://datasets/a/b/c", "hf://datasets/"]
)
def test_the_hub_has_datasets_alone(target: str, made: Made) -> None:
    with pytest.raises(UsageError, match="expected hf://datasets/ORG/NAME"):
        publish(str(made.recipe), target)


def test_a_repository_is_named_by_two_words() -> None:
    assert parse_repository("hf://datasets/lab/motions/") == "lab/motions"
