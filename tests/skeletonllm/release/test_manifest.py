from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from schemas import RATIONALE, manifest_faults
from skeletonllm.release.inputs import open_contents, open_inputs
from skeletonllm.release.manifest import code_version, describe_lineage, describe_views
from skeletonllm.release.statistics import SourceHashes
from skeletonllm.storage import read_json, write_json


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
        "profile": "clean@1",
    }
    assert lineage["teacher"] == {
        "names": ["kinematic"],
        "prompts": ["a" * 64],
        "tokens_in": 80,
        "tokens_out": 40,
        "usd": 2.0,
    }


def test_a_stage_says_which_code_finished_it_and_by_contents_what_it_read(pristine: Path) -> None:
    stages = read_json(str(pristine / "manifest.json"))["lineage"]["stages"]
    assert {stage["code"] for stage in stages} == {code_version()}
    alpha, beta, negatives, rationales, shards = (s["content_sha256"] for s in stages)
    assert stages[0]["inputs"] == stages[1]["inputs"] == []
    assert stages[2]["inputs"] == stages[3]["inputs"] == sorted([alpha, beta])
    assert stages[4]["inputs"] == sorted([alpha, beta, negatives, rationales])
    assert shards not in stages[4]["inputs"]


def test_a_reader_and_parameters_of_many_parts_are_kept(tmp_path: Path, make_stages) -> None:
    stages = make_stages(tmp_path)
    clips = Path(stages["clips_dirs"][0])
    read_by = {"name": "alpha", "class": "lab:Own", "package": None, "version": "3"}
    write_json(str(clips / "reader.json"), read_by)
    given = {name.removesuffix("_dir").removesuffix("_dirs"): f for name, f in stages.items()}
    inputs = open_inputs(**given)
    views = {"lab/1": "c" * 64}
    for stage in inputs.stages():
        stage.manifest["config"]["views"] = views
        del stage.manifest["code"]
    told = describe_lineage(inputs, SourceHashes(), RATIONALE.arrow.empty_table(), None, "test")[
        "stages"
    ]
    assert told[0]["reader"] == read_by
    assert ["reader" in stage for stage in told] == [True, False, False, False, False]
    assert [stage["config"]["views"] for stage in told] == [views] * 5
    assert not any("code" in stage for stage in told)


def test_names_with_a_slash_are_kept_and_paths_of_earlier_plans_cut(stages) -> None:
    given = {name.removesuffix("_dir").removesuffix("_dirs"): f for name, f in stages.items()}
    inputs = open_inputs(**given)
    asked = {"teacher": "openai:Qwen/Qwen3-8B", "licence": "lab/2024", "embedder": "org/model 2"}
    for stage in inputs.stages():
        stage.manifest["config"].update(asked, input="/home/anna/raw/ntu/")
    told = describe_lineage(inputs, SourceHashes(), RATIONALE.arrow.empty_table(), None, "test")
    for stage in told["stages"]:
        assert {name: stage["config"][name] for name in asked} == asked
        assert stage["config"]["input"] == "ntu"


def test_code_version_names_the_package() -> None:
    assert code_version().startswith("skeletonllm ")


def test_says_for_which_views_there_are_negatives_and_rationales(stages, pristine: Path) -> None:
    manifest = read_json(str(pristine / "manifest.json"))
    assert manifest["views"] == {
        "negatives": [{"name": "all", "sha256": None, "rows": 6}],
        "rationales": [{"name": "all", "sha256": None, "rows": 8}],
    }


def test_views_count_no_rejected_rationale_and_a_prompt_never_sent_is_no_prompt(stages) -> None:
    given = {name.removesuffix("_dir").removesuffix("_dirs"): f for name, f in stages.items()}
    contents = open_contents(open_inputs(**given))
    rows = contents.rationales.select(RATIONALE.arrow.names).to_pylist()
    for row in rows[:3]:
        row |= {"prompt_sha256": None, "views": [{"name": "lab/1", "sha256": "c" * 64}]}
    rows[0]["status"] = "rejected"
    told = pa.Table.from_pylist(rows, schema=RATIONALE.arrow)
    found = describe_views(replace(contents, rationales=told))["rationales"]
    assert [(view["name"], view["rows"]) for view in found] == [("all", 5), ("lab/1", 2)]
    lineage = describe_lineage(open_inputs(**given), SourceHashes(), told, None, "test")
    assert lineage["teacher"]["prompts"] == ["a" * 64]
