"""Forged recipes: each with the hash of what was changed put right."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pytest

from schemas import ANNOTATION
from skeletonllm.publishing.recipe import inspect_recipe
from skeletonllm.publishing.recipe.card import describe_recipe, make_recipe_head
from skeletonllm.publishing.recipe.layout import OWN
from skeletonllm.release.card import make_front_matter, read_front_matter
from skeletonllm.release.croissant import make_croissant
from skeletonllm.shards.codec import to_canonical_json
from skeletonllm.storage import read_table, sha256_of, write_json, write_table
from skeletonllm.testing.faulty_store import FaultyStore
from tests.skeletonllm.publishing.conftest import Made

CAPTION = {"text": "a", "start_s": 0.0, "end_s": 0.1}


def settle(recipe: Path) -> None:
    """The manifest over all files as they are now."""
    path = recipe / "manifest.json"
    manifest = json.loads(path.read_text())
    files = [p for p in sorted(recipe.rglob("*")) if p.is_file() and p != path]
    named = [(str(p.relative_to(recipe)), *sha256_of(str(p))) for p in files]
    manifest["files"] = [{"path": n, "sha256": h, "bytes": size} for n, h, size in named]
    path.write_text(json.dumps(manifest))


def edit_first(recipe: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the first annotation of the first tar."""
    path = min((recipe / "annotations").iterdir())
    rows = read_table(str(path)).to_pylist()
    change(rows[0])
    write_table(str(path), pa.Table.from_pylist(rows, schema=ANNOTATION.arrow))
    settle(recipe)


def edit_text(recipe: Path, change: Callable[[dict[str, Any]], None]) -> None:
    def edit(row: dict[str, Any]) -> None:
        meta = orjson.loads(row["json"])
        change(meta)
        row["json"] = to_canonical_json(meta).decode()

    edit_first(recipe, edit)


def test_a_recipe_is_right_and_says_what_it_cannot_prove(made: Made) -> None:
    found = inspect_recipe(str(made.recipe))
    assert found.faults == ()
    assert found.samples == 8 + 10 + 2 + 4
    assert found.findings[-1].startswith("no motion is in a recipe: ")


def test_of_a_store_the_index_is_fetched_twice_however_many_tars_there_are(made: Made) -> None:
    with FaultyStore(made.recipe) as store:
        assert inspect_recipe(store.url).faults == ()
        asked = [a for a in store.asked if a.method == "GET" and a.path == "/index.parquet"]
    assert len(list((made.recipe / "annotations").iterdir())) > 2
    assert len(asked) == 2


def test_a_changed_a_lost_and_a_strange_file_are_named(recipe: Path) -> None:
    (recipe / "statistics.json").write_text("{}")
    (recipe / "topologies.json").unlink()
    (recipe / "poses.npz").write_bytes(b"joints")
    said = inspect_recipe(str(recipe)).faults
    assert any(s.startswith("statistics.json: 2 bytes; the manifest says") for s in said)
    assert "topologies.json: missing" in said
    assert "poses.npz: not in the manifest" in said
    settle(recipe)
    said = inspect_recipe(str(recipe)).faults
    assert "poses.npz: no file of a recipe" in said
    assert "topologies.json: the manifest does not list it, and a recipe needs it" in said
    assert "statistics.json: not that of the release" in said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda row: row.update(clip_id="ntu_rgbd/other"), "its clips are not those of index"),
        (lambda row: row.update(decoded_sha256="0" * 64), "decoded_sha256 is not that of its text"),
        (lambda row: row.update(source_uri="x"), "source_uri 'x'; its text says 'ntu_rgbd/"),
        (lambda row: row.update(licence="mit"), "licence 'mit'; its text says 'ntu_rgbd'"),
        (lambda row: row.update(json="{"), "its text cannot be read"),
    ],
)
def test_a_forged_annotation_is_found(recipe: Path, change, said: str) -> None:
    edit_first(recipe, change)
    assert any(said in fault for fault in inspect_recipe(str(recipe)).faults)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda meta: meta.update(subject="nobody"), "subject 'nobody'; the index says"),
        (lambda meta: meta.update(label="x"), "label 'x'; the index says"),
        (lambda meta: meta.update(joints=[1.0]), "fields that no recipe knows, joints"),
        (
            lambda meta: meta.update(captions=[CAPTION]),
            "which 'ntu_rgbd' keeps from being passed on",
        ),
        (lambda meta: meta["rationales"].pop(), "num_rationales 0; the index says 1"),
        (
            lambda meta: meta["rationales"][0].update(text="told otherwise"),
            "text of rationale 'ntu_rgbd/S001C001P001R001A008#0' differs from rationales.parquet",
        ),
    ],
)
def test_a_forged_text_is_found(recipe: Path, change, said: str) -> None:
    edit_text(recipe, change)
    assert any(said in fault for fault in inspect_recipe(str(recipe)).faults)


def test_another_release_is_no_excuse(recipe: Path) -> None:
    path = recipe / "release" / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["counts"]["samples"] = 7
    path.write_text(json.dumps(manifest))
    settle(recipe)
    said = inspect_recipe(str(recipe)).faults
    assert "release/manifest.json: not the manifest of the release that the recipe names" in said
    assert "manifest: 'counts' is not that of the release" in said


def test_terms_may_not_be_loosened(recipe: Path) -> None:
    path = recipe / "licences.json"
    licences = json.loads(path.read_text())
    licences["ntu_rgbd"]["redistribute"] = "yes"
    path.write_text(json.dumps(licences))
    settle(recipe)
    assert "licences.json: not that of the release" in inspect_recipe(str(recipe)).faults


def edit_json(recipe: Path, path: str, change: Callable[[dict[str, Any]], Any]) -> None:
    data = json.loads((recipe / path).read_text())
    change(data)
    (recipe / path).write_text(json.dumps(data))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda r: (r / "croissant.json").write_text("{}"), "croissant.json: @context is missing"),
        (lambda r: (r / "croissant.json").write_text("[]"), "croissant.json: a JSON list and no"),
        (lambda r: (r / "README.md").write_text(""), "README.md: its head cannot be read"),
        (
            lambda r: edit_json(r, "croissant.json", lambda d: d["recordSet"].pop()),
            "croissant.json: recordSet.annotations is missing",
        ),
        (
            lambda r: edit_json(r, "manifest.json", lambda m: m.update(views={})),
            "manifest: 'views' is not that of the release",
        ),
        (
            lambda r: edit_json(r, "manifest.json", lambda m: m.update(audience="internal")),
            "manifest: audience 'internal'; expected 'public'",
        ),
        (
            lambda r: edit_json(r, "manifest.json", lambda m: m["release"].update(audience="x")),
            "manifest: 'release' names another audience than the release does",
        ),
    ],
)
def test_what_a_recipe_says_of_itself_is_made_again(recipe: Path, change, said: str) -> None:
    change(recipe)
    settle(recipe)
    assert any(fault.startswith(said) for fault in inspect_recipe(str(recipe)).faults)


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("licences.json", "[]", "licences.json: a JSON list and no object"),
        ("licences.json", '{"mit": 3}', "licences.json: 'mit' does not say how many clips"),
        ("statistics.json", "[]", "release/README.md: its head cannot be made again"),
        ("release/croissant.json", "{}", "release/croissant.json: 'distribution' is no list"),
        ("release/README.md", "", "release/README.md: its head cannot be read"),
    ],
)
def test_a_strange_file_in_recipe_and_release_is_a_fault(
    recipe: Path, path: str, text: str, said: str
) -> None:
    """The forger put all hashes right, those of the release's manifest too."""
    (recipe / path).write_text(text)
    digest, size = sha256_of(str(recipe / path))
    entry = {"path": path.removeprefix("release/"), "sha256": digest, "bytes": size}

    def admit(manifest: dict[str, Any]) -> None:
        kept = [e for e in manifest["files"] if e["path"] != entry["path"]]
        manifest["files"] = [*kept, entry]

    edit_json(recipe, "release/manifest.json", admit)
    digest, _ = sha256_of(str(recipe / "release" / "manifest.json"))
    edit_json(recipe, "manifest.json", lambda m: m["release"].update(manifest_sha256=digest))
    settle(recipe)
    assert any(fault.startswith(said) for fault in inspect_recipe(str(recipe)).faults)


def reseal(recipe: Path, change: Callable[[dict[str, Any]], Any] = lambda _: None) -> None:
    """All hashes and descriptions of a recipe whose files or release were changed, as a forger."""
    release = json.loads((recipe / "release" / "manifest.json").read_text())
    change(release)
    for entry in release["files"]:
        if entry["path"] not in OWN and (recipe / entry["path"]).exists():
            entry["sha256"], entry["bytes"] = sha256_of(str(recipe / entry["path"]))
    numbers, licences = (
        json.loads((recipe / name).read_text()) for name in ("statistics.json", "licences.json")
    )
    sizes = read_table(str(recipe / "index.parquet")).column("size").to_pylist()
    head = make_front_matter(release, numbers, licences, sum(sizes))
    _put_head(recipe / "release" / "README.md", head)
    _admit(recipe, release, "README.md")
    others = [e for e in release["files"] if e["path"] != "croissant.json"]
    described = make_croissant(release, licences, others)
    write_json(str(recipe / "release" / "croissant.json"), described)
    _admit(recipe, release, "croissant.json")
    write_json(str(recipe / "release" / "manifest.json"), release)
    settle(recipe)
    manifest = json.loads((recipe / "manifest.json").read_text())
    manifest |= {key: release[key] for key in manifest if key in release and key in SAME}
    digest, _ = sha256_of(str(recipe / "release" / "manifest.json"))
    manifest["release"] = {"manifest_sha256": digest, "audience": release["audience"]}
    _put_head(recipe / "README.md", make_recipe_head(manifest, numbers, _others(manifest)))
    write_json(str(recipe / "manifest.json"), manifest)
    settle(recipe)
    manifest = json.loads((recipe / "manifest.json").read_text())
    write_json(str(recipe / "croissant.json"), describe_recipe(described, _others(manifest)))
    settle(recipe)


SAME = ("name", "version", "published", "counts", "views", "lineage", "licences")


def _others(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    return [entry for entry in manifest["files"] if entry["path"] != "croissant.json"]


def _put_head(card: Path, head: str) -> None:
    text = card.read_text()
    card.write_text(text.replace(read_front_matter(text), head, 1))


def _admit(recipe: Path, release: dict[str, Any], path: str) -> None:
    (entry,) = (entry for entry in release["files"] if entry["path"] == path)
    entry["sha256"], entry["bytes"] = sha256_of(str(recipe / "release" / path))


def test_a_recipe_that_was_sealed_again_is_right(recipe: Path) -> None:
    """So what the forgeries below are found by is what they say, and no hash."""
    reseal(recipe)
    assert inspect_recipe(str(recipe)).faults == ()


Change = Callable[[dict[str, Any]], Any]
NUMBERS: list[tuple[Change, str]] = [
    (lambda n: n["labels"].update(toy={"juggling": 11}), "labels.toy is {'juggling': 11}; nothing"),
    (lambda n: n.update(rejects={"normalize: empty": 9999}), "rejects.normalize: empty is 9999"),
    (lambda n: n["rationales"].update(count=99), "rationales.count is 99; the release gives "),
    (lambda n: n["corpora"].update(ntu_rgbd=900), "corpora.ntu_rgbd is 900; the release gives 8"),
    (lambda n: n["seconds"].update(total=1.0), "seconds.total is 1.0; the release gives "),
    (lambda n: n.update(captions=1), "captions is 1; the release gives "),
]


@pytest.mark.parametrize(("change", "said"), NUMBERS)
def test_numbers_of_no_motion_are_counted_again(recipe: Path, change: Change, said: str) -> None:
    edit_json(recipe, "statistics.json", change)
    reseal(recipe)
    faults = inspect_recipe(str(recipe)).faults
    assert any(fault.startswith(f"statistics.json: {said}") for fault in faults)


def test_unobserved_joints_are_left_to_who_rebuilds(recipe: Path) -> None:
    edit_json(recipe, "statistics.json", forge_joints)
    reseal(recipe)
    found = inspect_recipe(str(recipe))
    assert found.faults == ()
    assert "unobserved joints in statistics.json" in found.findings[-1]


def forge_joints(numbers: dict[str, Any]) -> None:
    min(numbers["missing_joints"].items())[1]["share"] = 0.77


MANIFESTS: list[tuple[Change, str]] = [
    (lambda m: m["lineage"]["teacher"].update(names=["gpt-9"]), "manifest: lineage: teacher.names"),
    (
        lambda m: m["lineage"]["sources"]["ntu_rgbd"].update(files=1),
        "manifest: lineage: sources.ntu_rgbd.files is 1; the release gives 8",
    ),
    (
        lambda m: m.update(views={"negatives": [], "rationales": []}),
        "manifest: views: negatives is []; the release gives ",
    ),
    (lambda m: m["lineage"].update(stages=[]), "manifest: lineage: 0 stages build_shards"),
    (lambda m: m.update(note="x"), "release/manifest.json: manifest: no release has 'note'"),
    (lambda m: m.update(audience="public"), "licences.json: a public release holds "),
    (lambda m: m.update(schema_version="2.0.0"), "index.parquet: version 3.1.0; a release of "),
    (lambda m: m.update(name="../../evil"), "manifest: name '../../evil' is not lower-case"),
]


@pytest.mark.parametrize(("change", "said"), MANIFESTS)
def test_what_the_release_is_said_to_be_is_made_again(
    recipe: Path, change: Change, said: str
) -> None:
    reseal(recipe, change)
    faults = inspect_recipe(str(recipe)).faults
    assert any(fault.startswith(said) for fault in faults)


@pytest.mark.parametrize("text", ["3", "{}"])
def test_skeletons_are_those_of_the_samples(recipe: Path, text: str) -> None:
    (recipe / "topologies.json").write_text(text)
    reseal(recipe)
    assert inspect_recipe(str(recipe)).faults[0].startswith("topologies.json: ")


def test_a_key_that_no_recipe_has_is_found(recipe: Path) -> None:
    edit_json(recipe, "manifest.json", lambda m: m.update(note="x"))
    edit_json(recipe, "manifest.json", lambda m: m["release"].update(more=1))
    assert inspect_recipe(str(recipe)).faults == (
        "manifest: no recipe has 'note'",
        "manifest: release: no recipe has 'more'",
    )


def test_samples_of_another_class_than_the_reader_declares_are_found(recipe: Path) -> None:
    edit_text(recipe, lambda meta: meta.update(label_id=77))
    path = str(recipe / "index.parquet")
    index = read_table(path)
    first = read_table(str(min((recipe / "annotations").iterdir()))).to_pylist()[0]["clip_id"]
    rows = [{**r, "label_id": 77} if r["clip_id"] == first else r for r in index.to_pylist()]
    write_table(path, pa.Table.from_pylist(rows, schema=index.schema))
    reseal(recipe)
    faults = inspect_recipe(str(recipe)).faults
    assert any("77 of 'ntu'; the reader says 'open a bottle'" in fault for fault in faults)
