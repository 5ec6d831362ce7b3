from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from skeletonllm.errors import OutputMismatch, SchemaError, UsageError
from skeletonllm.storage import (
    Plan,
    Unit,
    claim,
    cut_units,
    finish,
    finished,
    read_json,
    stage_of,
    write_bytes,
    write_json,
)
from skeletonllm.storage.plan import MAX_UNIT_BYTES, MAX_UNIT_ITEMS, stated_parts


def plan(**config: Any) -> Plan:
    return Plan("toy", "1", config, (Unit(0, ("a", "b")), Unit(1, ("c",))))


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_units_hold_at_most_512_items_or_64_mb() -> None:
    assert [len(u.inputs) for u in cut_units((str(i), 1) for i in range(1200))] == [512, 512, 176]
    big = MAX_UNIT_BYTES // 2
    assert [len(u.inputs) for u in cut_units((str(i), big) for i in range(5))] == [2, 2, 1]
    assert [len(u.inputs) for u in cut_units([("huge", MAX_UNIT_BYTES * 3), ("a", 1)])] == [1, 1]
    assert cut_units([]) == ()
    assert MAX_UNIT_ITEMS == 512


def test_the_first_claim_writes_the_plan_and_the_next_goes_on(tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    assert claim(out, plan(a=1)) is False
    before = snapshot(tmp_path)
    assert claim(out, plan(a=1)) is False
    assert snapshot(tmp_path) == before


def test_a_finished_folder_is_left_alone(tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    claim(out, plan())
    write_bytes(f"{out}/parts/part-00000.parquet", b"x")
    manifest = finish(out, plan(), lambda: {"things": 1})
    assert manifest["counts"] == {"things": 1}
    assert [f["path"] for f in manifest["files"]] == ["parts/part-00000.parquet", "plan.json"]
    before = snapshot(tmp_path)
    assert claim(out, plan()) is True
    assert finish(out, plan(), lambda: {"things": 99}) == manifest
    assert snapshot(tmp_path) == before
    assert finished(out, "toy") == manifest
    assert [p.url for p in stated_parts([out], "toy")] == [f"{out}/parts/part-00000.parquet"]


def test_another_configuration_is_refused_and_nothing_touched(tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    claim(out, plan(profile="raw"))
    before = snapshot(tmp_path)
    said = "made with config.profile = 'raw'; expected config.profile = 'clean'. Nothing was over"
    with pytest.raises(OutputMismatch, match=said):
        claim(out, plan(profile="clean"))
    with pytest.raises(OutputMismatch, match="made with units = "):
        claim(out, Plan("toy", "1", {"profile": "raw"}, ()))
    assert snapshot(tmp_path) == before


def test_a_folder_of_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(OutputMismatch, match="not empty and holds no plan.json. Choose another"):
        claim(str(tmp_path), plan())
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


def test_later_stages_want_finished_folders(tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    with pytest.raises(UsageError, match="is no output of toy"):
        finished(out, "toy")
    claim(out, plan())
    with pytest.raises(UsageError, match="is unfinished"):
        finished(out, "toy")
    finish(out, plan(), lambda: {})
    with pytest.raises(UsageError, match="a folder of stage 'toy'; expected 'normalize'"):
        finished(out, "normalize")


def restate(url: str, version: str | None) -> None:
    """Let a plan or manifest say that it is of another version; None takes the word away."""
    data = read_json(url)
    del data["schema_version"]
    write_json(url, data if version is None else {**data, "schema_version": version})


def test_a_folder_of_another_minor_version_is_read_and_gone_on_with(tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    claim(out, plan(a=1))
    restate(f"{out}/plan.json", "2.9.0")
    assert stage_of(out) == "toy"
    assert claim(out, plan(a=1)) is False
    with pytest.raises(OutputMismatch, match="config.a = 1; expected config.a = 2"):
        claim(out, plan(a=2))
    finish(out, plan(a=1), lambda: {"things": 0})
    restate(f"{out}/manifest.json", "2.9.0")
    assert finished(out, "toy")["counts"] == {"things": 0}


@pytest.mark.parametrize(
    ("version", "said"),
    [
        (None, "written in version 1.0.0 of a stage's folder; expected 2.2.0 or another 2.x. Run"),
        ("3.1.0", "in version 3.1.0 .* expected 2.2.0 or another 2.x. .*, or read it with the lat"),
    ],
)
def test_a_folder_of_another_major_version_is_refused_and_nothing_touched(
    tmp_path: Path, version: str | None, said: str
) -> None:
    out = str(tmp_path / "out")
    claim(out, plan())
    finish(out, plan(), lambda: {})
    restate(f"{out}/plan.json", version)
    restate(f"{out}/manifest.json", version)
    before = snapshot(tmp_path)
    for read in (lambda: claim(out, plan()), lambda: finished(out, "toy"), lambda: stage_of(out)):
        with pytest.raises(SchemaError, match=rf"{out}/\w+.json: .*{said}"):
            read()
    assert snapshot(tmp_path) == before


def test_a_plan_of_somebody_else_names_no_stage(tmp_path: Path) -> None:
    assert stage_of(str(tmp_path)) is None
    (tmp_path / "plan.json").write_text('["buy milk"]')
    assert stage_of(str(tmp_path)) is None
    with pytest.raises(SchemaError, match="a JSON list; expected a stage's folder"):
        claim(str(tmp_path), plan())


DAMAGED = [
    (b"", UsageError, "not JSON"),
    (b'{"stage": "toy", ', UsageError, "not JSON"),
    (b'"\xff\xfe"', UsageError, "not JSON"),
    (b"[" * 100_000, UsageError, "not JSON"),
    (b'["toy"]', SchemaError, "a JSON list; expected a stage's folder"),
    (b"5", SchemaError, "a JSON int; expected a stage's folder"),
    (b"null", SchemaError, "a JSON NoneType; expected a stage's folder"),
]
"""Content of a plan or manifest, and what is said of it."""


@pytest.mark.parametrize(("content", "error", "said"), DAMAGED)
@pytest.mark.parametrize("name", ["plan.json", "manifest.json"])
def test_a_file_that_is_no_json_object_is_told_in_one_sentence(
    tmp_path: Path, name: str, content: bytes, error: type[Exception], said: str
) -> None:
    out = str(tmp_path / "out")
    claim(out, plan())
    finish(out, plan(), lambda: {})
    (tmp_path / "out" / name).write_bytes(content)
    with pytest.raises(error, match=rf"{name}: {said}"):
        claim(out, plan()) if name == "plan.json" else finished(out, "toy")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"files": None}, "'files' is a NoneType; expected the manifest of a stage, whose 'files'"),
        ({"files": ["a"]}, "a JSON str; expected a file of the manifest"),
        ({"files": [{"path": 5, "sha256": ""}]}, "'path' is a int"),
        ({"config": []}, "'config' is a list"),
        ({"counts": 5}, "'counts' is a int"),
    ],
)
def test_a_manifest_of_another_form_names_the_field(
    tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    out = str(tmp_path / "out")
    claim(out, plan())
    manifest = finish(out, plan(), lambda: {})
    write_json(f"{out}/manifest.json", {**manifest, **change})
    for read in (lambda: finished(out, "toy"), lambda: finish(out, plan(), lambda: {})):
        with pytest.raises(UsageError, match=said):
            read()


def test_a_plan_without_a_field_names_it(tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    claim(out, plan())
    write_json(f"{out}/plan.json", {k: v for k, v in plan().to_json().items() if k != "config"})
    with pytest.raises(UsageError, match="no 'config'; expected the plan of a stage, whose"):
        claim(out, plan())
