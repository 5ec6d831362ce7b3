from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from skeletonllm.testing.stage_folders import write_clips_folder
from skeletonllm.viewer.served import clips
from tests.skeletonllm.release.conftest import clip as make_clip


def test_of_many_who_want_one_part_one_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [make_clip("alpha", number, licence="mit") for number in range(5)]
    shelf = clips.open_clips(write_clips_folder(str(tmp_path / "clips"), made))
    read, asked = clips.read_table, list[str]()

    def read_slowly(url: str, **given: Any) -> Any:
        asked.append(url)
        time.sleep(0.1)
        return read(url, **given)

    monkeypatch.setattr(clips, "read_table", read_slowly)
    with ThreadPoolExecutor(10) as threads:
        entries = list(threads.map(shelf.read, [*range(5)] * 2))
    assert len(asked) == 1
    found = [entry.clip.clip_id for entry in entries if entry.clip is not None]
    assert found == [clip.clip_id for clip in made] * 2
