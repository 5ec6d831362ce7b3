from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skeletonllm.clip import clips_from_table, clips_to_table
from skeletonllm.errors import ReleaseError
from skeletonllm.release.statistics import check_same_clips, read_facts
from skeletonllm.shards import read_index
from skeletonllm.storage import iter_tables, read_json, write_table


def test_the_numbers_are_those_of_the_clips(pristine: Path) -> None:
    numbers = read_json(str(pristine / "statistics.json"))
    assert numbers["clips"] == 11
    assert numbers["corpora"] == {"alpha": 8, "beta": 3}
    assert numbers["labels"] == {"toy": {"hand waving": 4, "jump up": 4, "sit down": 3}}
    assert numbers["splits"]["subject"] == {"S0": 3, "S1": 3, "S2": 3, "S3": 2}
    assert numbers["splits"]["camera"] == {}
    assert numbers["persons"] == {"1": 11}
    assert numbers["captions"] == 5
    assert numbers["flags"] == {"filled_gaps": 2}
    assert numbers["rejects"] == {"normalize: empty": 2}
    assert numbers["rationales"]["verdicts"] == {"true": 8}
    assert numbers["rationales"]["usd"] == 2.0
    assert numbers["rationales"]["grounded"]["min"] == 0.3


def test_lengths_add_up(pristine: Path, stages) -> None:
    numbers = read_json(str(pristine / "statistics.json"))
    frames = read_index(str(pristine)).column("num_frames").to_pylist()
    assert numbers["frames"]["total"] == sum(frames)
    assert numbers["frames"]["median"] == np.median(frames)
    assert numbers["seconds"]["total"] == pytest.approx(sum(frames) / 30, abs=1e-3)


def test_missing_joints_are_counted_where_a_person_is_present(tmp_path: Path, stages) -> None:
    (_, table), *_ = iter_tables(stages["clips_dirs"][0] + "/parts")
    clip = clips_from_table(table)[0]
    clip.motion.confidence[:5, 0, 3] = 0
    clip.motion.confidence[0] = 0
    clip.motion.present[0] = False  # absent: nothing of it is missing
    write_table(str(tmp_path / "parts" / "part-00000.parquet"), clips_to_table([clip]))
    (facts,) = read_facts([str(tmp_path)])
    assert facts.slots == clip.motion.num_frames - 1
    assert facts.missing.tolist() == [4 if j == 3 else 0 for j in range(25)]


def test_clips_on_one_side_only_are_named(stages) -> None:
    index = read_index(stages["shards_dir"])
    facts = read_facts(stages["clips_dirs"])
    assert check_same_clips(index, facts) == facts
    with pytest.raises(ReleaseError, match=r"clips only in clip folders: \['alpha/000'\]"):
        check_same_clips(index.slice(1), facts)
    with pytest.raises(ReleaseError, match=r"clips only in shards: \['beta/002'\]"):
        check_same_clips(index, facts[:-1])


def test_clips_that_the_shards_rejected_are_not_counted(stages) -> None:
    index = read_index(stages["shards_dir"])
    facts = read_facts(stages["clips_dirs"])
    assert check_same_clips(index.slice(2), facts, left_out=2) == facts[2:]
    with pytest.raises(ReleaseError, match="the same clips in both, but for 1 rejects"):
        check_same_clips(index.slice(2), facts, left_out=1)
