from __future__ import annotations

from pathlib import Path

import pytest

from skeletonllm.testing import processes
from skeletonllm.testing.processes import kill_job, read_folder


def test_a_folder_is_compared_by_the_bytes_of_all_its_files(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c.txt").write_bytes(b"1")
    assert read_folder(tmp_path) == {"a/b/c.txt": b"1"}


@pytest.fixture
def sleeper(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Stands for a job: says that it has begun, works for a while, and says that it has ended."""
    begun = tmp_path / "begun"
    script = f"touch {begun}; sleep 20; touch {tmp_path / 'ended'}"
    monkeypatch.setattr(processes, "make_command", lambda *_: ["sh", "-c", script])
    return begun


def test_a_job_is_killed_at_its_moment(sleeper: Path) -> None:
    assert kill_job("normalize", when=sleeper.exists)
    assert not (sleeper.parent / "ended").exists()


def test_a_job_that_has_ended_was_not_met_at_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "make_command", lambda *_: ["true"])
    assert not kill_job("normalize", when=lambda: False)
