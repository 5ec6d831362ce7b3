from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from skeletonllm.clip_folders import lineage
from skeletonllm.errors import ReleaseError, UsageError
from skeletonllm.release import cut_release
from skeletonllm.release.inputs import Inputs, open_contents, open_inputs
from skeletonllm.storage import read_table, sha256_of, write_table
from skeletonllm.testing.processes import read_folder


def opened(stages: dict, **changes: object):  # type: ignore[no-untyped-def,type-arg]
    given = {name.removesuffix("_dir").removesuffix("_dirs"): f for name, f in stages.items()}
    return open_inputs(**{**given, **changes})


def restated(inputs: Inputs, changed: Path) -> Inputs:
    """The same, as if the stage had written the file so."""
    (stage,) = (s for s in inputs.stages() if s.folder == str(changed.parent))
    (entry,) = (e for e in stage.manifest["files"] if e["path"] == changed.name)
    entry["sha256"] = sha256_of(str(changed))[0]
    return inputs


def test_tables_of_all_folders_are_joined(stages) -> None:
    contents = open_contents(opened(stages))
    assert contents.index.column("position").to_pylist() == list(range(11))
    assert len(contents.rejects) == 2
    assert sorted(contents.topologies) == ["coco_17", "kinect_v2"]
    assert sorted(contents.licences) == ["cc-by-4.0", "nw_ucla"]


def test_shards_of_other_clips_are_refused_both_ways(stages) -> None:
    first, second = stages["clips_dirs"]
    sha256 = lineage([second])[0][:12]
    with pytest.raises(ReleaseError, match=rf"1 more, whose manifest.json has sha256 {sha256}"):
        opened(stages, clips=[first])
    with pytest.raises(ReleaseError, match=r"built from 1 more, .*\. Give the folders"):
        opened(stages, rationales=None)


def test_one_folder_given_twice_is_refused(stages, tmp_path: Path) -> None:
    first, second = stages["clips_dirs"]
    copy = str(shutil.copytree(second, tmp_path / "beta"))
    for again in (second, f"{second}/", copy):
        with pytest.raises(UsageError, match="one output is given twice") as refused:
            opened(stages, clips=[first, second, again])
        assert second in str(refused.value)
        assert again in str(refused.value)


def test_changed_clips_are_other_clips(stages, tmp_path: Path) -> None:
    first, second = stages["clips_dirs"]
    changed = shutil.copytree(second, tmp_path / "beta")
    manifest = json.loads((changed / "manifest.json").read_text())
    manifest["counts"]["clips"] = 4
    (changed / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ReleaseError, match=r"; not built from .*/beta.*build the shards again"):
        opened(stages, clips=[first, str(changed)])


def test_folders_of_another_stage_or_unfinished_are_refused(stages, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a folder of stage 'normalize'; expected 'build_shards'"):
        opened(stages, shards=stages["clips_dirs"][0])
    unfinished = shutil.copytree(stages["negatives_dir"], tmp_path / "negatives")
    (unfinished / "manifest.json").unlink()
    with pytest.raises(UsageError, match="is unfinished"):
        opened(stages, negatives=str(unfinished))


def test_two_definitions_of_one_licence_are_refused(stages, make_stages, tmp_path: Path) -> None:
    changed = make_stages(tmp_path)
    licences = Path(changed["clips_dirs"][1]) / "licences.json"
    terms = {"id": "cc-by-4.0", "url": "elsewhere", "redistribute": "no"}
    licences.write_text(json.dumps({"cc-by-4.0": terms}))
    with pytest.raises(ReleaseError, match=r"licences\.json: two definitions of 'cc-by-4\.0'"):
        open_contents(restated(opened(changed), licences))


def test_licences_that_are_no_object_are_refused(make_stages, tmp_path: Path) -> None:
    changed = make_stages(tmp_path)
    licences = Path(changed["clips_dirs"][1]) / "licences.json"
    licences.write_text("[]")
    with pytest.raises(UsageError, match=r"licences\.json: a JSON list; expected definitions by"):
        open_contents(restated(opened(changed), licences))


@pytest.mark.parametrize(
    ("path", "stage"),
    [
        ("negatives/parts/part-00000.parquet", "mine_negatives"),
        ("rationales/parts/part-00000.parquet", "build_rationales"),
        ("alpha/rejects/part-00000.parquet", "normalize"),
        ("alpha/parts/part-00000.parquet", "normalize"),
        ("shards/index/part-00000.parquet", "build_shards"),
        ("shards/questions.parquet", "build_shards"),
        ("alpha/topologies.json", "normalize"),
        ("beta/licences.json", "normalize"),
    ],
)
def test_what_was_changed_after_its_stage_does_not_get_into_a_release(
    make_stages, tmp_path: Path, path: str, stage: str
) -> None:
    """A valid file of other contents: only its hash tells."""
    given = make_stages(tmp_path, asked=True)
    changed = tmp_path / path
    before = sha256_of(str(changed))[0]
    if path.endswith(".json"):
        changed.write_text(json.dumps(json.loads(changed.read_text())))
    else:
        write_table(str(changed), read_table(str(changed)).slice(1))
    after = sha256_of(str(changed))[0]
    said = rf"{path}: sha256 {after}; expected sha256 {before}, as the manifest of {stage} says"
    with pytest.raises(ReleaseError, match=said) as refused:
        cut_release(str(tmp_path / "root"), "toy", "1.0.0", **given)
    assert f"run `skeletonllm {stage.replace('_', '-')}` again" in str(refused.value)
    changed.unlink()
    if not path.endswith(".json"):
        with pytest.raises(ReleaseError, match=rf"{path}: no such file"):
            cut_release(str(tmp_path / "root"), "toy", "1.0.0", **given)
    assert not list((tmp_path / "root").rglob("*.parquet"))


def test_what_was_put_beside_the_parts_of_a_stage_is_no_part_of_it(
    make_stages, tmp_path: Path
) -> None:
    given = make_stages(tmp_path)
    release = Path(cut_release(str(tmp_path / "before"), "toy", "1.0.0", **given))
    for folder in ("alpha/rejects", "alpha/parts", "negatives/parts", "rationales/parts"):
        part = tmp_path / folder / "part-00000.parquet"
        shutil.copy(part, part.with_name("part-00000 copy.parquet"))
    again = Path(cut_release(str(tmp_path / "after"), "toy", "1.0.0", **given))
    assert read_folder(again) == read_folder(release)


def test_definitions_that_the_manifest_does_not_list_are_refused(
    make_stages, tmp_path: Path
) -> None:
    given = make_stages(tmp_path)
    (tmp_path / "alpha" / "reader.json").write_text("{}")
    said = r"alpha/reader\.json: a file that the manifest does not list.*take it away"
    with pytest.raises(ReleaseError, match=said):
        cut_release(str(tmp_path / "root"), "toy", "1.0.0", **given)
