"""The verify job as a user meets it: lines and exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs import verify
from jobs.common import run_job
from skeletonllm.release.verify import Verification

INSPECT = "skeletonllm.release.verify.inspect_release"
LEAK = "nw_ucla/xview: 95 motions in both parts"


def run(*words: str) -> int:
    return run_job(verify.main, verify.Flags, list(words))


def test_nothing_there_is_a_wrong_request(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(str(tmp_path)) == 2
    assert "no manifest.json" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("found", "words", "code", "lines"),
    [
        (Verification((), (), 7), (), 0, ["verified: r, 7 samples"]),
        (Verification((), (), 7), ("--strict",), 0, ["verified: r, 7 samples"]),
        (Verification((), (LEAK,), 7), (), 0, [f"found: {LEAK}", "verified: r, 7 samples"]),
        (Verification((), (LEAK,), 7), ("--strict",), 1, [f"found: {LEAK}", "verified: r, 7 sa"]),
        (Verification(("a",), (LEAK,), 7), (), 1, ["fault: a", f"found: {LEAK}"]),
    ],
)
def test_faults_and_findings_have_lines_and_codes(
    found: Verification,
    words: tuple[str, ...],
    code: int,
    lines: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(INSPECT, lambda release, _: asked.append(release) or found)
    assert run("r", "-w", "1", *words) == code
    printed = capsys.readouterr().out.splitlines()
    assert [Path(release).name for release in asked] == ["r"]
    assert len(printed) == len(lines)
    assert all(a.startswith(b) for a, b in zip(printed, lines, strict=True))


@pytest.mark.ray
@pytest.mark.parametrize(
    ("samples", "workers", "on_ray"),
    [(5, 0, False), (50_000, 0, True), (5, 2, True), (0, 1, False)],
)
def test_a_large_release_is_read_on_ray(
    samples: int,
    workers: int,
    on_ray: bool,
    monkeypatch: pytest.MonkeyPatch,
    local_ray: None,
) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setattr("skeletonllm.release.verify.count_stated", lambda _: samples)
    runs: list[object] = []
    nothing = Verification((), (), 0)
    monkeypatch.setattr(INSPECT, lambda _, how: runs.append(how) or nothing)
    assert run("r", "-w", str(workers)) == 0
    assert [how is not map for how in runs] == [on_ray]
