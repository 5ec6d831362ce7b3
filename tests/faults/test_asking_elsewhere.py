"""A teacher is asked from a cluster of two nodes, and all that it says is kept in an S3."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from skeletonllm.synthesis import synthesize
from skeletonllm.testing.clips import make_clip
from skeletonllm.testing.fake_endpoint import FakeEndpoint, read_journal
from skeletonllm.testing.processes import kill_job, read_folder, run_job
from skeletonllm.testing.stage_folders import write_clips_folder
from tests.faults.road import PLACE, Scene

pytestmark = [pytest.mark.ray, pytest.mark.slow, pytest.mark.timeout(1800)]

CLIPS, CONCURRENCY = 12, 2
LATENCY_S = 0.3


def test_an_asker_in_an_s3_that_is_killed_leaves_the_same_bytes_and_pays_once(
    scene: Scene, tmp_path: Path
) -> None:
    scene.flag.touch()  # nobody freezes here
    log = tmp_path / "server.log"
    with FakeEndpoint(latency_s=LATENCY_S, log=log) as server:
        here = make_command(write_clips(tmp_path), str(tmp_path / "asked"), server.base_url)
        there = make_command(here[2], scene.bucket.place(f"{PLACE}/asked"), server.base_url)
        met = kill_job(*there, when=lambda: scene.see("asked-answers", "work/cache/"))
        assert met, "it was done before the kill"
        done = run_job(*there)
        assert done.returncode == 0, done.stderr
        asked = Counter(e["sha256"] for e in read_journal(log) if e["event"] == "arrive")
        assert len(asked) >= CLIPS  # some clips are asked about again, with what was measured
        assert asked.total() <= len(asked) + CONCURRENCY  # only what was in flight comes twice
        assert run_job(*here).returncode == 0
    left = scene.bucket.read(f"{PLACE}/")
    made = {name: data for name, data in left.items() if name.startswith("asked")}
    assert keep_parts(made) == keep_parts(read_folder(tmp_path))


def write_clips(folder: Path) -> str:
    """A folder of short clips in one part."""
    made = [
        make_clip(
            synthesize("hand waving", subject=number, seed=number, fps=5),
            clip_id=f"lab/{number:02d}",
            source_uri=f"lab/{number:02d}.txt",
            label="hand waving",
            label_id=0,
            label_namespace="lab",
        )
        for number in range(CLIPS)
    ]
    return write_clips_folder(str(folder / "clips"), made)


def make_command(clips: str, output: str, base_url: str) -> list[str]:
    """What is typed to let a teacher explain clips.

    Args:
        clips: Their folder.
        output: Of the rationales; the answers come beside it.
        base_url: Of the teacher.
    """
    what = ["build-rationales", "--clips", clips, "--output", output, "--teacher", "openai"]
    asked = ["--model", "gpt-4o", "--base-url", base_url, "--max-usd", "1000"]
    return [*what, *asked, "--concurrency", str(CONCURRENCY), "--frames", "2", "--size", "56"]


def keep_parts(files: dict[str, bytes]) -> dict[str, bytes]:
    """Parts and rejects: all that does not tell how often somebody was killed."""
    return {
        name: data
        for name, data in files.items()
        if name.startswith("asked") and name.endswith(".parquet")
    }
