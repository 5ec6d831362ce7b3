"""What a recipe holds, and that no motion can be read from it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from schemas import ANNOTATION
from skeletonllm.errors import ReleaseError, UsageError
from skeletonllm.publishing.recipe import is_recipe, make_recipe
from skeletonllm.release import cut_release
from skeletonllm.shards import read_index, read_sample
from skeletonllm.shards.catalogue import open_catalogue
from skeletonllm.storage import read_json, read_table, write_json
from skeletonllm.testing.processes import read_folder
from skeletonllm.version import name_packers
from skeletonllm.views.view import View
from tests.skeletonllm.publishing.conftest import Made
from tests.skeletonllm.release.conftest import clip, write_stages
from tests.skeletonllm.release.verify.forge import edit_index


def read_annotations(recipe: Path) -> dict[str, dict[str, Any]]:
    tables = [read_table(str(path)) for path in sorted((recipe / "annotations").iterdir())]
    return {row["clip_id"]: row for table in tables for row in table.to_pylist()}


def walk(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every list in nested data, with its place."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from walk(inner, f"{path}.{key}")
    if isinstance(value, list):
        yield path, value
        for inner in value:
            yield from walk(inner, path)


def test_it_tells_all_but_the_motions(made: Made) -> None:
    assert is_recipe(str(made.recipe))
    assert not is_recipe(str(made.release))
    release, recipe = read_folder(made.release), read_folder(made.recipe)
    left = {name for name in release if name.endswith(".tar")} | {"report.html"}
    own = {"README.md", "croissant.json", "manifest.json"}
    for name in set(release) - left - own:
        assert recipe[name] == release[name], name
    for name in own:
        assert recipe[f"release/{name}"] == release[name]
        assert recipe[name] != release[name]
    told = read_annotations(made.recipe)
    index = read_index(str(made.release)).to_pylist()
    assert set(told) == {row["clip_id"] for row in index}
    for row in index:
        sample = read_sample(str(made.release), row)
        own = told[row["clip_id"]]
        assert own["decoded_sha256"] == sample.motion.sha256
        meta = orjson.loads(own["json"])
        assert [r["text"] for r in meta["rationales"]] == [r["text"] for r in sample.rationales]
        assert (meta["label"], meta["fps"]) == (sample.label, sample.motion.fps)


def test_captions_of_closed_corpora_stay_with_the_corpora(made: Made, tmp_path: Path) -> None:
    licences = read_json(str(made.release / "licences.json"))
    captions = {
        row["clip_id"]: [c.text for c in read_sample(str(made.release), row).clip.captions]
        for row in read_index(str(made.release)).to_pylist()
        if row["num_captions"]
    }
    told = read_annotations(made.recipe)
    whole = b"".join(read_folder(made.recipe).values())
    assert captions
    for clip_id, texts in captions.items():
        closed = licences[told[clip_id]["licence"]]["redistribute"] == "no"
        meta = json.loads(told[clip_id]["json"])
        assert ("captions" in meta) is not closed
        if closed:
            assert all(text.encode() not in whole for text in texts)


def test_a_rationale_that_concludes_with_a_closed_caption_is_refused(tmp_path: Path) -> None:
    first = [clip("alpha", i, licence="nw_ucla") for i in range(4)]
    second = [clip("beta", i, licence="cc0-1.0", image=True) for i in range(2)]
    stages = write_stages(tmp_path, first, second)
    release = Path(cut_release(str(tmp_path / "r"), "toy", "1.0.0", code="test", **stages))
    assert is_recipe(make_recipe(str(release), str(tmp_path / "named")))
    edit_index(release, 1, label=None)  # of a clip without a class the conclusion is its caption
    with pytest.raises(ReleaseError, match="conclude with its caption, which 'nw_ucla' keeps"):
        make_recipe(str(release), str(tmp_path / "unnamed"))


def test_no_joint_is_in_it(made: Made) -> None:
    names = set(read_folder(made.recipe))
    assert not [n for n in names if n.endswith((".tar", ".npz", ".npy", ".html", ".png", ".svg"))]
    for path in sorted(made.recipe.rglob("*.parquet")):
        table = pq.read_table(path)
        floats = [f for f in table.schema if "list<" in str(f.type) and "double" in str(f.type)]
        # One measured value a step, one score a source of a ranking.
        assert {f.name for f in floats} <= {"steps", "sources"}, path
        assert "binary" not in {str(f.type) for f in table.schema}
    for own in read_annotations(made.recipe).values():
        for place, values in walk(json.loads(own["json"])):
            numbers = [v for v in values if isinstance(v, (int, float))]
            assert len(numbers) <= 2, (place, values)  # image_size, and causes of a step
    motion = read_sample(str(made.release), read_index(str(made.release)).to_pylist()[0]).motion
    whole = b"".join(read_folder(made.recipe).values())
    for kind in (np.float32, np.float64):
        assert motion.joints.astype(kind)[0, 0, :2].tobytes() not in whole


def test_the_same_release_gives_the_same_bytes(made: Made, tmp_path: Path) -> None:
    again = make_recipe(str(made.release), str(tmp_path))
    assert read_folder(Path(again)) == read_folder(made.recipe)
    assert make_recipe(str(made.release), str(tmp_path)) == again


def test_one_that_was_stopped_is_finished(made: Made, tmp_path: Path) -> None:
    again = Path(make_recipe(str(made.release), str(tmp_path)))
    for name in ("manifest.json", "croissant.json", "index.parquet"):
        (again / name).unlink()
    assert not is_recipe(str(again))
    make_recipe(str(made.release), str(tmp_path))
    assert read_folder(again) == read_folder(made.recipe)


def test_the_manifest_names_the_release_and_who_packed_it(made: Made) -> None:
    manifest = read_json(str(made.recipe / "manifest.json"))
    assert (manifest["schema"], manifest["audience"]) == ("skeletonllm.recipe", "public")
    assert manifest["release"]["audience"] == "internal"
    assert manifest["licences"]["redistribute"] == "no"
    stage = manifest["lineage"]["stages"][-1]
    assert (stage["stage"], stage["versions"]) == ("build_shards", name_packers())


def test_the_card_says_how_to_rebuild(made: Made) -> None:
    card = (made.recipe / "README.md").read_text()
    assert "**and not their motions**" in card
    for corpus in made.raw:
        assert f"--corpus {corpus}=FOLDER" in card
    assert f"With Python {name_packers()['python']}" in card


def test_other_things_are_no_release(made: Made, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="this is not a release"):
        make_recipe(str(made.recipe), str(tmp_path))
    other = tmp_path / "recipes" / "lab" / "1.0.0"
    make_recipe(str(made.release), str(tmp_path / "recipes"))
    manifest = read_json(str(other / "manifest.json"))
    manifest["release"]["manifest_sha256"] = "0" * 64
    write_json(str(other / "manifest.json"), manifest)
    with pytest.raises(ReleaseError, match="a recipe of another release of this name and version"):
        make_recipe(str(made.release), str(tmp_path / "recipes"))


def test_what_was_lost_of_a_recipe_is_made_again(made: Made, tmp_path: Path) -> None:
    recipe = Path(make_recipe(str(made.release), str(tmp_path)))
    min((recipe / "annotations").iterdir()).unlink()
    (recipe / "release" / "README.md").write_text("")
    assert make_recipe(str(made.release), str(tmp_path)) == str(recipe)
    assert read_folder(recipe) == read_folder(made.recipe)
    (recipe / "mine.txt").write_text("mine")
    with pytest.raises(ReleaseError, match="files that are none of this release: mine.txt"):
        make_recipe(str(made.release), str(tmp_path))


def test_a_recipe_does_not_replace_its_release_or_lie_in_it(made: Made, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(made.release, tmp_path / "lab" / "1.0.0"))
    with pytest.raises(ReleaseError, match="what is here is no recipe"):
        make_recipe(str(copy), str(tmp_path))
    for root in (copy, copy / "shards"):
        with pytest.raises(UsageError, match=f"{copy}: a finished release.*nothing is written"):
            make_recipe(str(copy), str(root))
    assert read_folder(copy) == read_folder(made.release)


def test_nobody_streams_a_recipe(made: Made) -> None:
    with pytest.raises(UsageError, match="a recipe, which has no motions. .*skeletonllm rebuild"):
        open_catalogue(str(made.recipe), View())


def test_a_damaged_sample_is_not_told(made: Made, tmp_path: Path) -> None:
    release = Path(shutil.copytree(made.release, tmp_path / "release"))
    tar = min((release / "shards").iterdir())
    data = bytearray(tar.read_bytes())
    data[700] ^= 1
    tar.write_bytes(data)
    with pytest.raises(ReleaseError, match="its bytes are not those of the index"):
        make_recipe(str(release), str(tmp_path / "recipes"))
    assert not is_recipe(str(tmp_path / "recipes" / "lab" / "1.0.0"))


def test_a_file_that_nobody_knows_is_not_passed_on(made: Made, tmp_path: Path) -> None:
    release = Path(shutil.copytree(made.release, tmp_path / "release"))
    manifest = json.loads((release / "manifest.json").read_text())
    manifest["files"].append({"path": "poses.parquet", "sha256": "0" * 64, "bytes": 1})
    (release / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ReleaseError, match="files that no recipe knows: poses.parquet"):
        make_recipe(str(release), str(tmp_path / "recipes"))


def test_annotations_fit_their_schema(made: Made) -> None:
    for path in sorted((made.recipe / "annotations").iterdir()):
        table = read_table(str(path), schema=ANNOTATION)
        assert ANNOTATION.faults(table) == []
        assert isinstance(table, pa.Table)
