from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from pipelines.stage import run_stage
from skeletonllm.errors import SchemaError
from skeletonllm.storage import Plan, Unit, list_files, read_bytes, write_bytes

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("local_ray")]

PLAN = Plan("toy", "1", {}, tuple(Unit(i, (str(i),)) for i in range(7)))


def write_square(unit: Unit, *, output: str, log: str) -> None:
    write_bytes(f"{log}/{unit.part}-{len(list_files(log))}", b"")
    write_bytes(f"{output}/squares/{unit.part}.parquet", str(unit.index**2).encode())


def write_given(unit: Unit, *given: str, output: str) -> None:
    write_bytes(f"{output}/told/{unit.part}.parquet", "+".join(given).encode())


def fail(unit: Unit) -> None:
    raise SchemaError("broken", where=unit.part)


def run(out: Path, log: Path) -> dict[str, object]:
    work = partial(write_square, output=str(out), log=str(log))
    return run_stage(
        str(out), PLAN, "squares", work, lambda: {"squares": len(list_files(f"{out}/squares"))}
    )


def test_every_unit_writes_its_part(tmp_path: Path) -> None:
    manifest = run(tmp_path / "out", tmp_path / "log")
    assert manifest["counts"] == {"squares": 7}
    assert read_bytes(f"{tmp_path}/out/squares/part-00006.parquet") == b"36"


def test_only_what_is_missing_is_done_again(tmp_path: Path) -> None:
    out, log = tmp_path / "out", tmp_path / "log"
    whole = run(out, log)
    (out / "manifest.json").unlink()
    (out / "squares" / "part-00003.parquet").unlink()
    for file in log.iterdir():
        file.unlink()
    assert run(out, log) == whole
    assert [p.name for p in log.iterdir()] == ["part-00003-0"]


def test_an_error_of_a_task_ends_the_stage_unfinished(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="part-0000"):
        run_stage(str(tmp_path / "out"), PLAN, "squares", fail, dict)
    assert list_files(str(tmp_path / "out")) == ["plan.json"]


def test_what_differs_from_unit_to_unit_goes_with_it(tmp_path: Path) -> None:
    out = str(tmp_path)
    work = partial(write_given, output=out)
    run_stage(out, PLAN, "told", work, dict, lambda unit: (unit.part, str(unit.index)))
    assert read_bytes(f"{out}/told/part-00005.parquet") == b"part-00005+5"
