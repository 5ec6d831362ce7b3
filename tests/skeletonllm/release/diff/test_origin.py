from __future__ import annotations

from pathlib import Path

from schemas import QUESTION
from skeletonllm.release.diff.origin import (
    TABLES,
    compare_layout,
    compare_lineage,
    compare_terms,
    compare_versions,
    find_major,
)
from skeletonllm.release.diff.side import open_side
from skeletonllm.storage import read_json, write_json


def sides(old: Path | str, new: Path | str):
    return open_side(str(old)), open_side(str(new))


def restate(release: str, **given) -> str:
    where = f"{release}/manifest.json"
    write_json(where, {**read_json(where), **given})
    return release


def test_equal_releases_have_equal_terms_layout_and_lineage(pristine: Path) -> None:
    pair = sides(pristine, pristine)
    terms, layout = compare_terms(*pair, 0), compare_layout(*pair, {})
    assert (terms.licences, terms.clips, terms.tightened) == ({}, {}, 0)
    assert (layout.versions, layout.skeletons, layout.files) == ({}, {}, ())
    assert (layout.tars, layout.tars_kept) == ((3, 3), 3)
    assert layout.bytes_kept == layout.tar_bytes[0] == layout.tar_bytes[1]
    assert compare_lineage(*pair) == {}


def test_removed_clips_are_no_clips_under_tighter_terms(pristine: Path, edit) -> None:
    def fewer(licences):
        licences["cc-by-4.0"]["clips"] -= 3
        return licences

    pair = sides(pristine, edit("licences.json", fewer))
    assert compare_terms(*pair, 3).tightened == 0
    assert compare_terms(*pair, 2).tightened == 1
    assert compare_terms(*pair, 0).clips == {"cc-by-4.0": [8, 5]}


def test_a_changed_clip_leaves_the_other_tars_as_they_are(pristine, cut, corpora) -> None:
    first, second = corpora
    fewer = cut("1.0.1", first, second[:2])
    layout = compare_layout(*sides(pristine, fewer), {})
    assert (layout.tars, layout.tars_kept) == ((3, 2), 2)
    assert layout.bytes_kept == layout.tar_bytes[1] < layout.tar_bytes[0]
    assert "index.parquet" in layout.files
    assert not {"README.md", "croissant.json", "report.html"} & set(layout.files)


def test_skeletons_are_compared_by_their_definitions(pristine: Path, edit) -> None:
    def change(definitions):
        definitions["kinect_v2"]["joints"][0] = "another"
        definitions["new"] = definitions.pop("coco_17")
        return definitions

    layout = compare_layout(*sides(pristine, edit("topologies.json", change)), {})
    assert sorted(layout.skeletons) == ["coco_17", "kinect_v2", "new"]
    assert layout.skeletons["coco_17"][1] is None
    assert layout.skeletons["new"][0] is None


def test_stages_are_told_apart_by_corpus_and_number(pristine: Path, edit) -> None:
    release = edit("statistics.json", lambda data: data)
    lineage = read_json(f"{release}/manifest.json")["lineage"]
    lineage["stages"][0]["config"]["profile"] = "clean@2"
    lineage["stages"].append({**lineage["stages"][1], "version": "9"})
    lineage["code"] = "another"
    found = compare_lineage(*sides(pristine, restate(release, lineage=lineage)))
    assert found["code"] == ["test", "another"]
    assert found["normalize of alpha: profile"] == ["clean@1", "clean@2"]
    assert found["normalize of beta (2): version"] == [None, "9"]
    assert not any(name.startswith("normalize of beta:") for name in found)


def test_the_audience_is_compared(pristine: Path, edit) -> None:
    release = restate(edit("statistics.json", lambda data: data), audience="public")
    assert compare_terms(*sides(pristine, release), 0).audience == ("internal", "public")


def test_versions_of_the_tables_are_those_that_their_files_state(asked: Path, pristine) -> None:
    assert compare_versions(*sides(asked, asked)) == {}
    assert compare_versions(*sides(asked, pristine)) == {"questions": [QUESTION.version, None]}
    assert {f"{name}.parquet" for name in TABLES} == {path.name for path in asked.glob("*.parquet")}


def test_a_table_of_one_release_alone_is_no_other_major_version() -> None:
    versions = {
        "release": ["2.0.0", "2.3.0"],
        "index": ["2.9.0", "3.0.0"],
        "questions": [None, "1"],
    }
    assert find_major(versions) == {"index": ["2.9.0", "3.0.0"]}
