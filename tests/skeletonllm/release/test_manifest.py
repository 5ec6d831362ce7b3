from __future__ import annotations

from pathlib import Path

from schemas import manifest_faults
from skeletonllm.release.manifest import code_version
from skeletonllm.storage import read_json


def test_form_and_head(pristine: Path) -> None:
    manifest = read_json(str(pristine / "manifest.json"))
    assert manifest_faults(manifest) == []
    assert manifest["schema"] == "skeletonllm.release"
    assert (manifest["name"], manifest["version"], manifest["audience"]) == (
        "toy",
        "1.0.0",
        "internal",
    )
    assert manifest["licences"] == {
        "redistribute": "no",
        "clips": {"cc-by-4.0": 8, "nw_ucla": 3},
    }


def test_lineage_names_sources_stages_configurations_teacher_and_cost(pristine: Path) -> None:
    lineage = read_json(str(pristine / "manifest.json"))["lineage"]
    assert lineage["code"] == "test"
    assert {c: s["files"] for c, s in lineage["sources"].items()} == {"alpha": 8, "beta": 3}
    assert [stage["stage"] for stage in lineage["stages"]] == [
        "normalize",
        "normalize",
        "mine_negatives",
        "build_rationales",
        "build_shards",
    ]
    assert lineage["stages"][0]["config"] == {
        "corpus": "alpha",
        "input": "raw",
        "profile": "clean@1",
    }
    assert lineage["teacher"] == {
        "names": ["kinematic"],
        "prompts": ["a" * 64],
        "tokens_in": 80,
        "tokens_out": 40,
        "usd": 2.0,
    }


def test_code_version_names_the_package() -> None:
    assert code_version().startswith("skeletonllm ")
