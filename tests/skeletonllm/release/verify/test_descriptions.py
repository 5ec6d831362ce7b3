"""Statistics, lineage, views and cards that do not describe the release they lie in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skeletonllm.release import verify_release
from skeletonllm.topology import get_topology
from tests.skeletonllm.release.verify.forge import (
    edit_head,
    edit_json,
    edit_manifest,
    only_fault,
    readmit,
)


def test_somebody_elses_manifest_is_found(release: Path) -> None:
    forged = {"schema": "somebody.else", "schema_version": "9.0.0"}
    edit_manifest(release, lambda m: m.update(forged))
    said = "manifest: schema 'somebody.else' 9.0.0; expected 'skeletonllm.release'"
    assert only_fault(release) == said


def test_a_manifest_for_nobody_is_found(release: Path) -> None:
    edit_manifest(release, lambda m: m.pop("audience"))
    assert only_fault(release) == "manifest: audience None; expected internal or public"
    edit_manifest(release, lambda m: m.update(audience="internal", lineage={}))
    assert only_fault(release) == "manifest: 'lineage' is empty"


def test_a_count_off_by_one_is_found_in_manifest_and_statistics(release: Path) -> None:
    edit_manifest(release, lambda m: m["counts"].update(samples=12))
    edit_json(release, "statistics.json", lambda n: n.update(clips=12))
    assert verify_release(str(release)) == [
        "counts: 11 samples found; the manifest says 12",
        "statistics.json: clips is 12; the release gives 11",
        "croissant.json: description is '11 clips of human motion as skeletons, with 8 rationales "
        "and ranked hard neg...; the release gives '12 clips of human motion as skeletons, with "
        "8 rationales and ranked hard neg...",
        "README.md: dataset_info.splits.0.num_examples is 11; the release gives 12",
    ]


CHANGES: list[tuple[str, Any, str]] = [
    ("labels", {"toy": {"hand waving": 5, "jump up": 4, "sit down": 3}}, "labels.toy.hand waving"),
    ("splits", {"subject": {}, "camera": {}, "setup": {}}, "splits.subject.S0 is missing"),
    ("flags", {"filled_gaps": 3}, "flags.filled_gaps is 3; the release gives 2"),
    ("captions", 6, "captions is 6; the release gives 5"),
    ("profiles", {"clean@1": 10, "raw": 1}, "profiles.clean@1 is 10; the release gives 11"),
    ("rejects", {}, "rejects.normalize: empty is missing; the release gives 2"),
    ("moods", {"glad": 11}, "moods is {'glad': 11}; nothing of the release gives it"),
]


@pytest.mark.parametrize(("key", "value", "said"), CHANGES)
def test_a_number_that_the_samples_do_not_give_is_found(
    release: Path, key: str, value: Any, said: str
) -> None:
    edit_json(release, "statistics.json", lambda n: n.update({key: value}))
    assert f"statistics.json: {said}" in verify_release(str(release))[0]


def test_a_share_of_missing_joints_that_is_another_is_found(release: Path) -> None:
    def hide(numbers: dict[str, Any]) -> None:
        numbers["missing_joints"]["kinect_v2"]["joints"][3] += 1e-4
        numbers["seconds"]["total"] += 0.5

    edit_json(release, "statistics.json", hide)
    joints, seconds = verify_release(str(release))
    assert joints.startswith("statistics.json: missing_joints.kinect_v2.joints.3 is ")
    assert seconds.startswith("statistics.json: seconds.total is ")


def test_another_order_of_a_sum_is_no_fault(release: Path) -> None:
    def round_otherwise(numbers: dict[str, Any]) -> None:
        numbers["seconds"]["total"] = round(numbers["seconds"]["total"] + 0.001, 3)

    edit_json(release, "statistics.json", round_otherwise)
    assert verify_release(str(release)) == []


def test_sources_teachers_and_views_of_the_manifest_are_made_again(release: Path) -> None:
    def forge(manifest: dict[str, Any]) -> None:
        manifest["lineage"]["sources"]["alpha"]["files"] = 9
        manifest["lineage"]["teacher"]["usd"] = 0.0
        manifest["views"]["negatives"][0]["name"] = "nw_ucla/xview"

    edit_manifest(release, forge)
    assert verify_release(str(release)) == [
        "manifest: lineage: sources.alpha.files is 9; the release gives 8",
        "manifest: lineage: teacher.usd is 0.0; the release gives 2.0",
        "manifest: views: negatives.0.name is 'nw_ucla/xview'; the release gives 'all'",
    ]


def test_views_cannot_be_left_out(release: Path) -> None:
    """Without them a stream takes all rankings for those of all clips."""
    edit_manifest(release, lambda m: m.pop("views"))
    assert only_fault(release) == "manifest: 'views' is missing"
    edit_manifest(release, lambda m: m.update(schema_version="2.0.0"))
    said = "index.parquet: version 3.1.0; a release of schema_version 2.0.0 has 2.0.0"
    assert said in verify_release(str(release))


def test_the_head_of_a_card_that_the_hub_reads_is_compared(release: Path) -> None:
    card = release / "README.md"
    text = card.read_text()
    card.write_text(text.replace("license: other", "license: mit", 1))
    readmit(release, "README.md")
    assert only_fault(release) == "README.md: license is 'mit'; the release gives 'other'"
    card.write_text("# no head\n")
    readmit(release, "README.md")
    assert only_fault(release).startswith("README.md: its head cannot be read (ValueError")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({r"dataset_info:": "license: cc0-1.0\ndataset_info:"}, "'license' stands twice"),
        ({r"\Z": "license: cc0-1.0\n"}, "'license' stands twice"),
        ({r"dtype: float64": "dtype: string"}, "dtype is 'string'; the release gives 'float64'"),
        ({r"webdataset": "audio"}, "tags.3 is 'audio'; the release gives 'webdataset'"),
        ({r"\[en\]": "&a [en]", r"\Z": "more: *a\n"}, "an alias"),
        ({r"num_examples: 11": "num_examples: 12"}, "num_examples is 12; the release gives 11"),
    ],
)
def test_all_of_the_head_is_compared(release: Path, change: dict[str, str], said: str) -> None:
    edit_head(release, change)
    faults = verify_release(str(release))
    assert faults
    assert all(fault.startswith("README.md: ") for fault in faults)
    assert said in faults[0]


def test_a_head_in_another_order_says_the_same(release: Path) -> None:
    edit_head(release, {r"language: \[en\]\n": "", r"\Z": "language:\n- en\n"})
    assert verify_release(str(release)) == []


def test_columns_of_another_version_may_be_declared_otherwise(release: Path) -> None:
    edit_head(release, {r"dtype: float64": "dtype: string"})
    edit_manifest(release, lambda m: m.update(schema_version="2.2.0"))
    assert verify_release(str(release)) == []
    edit_head(release, {r"\Z": "license: cc0-1.0\n"})
    assert "'license' stands twice" in only_fault(release)


@pytest.mark.parametrize("text", ["[]", "{", "null", "3"])
@pytest.mark.parametrize("name", ["statistics.json", "croissant.json", "licences.json"])
def test_a_description_of_another_form_is_a_fault_and_no_crash(
    release: Path, name: str, text: str
) -> None:
    (release / name).write_text(text)
    if name != "croissant.json":
        readmit(release, name)
    else:
        edit_manifest(release, lambda m: _readmit_alone(release, m, name))
    assert any(fault.startswith(name) for fault in verify_release(str(release)))


def _readmit_alone(release: Path, manifest: dict[str, Any], name: str) -> None:
    from skeletonllm.storage import sha256_of  # noqa: PLC0415

    digest, size = sha256_of(str(release / name))
    for entry in manifest["files"]:
        if entry["path"] == name:
            entry |= {"sha256": digest, "bytes": size}


LINEAGES: list[tuple[Callable[[dict[str, Any]], Any], str]] = [
    (lambda own: own.update(stages=[]), "0 stages build_shards; expected one"),
    (lambda own: own["stages"].pop(), "0 stages build_shards; expected one"),
    (lambda own: own["stages"].append(own["stages"][-1]), "2 stages build_shards; expected one"),
    (
        lambda own: own["stages"][-1]["counts"].update(samples=99),
        "build_shards made 99 samples; the release has 11",
    ),
    (
        lambda own: own["stages"][0]["config"].update(corpus="gamma"),
        "8 samples of 'alpha' are of recipe 'clean@1', and no stage normalize made such clips",
    ),
    (
        lambda own: own["stages"][1]["config"].update(profile="raw@1"),
        "3 samples of 'beta' are of recipe 'clean@1', and no stage normalize made such clips",
    ),
    (
        lambda own: own["stages"][0].update(reader={"name": "gamma"}),
        "8 samples of 'alpha' are of recipe 'clean@1', and no stage normalize made such clips",
    ),
    (lambda own: own["stages"][-1].update(counts={}), "build_shards does not count samples"),
    (
        lambda own: own["stages"][-1]["counts"].update(rejects=1),
        "build_shards refused 1 clips; rejects.parquet has 0 of it",
    ),
    (lambda own: own.pop("stages"), "stages is missing"),
    (lambda own: own.pop("parent"), "parent is missing"),
]


@pytest.mark.parametrize(("forge", "said"), LINEAGES)
def test_stages_that_did_not_make_the_samples_are_found(
    release: Path, forge: Callable[[dict[str, Any]], Any], said: str
) -> None:
    edit_manifest(release, lambda m: forge(m["lineage"]))
    assert f"manifest: lineage: {said}" in verify_release(str(release))


Manifest = dict[str, Any]
PARENT = {"name": "toy", "version": "0.9.0", "manifest_sha256": "a" * 64}
STRANGE: list[tuple[Callable[[Manifest], Any], str]] = [
    (lambda m: m["licences"].update(note="free"), "manifest: licences: no release has 'note'"),
    (
        lambda m: m["licences"].update(clips={"cc-by-4.0": 8.0, "nw_ucla": 3}),
        "manifest: licences.clips is {'cc-by-4.0': 8.0, 'nw_ucla': 3}; expected a number of clips",
    ),
    (
        lambda m: m["lineage"].update(parent={**PARENT, "extra": 1}),
        "manifest: lineage.parent: no release has 'extra'",
    ),
    (
        lambda m: m["lineage"].update(parent={**PARENT, "version": "b"}),
        "manifest: lineage.parent {",
    ),
    (lambda m: m["lineage"].update(parent={**PARENT, "name": "../x"}), "manifest: lineage.parent "),
    (
        lambda m: m["lineage"].update(parent={**PARENT, "manifest_sha256": "c"}),
        "manifest: lineage.parent ",
    ),
    (lambda m: m.update(rebuilt_of=[1]), "manifest: rebuilt_of [1]; expected a sha256"),
    (lambda m: m.update(published="yesterday"), "manifest: published 'yesterday'; expected YYYY-"),
    (lambda m: m.update(published=5), "manifest: published 5; expected YYYY-MM-DD"),
    (
        lambda m: m["lineage"]["stages"].insert(
            0, {**m["lineage"]["stages"][0], "stage": "hand_labelling"}
        ),
        "manifest: lineage.stages.0 is 'hand_labelling'; expected normalize, ",
    ),
    (
        lambda m: m["lineage"]["stages"].insert(0, m["lineage"]["stages"][2]),
        "manifest: lineage: 2 stages mine_negatives; expected one",
    ),
    (
        lambda m: m["lineage"]["stages"][0].update(content_sha256="x"),
        "manifest: lineage.stages.0 names contents or inputs that are no sha256",
    ),
    (
        lambda m: m["lineage"]["stages"][0]["counts"].update(clips=-1),
        "manifest: lineage.stages.0 counts {'clips': -1",
    ),
    (
        lambda m: m["lineage"]["stages"][0].update(reader={"name": "alpha", "note": "x"}),
        "manifest: lineage.stages.0.reader: no release has 'note'",
    ),
    (
        lambda m: m["lineage"]["stages"][0]["versions"].update(numpy=2),
        "manifest: lineage.stages.0 has a reader or versions that are no texts",
    ),
]


@pytest.mark.parametrize(("forge", "said"), STRANGE)
def test_what_no_cut_writes_into_a_manifest_is_found(
    release: Path, forge: Callable[[Manifest], Any], said: str
) -> None:
    edit_manifest(release, forge)
    assert only_fault(release).startswith(said)


def test_a_parent_a_day_and_a_rebuilt_release_may_be_named(release: Path) -> None:
    def name(manifest: Manifest) -> None:
        manifest["lineage"].update(parent=PARENT)
        manifest.update(rebuilt_of="b" * 64)

    edit_manifest(release, name)
    assert verify_release(str(release)) == []


def test_stages_of_readers_of_ones_own_and_of_old_names_are_right(release: Path) -> None:
    def rename(manifest: dict[str, Any]) -> None:
        first, second, *_ = manifest["lineage"]["stages"]
        first["config"].update(corpus="lab.readers:Mine")
        first.update(reader={"name": "alpha"})
        second["config"].update(corpus="lab.readers:Other", profile="clean@1+fps=20")

    edit_manifest(release, rename)
    assert verify_release(str(release)) == []


SKELETONS: list[tuple[Callable[[dict[str, Any]], Any], str]] = [
    (lambda own: own.clear(), "coco_17 is missing"),
    (lambda own: own.pop("kinect_v2"), "kinect_v2 is missing"),
    (lambda own: own.update(kinect_v1=get_topology("kinect_v1").to_json()), "kinect_v1 is "),
    (lambda own: own["coco_17"].update(motions=[0.1, 0.2]), "coco_17.motions is [0.1, 0.2]"),
]


@pytest.mark.parametrize(("forge", "said"), SKELETONS)
def test_skeletons_are_those_of_the_samples(
    release: Path, forge: Callable[[dict[str, Any]], Any], said: str
) -> None:
    edit_json(release, "topologies.json", forge)
    assert verify_release(str(release))[0].startswith(f"topologies.json: {said}")


def test_statistics_of_earlier_layouts_are_compared_as_a_whole(release: Path) -> None:
    edit_manifest(release, lambda m: m.update(schema_version="2.2.0"))
    assert verify_release(str(release)) == []
    edit_json(release, "statistics.json", lambda n: n.update(motions=[0.1, 0.2]))
    assert only_fault(release).startswith("statistics.json: motions is [0.1, 0.2]; nothing of the ")
