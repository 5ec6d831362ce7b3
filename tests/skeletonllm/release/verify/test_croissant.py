"""Descriptions for machines that describe something else."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from schemas import RELEASE_VERSION
from skeletonllm.release import verify_release
from skeletonllm.release.card import make_front_matter
from skeletonllm.release.croissant import make_croissant
from skeletonllm.storage import write_json
from tests.skeletonllm.release.verify.forge import edit_json, edit_manifest, only_fault, readmit

Croissant = dict[str, Any]


def test_an_empty_description_is_found(release: Path) -> None:
    write_json(str(release / "croissant.json"), {"distribution": [], "recordSet": []})
    readmit(release, "croissant.json")
    assert "croissant.json: README.md is not described" in verify_release(str(release))
    write_json(str(release / "croissant.json"), {})
    readmit(release, "croissant.json")
    assert only_fault(release) == "croissant.json: 'distribution' is no list of objects"


def first_set(data: Croissant) -> Croissant:
    (found,) = [item for item in data["recordSet"] if item["name"] == "index"]
    return dict(found)


CHANGES: list[tuple[Callable[[Croissant], Any], str]] = [
    (lambda d: d.update(name="other"), "name is 'other'; expected 'toy'"),
    (lambda d: d.update(version="2.0.0"), "version is '2.0.0'; expected '1.0.0'"),
    (lambda d: d.update(license=["free"]), "license is ['free']; expected ["),
    (lambda d: d["distribution"][0].update(sha256="0" * 64), "sha256 of README.md is 000000000000"),
    (
        lambda d: d["distribution"][0].update(contentSize="1 B"),
        "size of README.md is '1 B'; it has",
    ),
    (lambda d: d["distribution"][0].update(contentUrl="x.md"), "README.md is not described"),
    (lambda d: d["distribution"][0].update(contentUrl="x.md"), "x.md is described, and no file"),
    (lambda d: d["recordSet"].pop(0), "0 record sets of index.parquet; expected one"),
    (
        lambda d: d["recordSet"][0]["field"][0].update(dataType="sc:Float"),
        "column key of index.parquet is sc:Float; the table has sc:Text",
    ),
    (lambda d: d["recordSet"][0].update(field=[]), "of index.parquet is not described"),
]


@pytest.mark.parametrize(("change", "said"), CHANGES)
def test_what_is_described_otherwise_is_found(
    release: Path, change: Callable[[Croissant], Any], said: str
) -> None:
    edit_json(release, "croissant.json", change)
    faults = verify_release(str(release))
    assert all(fault.startswith("croissant.json: ") for fault in faults)
    assert any(said in fault for fault in faults)


def test_another_version_may_describe_the_same_files_otherwise(release: Path) -> None:
    def gather(data: Croissant) -> None:
        rest = [
            f
            for f in data["distribution"]
            if f["@type"] == "cr:FileObject" and "shards/" not in f["@id"]
        ]
        shards = {"@type": "cr:FileSet", "@id": "shards", "includes": "shards/*.tar"}
        data["distribution"] = [*rest, shards]
        data["description"] = "another text"

    edit_json(release, "croissant.json", gather)
    assert all("the release gives" in fault for fault in verify_release(str(release)))
    assert len(verify_release(str(release))) == 3
    edit_manifest(release, lambda m: m.update(schema_version="2.2.0"))
    assert verify_release(str(release)) == []


EMPTIED: list[tuple[Callable[[Croissant], Any], str]] = [
    (
        lambda d: d.update(distribution=[{"@type": "cr:FileSet", "@id": "x", "includes": "*"}]),
        "distribution.README.md is missing",
    ),
    (lambda d: [s.update(field=s["field"][:1]) for s in d["recordSet"]], "recordSet.index.field"),
    (lambda d: d.pop("@context"), "@context is missing"),
    (lambda d: d.pop("conformsTo"), "conformsTo is missing"),
    (lambda d: d.pop("@type"), "@type is missing"),
    (lambda d: d.pop("description"), "description is missing"),
    (lambda d: d.update(url="https://elsewhere"), "url is 'https://elsewhere'; nothing"),
    (lambda d: d["recordSet"].append(d["recordSet"][0] | {"@id": "x", "name": "x"}), "recordSet.x"),
    (lambda d: d["distribution"].append(d["distribution"][0]), "distribution is ["),
]


@pytest.mark.parametrize(("change", "said"), EMPTIED)
def test_a_description_that_says_less_or_more_is_found(
    release: Path, change: Callable[[Croissant], Any], said: str
) -> None:
    edit_json(release, "croissant.json", change)
    faults = verify_release(str(release))
    assert faults
    assert faults[0].startswith(f"croissant.json: {said}")


def test_what_is_described_belongs_to_the_version_of_the_release() -> None:
    """Who changes it raises RELEASE_VERSION: else `verify` finds releases wrong that are not."""
    entry = {"path": "README.md", "sha256": "a" * 64, "bytes": 1}
    head = {"name": "lab", "version": "1.0.0", "counts": {"samples": 1, "rationales": 1}}
    head["counts"]["questions"] = 1
    head["lineage"] = {"code": "skeletonllm", "sources": {"alpha": {}}}
    made = make_croissant(head, {"mit": {"url": "https://mit"}}, [entry])
    numbers = {"clips": 1}
    front = make_front_matter(head, numbers, {"mit": {}}, 1)
    digest = sha256(json.dumps([made, front], sort_keys=True).encode()).hexdigest()[:12]
    assert (RELEASE_VERSION, digest) == ("2.3.0", "95fc974f4fe0")
