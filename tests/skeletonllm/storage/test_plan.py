from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from skeletonllm.errors import OutputMismatch, UsageError
from skeletonllm.storage import Plan, Unit, claim, cut_units, finish, finished, parts, write_bytes
from skeletonllm.storage.plan import MAX_UNIT_BYTES, MAX_UNIT_ITEMS


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
    write_bytes(f"{out}/things/part-00000.parquet", b"x")
    manifest = finish(out, plan(), lambda: {"things": 1})
    assert manifest["counts"] == {"things": 1}
    assert [f["path"] for f in manifest["files"]] == ["plan.json", "things/part-00000.parquet"]
    before = snapshot(tmp_path)
    assert claim(out, plan()) is True
    assert finish(out, plan(), lambda: {"things": 99}) == manifest
    assert snapshot(tmp_path) == before
    assert finished(out, "toy") == manifest
    assert parts([out], "toy", "things") == [f"{out}/things/part-00000.parquet"]


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
