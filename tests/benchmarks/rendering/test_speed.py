from __future__ import annotations

from dataclasses import replace

from benchmarks.rendering.engines import Job
from benchmarks.rendering.speed import (
    describe_versions,
    list_jobs,
    make_row,
    make_timing,
    name_memory_file,
)
from benchmarks.timing import Run, Timing

THEIRS = Job(program="published", backward=True)
MINE = Job(program="torch_tiles", backward=True)


def test_every_engine_is_timed_whole_and_alone_forward_and_back() -> None:
    jobs = list_jobs(THEIRS, "torch_tiles")
    assert len(jobs) == len(set(jobs)) == 2 * 2 * 2
    assert {job.program for job in jobs} == {"torch_tiles"}


def test_what_has_no_such_part_is_not_asked_for_it() -> None:
    assert {job.part for job in list_jobs(THEIRS, "gsplat")} == {"rasterizer"}
    solids = list_jobs(THEIRS, "nvdiffrast_mesh")
    assert {(job.part, job.formula) for job in solids} == {("whole", "body")}


def test_a_row_of_the_published_says_how_few_frames_were_drawn() -> None:
    row = make_row(THEIRS, {(THEIRS, 1): [Run(120.0, 100.0, 100.0)]}, {})
    assert row["pass"] == "forward + backward (2 of 12 frames, x 6)"
    assert (row["ms"], row["runs"]) == ("100,000", 1)


def test_a_row_of_ours_is_measured_by_the_published() -> None:
    runs = {(MINE, 1): [Run(0.12, 0.1, 0.1)] * 9, (MINE, 2): [Run(0.06, 0.12, 0.08)] * 9}
    row = make_row(MINE, runs, {True: Timing((100.0, 100.0))})
    assert row["times published"] == "1,000 (1,000 to 1,000)"
    assert row["two threads, times one"] == "2.00 (2.00 to 2.00)"
    assert row["two free cores, times one"] == "1.25"
    assert (row["ms"], row["by the clock"]) == ("100", "120")


def test_a_part_is_not_measured_by_the_whole() -> None:
    part = replace(MINE, part="rasterizer")
    row = make_row(part, {(part, 1): [Run(0.1, 0.1, 0.1)] * 9}, {True: Timing((100.0,))})
    assert row["times published"] == row["two threads, times one"] == ""


def test_the_second_table_lies_beside_the_first() -> None:
    assert name_memory_file("out/speed.json") == "out/speed-memory.json"
    assert name_memory_file(None) is None
    assert "torch" in describe_versions()


def test_a_gpu_is_measured_by_the_clock() -> None:
    runs = [Run(wall=0.2, core=0.1, caller=0.1)]
    assert make_timing(MINE, runs).median == 0.1
    assert make_timing(replace(MINE, device="cuda"), runs).median == 0.2
