"""The example keeps the contract it teaches, and the job takes it by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from examples.own_corpus import CsvReader
from skeletonllm.corpora import check_reader, get_reader, read_clips
from skeletonllm.errors import UsageError
from skeletonllm.synthesis import synthesize
from skeletonllm.topology import KINECT_V1


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for i, (action, label) in enumerate([("hand waving", "wave"), ("squat down", "squat")]):
        motion = synthesize(action, topology=KINECT_V1, seed=i)
        header = ",".join(f"{j}_{axis}" for j in KINECT_V1.joints for axis in "xyz")
        rows = motion.joints.reshape(motion.num_frames, 60)
        np.savetxt(tmp_path / f"{label}_{i}.csv", rows, delimiter=",", header=header, comments="")
    return tmp_path


def test_it_keeps_the_contract(folder: Path) -> None:
    assert check_reader(CsvReader(), str(folder)) == []


def test_it_is_found_by_name_and_reads(folder: Path) -> None:
    reader = get_reader("examples.own_corpus:CsvReader")
    clips = [clip for s in reader.sources(str(folder)) for clip in read_clips(reader, s)[0]]
    assert [clip.clip_id for clip in clips] == ["lab/squat_1", "lab/wave_0"]
    assert [clip.label_id for clip in clips] == [1, 0]


def test_what_is_no_reader_is_said() -> None:
    with pytest.raises(UsageError, match="no reader at 'examples.nosuch:X'"):
        get_reader("examples.nosuch:X")
    with pytest.raises(UsageError, match="'pathlib:Path' is no Reader. See examples/own_corpus"):
        get_reader("pathlib:Path")


def test_it_is_as_short_as_promised() -> None:
    text = (Path(__file__).resolve().parents[2] / "examples" / "own_corpus.py").read_text()
    assert len(text.splitlines()) < 40
