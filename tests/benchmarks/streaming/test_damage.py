from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.streaming.damage import digest_epoch, judge, try_faults
from skeletonllm.stream.reader import SampleReader
from skeletonllm.testing.releases import write_release


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_release(str(tmp_path_factory.mktemp("damage") / "release"), per_action=2)


def test_no_damage_passes_in_silence_and_none_escapes(folder: str) -> None:
    counts = try_faults(folder, 300, seed=1)
    outcomes = {outcome for _, _, outcome in counts}
    assert outcomes <= {"refused", "told", "harmless"}
    assert {"refused", "told"} <= outcomes
    assert judge(folder, digest_epoch(folder)) == "harmless"  # it is whole again


def test_the_judge_sees_what_an_unchecked_stream_would_let_pass(
    folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    truth = digest_epoch(folder)
    (tar,) = Path(folder).rglob("*.tar")
    whole = tar.read_bytes()
    damaged = bytearray(whole)
    damaged[whole.index(b'"label":"') + 10] ^= 1

    def read_unchecked(self: SampleReader, row: int) -> bytes:
        known = self.catalogue
        start, size = int(known.offset[row]), int(known.size[row])
        return tar.read_bytes()[start : start + size]

    try:
        tar.write_bytes(damaged)
        assert judge(folder, truth) == "told"
        monkeypatch.setattr(SampleReader, "_read_checked", read_unchecked)
        assert judge(folder, truth) == "silent"
    finally:
        tar.write_bytes(whole)
