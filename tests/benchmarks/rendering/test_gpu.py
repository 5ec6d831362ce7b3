from __future__ import annotations

import time
from dataclasses import replace

import pytest
import torch
from torch.profiler import ProfilerActivity, record_function

from benchmarks.rendering import gpu
from benchmarks.rendering.engines import Job
from benchmarks.rendering.gpu import (
    BATCH,
    Flags,
    check_repeatability,
    compare_engines,
    list_jobs,
    make_row,
    name_parity_file,
    time_kernels,
)
from benchmarks.timing import Timing

ENGINE = Job(program="triton_cuda", part="rasterizer", clips=BATCH, device="cuda")


def test_our_engine_is_timed_in_all_batches_and_the_oracle_in_one() -> None:
    assert {job.clips for job in list_jobs(Flags(), "triton_cuda")} == {1, 8, 64}
    assert {job.clips for job in list_jobs(Flags(), "torch_tiles")} == {1}
    assert {job.part for job in list_jobs(Flags(), "gsplat")} == {"rasterizer"}
    assert {job.device for job in list_jobs(Flags(), "triton_cuda")} == {"cuda"}


@pytest.mark.parametrize(("seconds", "aim"), [(59e-6, "60: reached"), (61e-6, "60: missed")])
def test_a_row_says_whether_the_aim_is_reached(seconds: float, aim: str) -> None:
    assert make_row(ENGINE, "forward", Timing((seconds,) * 9))["aim"] == aim


def test_the_aim_is_for_the_published_picture_in_a_batch() -> None:
    for other in (replace(ENGINE, clips=8), replace(ENGINE, formula="body")):
        assert make_row(other, "forward", Timing((1e-5,) * 9))["aim"] == ""


def test_kernels_are_found_by_name() -> None:
    def run() -> None:
        for name in ("blend_tile", "other"):
            with record_function(name):
                torch.ones(9).sum()

    seconds = time_kernels(run, 3, ProfilerActivity.CPU)
    assert seconds.keys() == {"blend_tile"}
    assert [seconds > 0 for seconds in seconds["blend_tile"]] == [True] * 3


class Event:
    """What CUDA's does, for the CPU."""

    def __init__(self, *, enable_timing: bool) -> None:
        assert enable_timing

    def record(self) -> None:
        self.at = time.perf_counter()

    def synchronize(self) -> None:
        assert self.at

    def elapsed_time(self, end: Event) -> float:
        return (end.at - self.at) * 1e3


@pytest.fixture
def software(monkeypatch: pytest.MonkeyPatch) -> None:
    """A GPU that is none: small jobs on the CPU."""
    monkeypatch.setattr(torch.cuda, "Event", Event)
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda: None)
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda: 3 << 20)
    list_jobs = gpu.list_jobs
    monkeypatch.setattr(
        gpu, "list_jobs", lambda *a: [replace(job, device="cpu") for job in list_jobs(*a)]
    )
    monkeypatch.setattr(gpu, "PROGRAMS", ("torch_tiles", "gsplat"))


def test_what_runs_has_rows_and_what_does_not_a_reason(
    software: None, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = list(gpu.make_rows(Flags(clips=(2,), runs=2, size=28)))
    assert len(rows) == 2 * 2 * 2
    assert {row["program"] for row in rows} == {"torch_tiles"}
    assert {row["MB a clip"] for row in rows} == {"2"}
    assert "gsplat does not run here: gsplat is not installed" in capsys.readouterr().out


def test_what_does_not_fit_into_memory_is_said_and_passed_over(
    software: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise torch.OutOfMemoryError

    monkeypatch.setattr(gpu, "make_job_rows", full)
    assert list(gpu.make_rows(Flags(clips=(1,), size=28))) == []
    assert "torch_tiles, published, 1 clips, whole: memory is full" in capsys.readouterr().out


def test_an_engine_that_differs_from_run_to_run_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = Job(program="torch_tiles", size=28)
    assert check_repeatability(job)
    drawn = gpu._draw_with_gradients
    monkeypatch.setattr(
        gpu, "_draw_with_gradients", lambda r: [x + torch.rand(()) for x in drawn(r)]
    )
    assert not check_repeatability(job)


def test_without_a_gpu_it_proves_and_says_that_it_does_not_time(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("triton", reason="needs triton (in the extra dev, on Linux)")
    asked = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(gpu.parity, "main", lambda flags: asked.append(flags) or 0)
    monkeypatch.setattr(gpu, "check_repeatability", lambda _: True)
    assert gpu.main(Flags()) == 0
    assert (asked[0].device, asked[0].size) == ("cpu", 12)
    assert "nothing was timed" in capsys.readouterr().out
    monkeypatch.setattr(gpu, "check_repeatability", lambda _: False)
    assert gpu.main(Flags()) == 1


def test_the_table_of_errors_lies_beside_the_times() -> None:
    assert name_parity_file("out/gpu.json", 56) == "out/gpu-parity-56.json"
    assert name_parity_file(None, 56) is None


@pytest.mark.parametrize(("bad", "exact"), [(None, True), (56, False), (448, False)])
def test_engines_are_compared_in_small_pictures_and_in_timed_ones(
    monkeypatch: pytest.MonkeyPatch, bad: int | None, *, exact: bool
) -> None:
    monkeypatch.setattr(gpu.parity, "main", lambda flags: int(flags.size == bad))
    assert compare_engines("cuda", Flags()) == exact
