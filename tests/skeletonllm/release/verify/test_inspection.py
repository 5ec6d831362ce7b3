from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from schemas import RELEASE_VERSION
from skeletonllm.errors import SchemaError, UsageError
from skeletonllm.release import describe_release, inspect_release, verify_release
from skeletonllm.release.verify import TABLES
from skeletonllm.storage import read_json, read_table, write_json, write_table
from skeletonllm.storage.layout import table_file
from skeletonllm.testing.faulty_store import FaultyStore
from tests.skeletonllm.release.verify.forge import (
    edit_index,
    edit_json,
    edit_manifest,
    edit_samples,
    edit_text,
    only_fault,
    readmit,
    state_version,
)


def test_a_fresh_release_has_no_fault(pristine: Path) -> None:
    assert verify_release(str(pristine)) == []


def test_of_a_store_each_table_is_fetched_twice_however_many_tars_there_are(pristine: Path) -> None:
    with FaultyStore(pristine) as store:
        assert verify_release(store.url) == []
        got = Counter(a.path.rpartition("/")[2] for a in store.asked if a.method == "GET")
    assert len(list(pristine.glob("shards/*.tar"))) == 3
    # Once for its hash, once for all that is read of it.
    assert {name: got[name] for name in got if name.endswith(".parquet")} == {
        table_file(name): 2 for name in TABLES
    }


@pytest.mark.parametrize(
    "path",
    "shards/shard-000001.tar index.parquet negatives.parquet rationales.parquet report.html "
    "README.md licences.json topologies.json".split(),
)
@pytest.mark.parametrize("at", [0.1, 0.5, 0.99])
def test_one_flipped_bit_is_one_fault_that_names_the_file(
    release: Path, path: str, at: float
) -> None:
    data = bytearray((release / path).read_bytes())
    data[int(len(data) * at)] ^= 1
    (release / path).write_bytes(data)
    assert only_fault(release).startswith(f"{path}: sha256 ")


@pytest.mark.parametrize("path", [".ntu.lock", "shards/.ntu.lock", ".x.partial-1", "a.partial-zip"])
def test_a_lock_or_an_unfinished_file_in_a_finished_release_is_found(
    release: Path, path: str
) -> None:
    (release / path).write_text("hidden" * 1000)
    assert only_fault(release) == f"{path}: not in the manifest"


def test_missing_shortened_and_extra_files(release: Path) -> None:
    (release / "shards/shard-000002.tar").unlink()
    (release / "shards/shard-000009.tar").write_bytes(b"")
    report = release / "report.html"
    size = report.stat().st_size
    report.write_bytes(report.read_bytes()[:-10])
    assert verify_release(str(release)) == [
        "shards/shard-000009.tar: not in the manifest",
        f"report.html: {size - 10} bytes; the manifest says {size}",
        "shards/shard-000002.tar: missing",
    ]


@pytest.mark.parametrize("name", ["samples", "shards", "negatives", "rationales", "rejects"])
def test_a_wrong_count_is_found(release: Path, name: str) -> None:
    edit_manifest(release, lambda m: m["counts"].update({name: 77}))
    faults = verify_release(str(release))
    assert f"counts: {read_true(release, name)} {name} found; the manifest says 77" in faults


def read_true(release: Path, name: str) -> int:
    if name == "shards":
        return len(list((release / "shards").iterdir()))
    table = "index" if name == "samples" else name
    return len(read_table(str(release / f"{table}.parquet")))


def test_a_dropped_row_of_the_index_is_missed_in_counts_and_in_its_tar(release: Path) -> None:
    index = read_table(str(release / "index.parquet"))
    dropped = index.column("key")[10].as_py()
    write_table(str(release / "index.parquet"), index.slice(0, 10))
    readmit(release, "index.parquet")
    assert verify_release(str(release)) == [
        "counts: 10 samples found; the manifest says 11",
        "counts: 2 shards found; the manifest says 3",
        f"shards/shard-000002.tar: 1 samples, 0 in the index; not indexed: {dropped}",
    ]


def test_an_offset_that_points_elsewhere_is_found(release: Path) -> None:
    rows = read_table(str(release / "index.parquet")).to_pylist()
    edit_index(release, 1, offset=rows[2]["offset"], size=rows[2]["size"])
    assert f"sample {rows[1]['key']}: the index does not point at it" in only_fault(release)
    edit_index(release, 1, offset=rows[1]["offset"] + 512, size=rows[1]["size"])
    assert "the index does not point at it" in only_fault(release)


def test_an_index_that_says_something_else_than_the_sample_is_found(release: Path) -> None:
    edit_index(release, 4, label="dance")
    assert only_fault(release).endswith("label 'jump up'; the index says 'dance'")
    edit_index(release, 4, label="jump up", num_rationales=3)
    assert only_fault(release).endswith("num_rationales 1; the index says 3")


@pytest.mark.parametrize("name", ["bytes_hash", "content_hash"])
def test_an_index_with_another_hash_than_the_sample_has_is_found(release: Path, name: str) -> None:
    row = read_table(str(release / "index.parquet")).to_pylist()[4]
    edit_index(release, 4, **{name: bytes(16)})
    said = f"sample {row['key']}: {name} {row[name].hex()}; the index says {'00' * 16}"
    assert only_fault(release).endswith(said)


def test_positions_must_be_a_line(release: Path) -> None:
    edit_index(release, 3, position=99)
    assert only_fault(release) == "index.parquet: positions are not 0, 1, 2, ..."


def test_positions_follow_the_tars(release: Path) -> None:
    keys = read_table(str(release / "index.parquet")).column("key").to_pylist()
    edit_index(release, 3, position=4)
    edit_index(release, 4, position=3)
    said = f"index.parquet: position 4 of sample {keys[3]} is not its place in the tars"
    assert only_fault(release) == said


def test_a_sample_the_index_does_not_know_is_found(release: Path) -> None:
    tar = release / "shards/shard-000002.tar"
    other = (release / "shards/shard-000000.tar").read_bytes()
    content = tar.read_bytes().rstrip(b"\0")
    padded = content + bytes(-len(content) % 512)
    tar.write_bytes(padded + other)
    readmit(release, "shards/shard-000002.tar")
    assert "shards/shard-000002.tar: 6 samples, 1 in the index; not indexed: alpha-" in only_fault(
        release
    )


def test_a_table_of_another_schema_or_no_table_is_found(release: Path) -> None:
    table = read_table(str(release / "negatives.parquet"))
    write_table(str(release / "negatives.parquet"), table.drop_columns(["rank"]))
    (release / "rejects.parquet").write_bytes(b"PAR1PAR1")
    readmit(release, "negatives.parquet")
    readmit(release, "rejects.parquet")
    first, second = verify_release(str(release))
    assert first.startswith("negatives.parquet: negative: missing columns ['rank']")
    assert second.startswith("rejects.parquet: cannot be read (")


def test_tables_of_another_name_or_version_are_found(release: Path) -> None:
    table = read_table(str(release / "negatives.parquet"))
    for stated, said in (
        ({b"skeletonllm.schema": b"somebody.else"}, "a table of schema 'somebody.else'; expected"),
        ({b"skeletonllm.schema_version": b"9.0.0"}, "written in version 9.0.0 of the table"),
    ):
        forged = table.replace_schema_metadata({**table.schema.metadata, **stated})
        write_table(str(release / "negatives.parquet"), forged)
        readmit(release, "negatives.parquet")
        assert only_fault(release).startswith(f"negatives.parquet: {said}")


def test_a_listed_tar_that_is_none_is_found(release: Path) -> None:
    tar = release / "shards/shard-000002.tar"
    tar.write_bytes(b"not a tar at all" * 100)
    readmit(release, "shards/shard-000002.tar")
    assert only_fault(release).startswith("shards/shard-000002.tar: not a tar (")


def test_a_skeleton_that_is_defined_otherwise_here_is_found(release: Path) -> None:
    topologies = read_json(str(release / "topologies.json"))
    topologies["coco_17"]["joints"].reverse()
    write_json(str(release / "topologies.json"), topologies)
    readmit(release, "topologies.json")
    assert only_fault(release).startswith("topologies.json: coco_17: a different topology")


def test_a_public_manifest_over_closed_clips_is_found(release: Path) -> None:
    edit_manifest(release, lambda m: m.update(audience="public"))
    assert only_fault(release).startswith(
        "licences.json: a public release holds 3 clips under 'nw_ucla'"
    )


def test_licences_must_cover_every_clip(release: Path) -> None:
    licences = read_json(str(release / "licences.json"))
    del licences["nw_ucla"]
    write_json(str(release / "licences.json"), licences)
    readmit(release, "licences.json")
    assert "licences.json: 0 clips under 'nw_ucla'; 3 samples carry it" in verify_release(
        str(release)
    )


def test_a_manifest_of_the_wrong_form_is_all_that_is_said(release: Path) -> None:
    edit_manifest(release, lambda m: m.update(version="1.0"))
    assert only_fault(release) == "manifest: version '1.0' is not MAJOR.MINOR.PATCH"
    (release / "manifest.json").write_text("{")
    assert "not JSON" in only_fault(release)
    (release / "manifest.json").write_text(json.dumps({"stage": "build_shards"}))
    assert "manifest: 'schema' is missing" in verify_release(str(release))


def test_a_file_a_release_needs_cannot_be_unlisted(release: Path) -> None:
    (release / "licences.json").unlink()
    edit_manifest(
        release,
        lambda m: m.update(files=[e for e in m["files"] if e["path"] != "licences.json"]),
    )
    said = "licences.json: the manifest does not list it, and a release needs it"
    assert said in verify_release(str(release))


@pytest.mark.parametrize(
    "path", ["bonus.tar", "evil.exe", "shards/evil.parquet", "shards/sub/a.tar", "shards/.tar"]
)
def test_a_listed_file_that_no_release_has_is_found(release: Path, path: str) -> None:
    """Such as motions of another corpus, under the terms of this one."""
    (release / path).parent.mkdir(exist_ok=True)
    shutil.copy(release / "shards/shard-000000.tar", release / path)
    readmit(release, path)
    assert f"{path}: no file of a release" in verify_release(str(release))


@pytest.mark.parametrize("content", [b"", bytes(10240)])
def test_a_listed_tar_without_a_sample_is_found(release: Path, content: bytes) -> None:
    (release / "shards/shard-000009.tar").write_bytes(content)
    readmit(release, "shards/shard-000009.tar")
    assert only_fault(release).startswith("shards/shard-000009.tar: no")


def test_files_that_an_earlier_layout_did_not_have_are_found(release: Path) -> None:
    edit_manifest(release, lambda m: m.update(schema_version="2.1.0"))
    assert verify_release(str(release)) == []
    (release / "changes.md").write_text("all of it")
    readmit(release, "changes.md")
    assert "changes.md: no file of a release" in verify_release(str(release))


UNKNOWN: list[tuple[Callable[[dict[str, Any]], Any], str]] = [
    (lambda m: m["counts"].update(foo=5), "counts: 'foo' is 5; no release counts it"),
    (lambda m: m["counts"].update(questions=0), "counts: 'questions' is 0; no release counts it"),
    (
        lambda m: m["counts"].update(samples=11.0),
        "counts: 11 samples found; the manifest says 11.0",
    ),
    (lambda m: m.update(motions=[0.1]), "manifest: no release has 'motions'"),
    (lambda m: m["lineage"].update(a=1, b=2), "manifest: lineage: no release has 'a', 'b'"),
    (
        lambda m: m["lineage"]["stages"][1].update(joints=[0.1]),
        "manifest: lineage.stages.1: no release has 'joints'",
    ),
    (lambda m: m["files"][0].update(data="x"), "manifest: 'README.md': no release has 'data'"),
    (
        lambda m: m.update(schema_version="2.1.7"),
        "manifest: schema_version '2.1.7', which no release was written in",
    ),
]


@pytest.mark.parametrize(("forge", "said"), UNKNOWN)
def test_what_no_manifest_says_is_found(
    release: Path, forge: Callable[[dict[str, Any]], Any], said: str
) -> None:
    readmit(release, "report.html")
    edit_manifest(release, forge)
    faults = verify_release(str(release))
    assert said in faults
    # What Croissant says of counts is made of the manifest, and so is another then.
    assert all(fault.startswith("croissant.json") for fault in faults if fault != said)


@pytest.mark.parametrize("name", ["index", "negatives", "rationales", "rejects"])
def test_a_table_newer_than_the_layout_is_found(release: Path, name: str) -> None:
    """It could have columns that nobody checks."""
    later = f"{TABLES[name].version[0]}.9.0"
    state_version(release, name, later)
    assert any(
        fault.startswith(f"{name}.parquet: version {later}; a release of schema_version 2.3.0 has ")
        for fault in verify_release(str(release))
    )


def test_no_release_at_all(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no manifest\.json\. Give the folder of one version"):
        verify_release(str(tmp_path))


def use_a_later_word(meta: dict[str, Any]) -> None:
    meta.update(sample_version="3.7.0", mood="glad")
    for row in meta["rationales"]:
        row["status"] = "half_accepted"


def test_a_release_of_a_later_minor_version_is_verified(release: Path) -> None:
    """It may have columns that we do not know, and words in closed sets."""
    edit_samples(release, lambda m: [edit_text(own, use_a_later_word) for own in m.values()])
    edit_json(
        release, "statistics.json", lambda n: n["rationales"].update(status={"half_accepted": 8})
    )
    for name, schema in TABLES.items():
        path = str(release / f"{name}.parquet")
        table = read_table(path)
        grown = table.append_column("added", pa.array(["x"] * len(table), pa.string()))
        major = schema.version.partition(".")[0]
        stated = {**table.schema.metadata, b"skeletonllm.schema_version": f"{major}.7.0"}
        if name == "rationales":
            at = table.schema.get_field_index("status")
            words = pa.array(["half_accepted"] * len(table), pa.string())
            grown = grown.set_column(at, table.schema.field(at), words)
        write_table(path, grown.replace_schema_metadata(stated))
        readmit(release, f"{name}.parquet")
    edit_json(release, "statistics.json", lambda n: n.update(moods={"glad": 11}))
    (release / "moods.json").write_text("{}")
    item = {"@type": "cr:FileObject", "@id": "moods.json", "contentUrl": "moods.json"}
    edit_json(release, "croissant.json", lambda c: c["distribution"].append(item))
    readmit(release, "moods.json")
    later = {"schema_version": "2.7.0", "moods": ["glad"]}
    edit_manifest(release, lambda m: m.update(later) or m["counts"].update(moods=1))
    found = inspect_release(str(release))
    assert found.faults == ()
    assert found.findings[0] == (
        "manifest: schema_version 2.7.0, later than 2.3.0: files, members and fields that are not "
        "known here are not checked"
    )
    assert describe_release(str(release))["counts"]["samples"] == 11


def test_a_release_that_does_not_say_who_packed_it_is_right(release: Path) -> None:
    def forget(manifest: dict[str, Any]) -> None:
        manifest["schema_version"] = "2.2.0"
        for stage in manifest["lineage"]["stages"]:
            assert set(stage.pop("versions")) == {"python", "numpy", "zlib"}

    edit_manifest(release, forget)
    assert verify_release(str(release)) == []


@pytest.mark.parametrize("version", ["1.0.0", "3.0.0"])
def test_a_release_of_another_major_version_is_refused_with_both(
    release: Path, version: str
) -> None:
    edit_manifest(release, lambda m: m.update(schema_version=version))
    ours = re.escape(RELEASE_VERSION)
    said = rf"manifest\.json: written in version {version} of a release; expected {ours} or"
    for read in (verify_release, describe_release):
        with pytest.raises(SchemaError, match=said):
            read(str(release))
