"""Descriptions for machines that describe something else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skeletonllm.release import verify_release
from skeletonllm.storage import write_json
from tests.skeletonllm.release.verify.forge import edit_json, only_fault, readmit

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


def test_tars_may_be_described_as_a_set(release: Path) -> None:
    """A later version may describe the same files otherwise."""

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
    assert verify_release(str(release)) == []
