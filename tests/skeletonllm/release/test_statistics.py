from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from schemas import REJECT
from skeletonllm.release.statistics import (
    COUNTED,
    MissingJoints,
    SourceHashes,
    Statistics,
    summarize_clips,
)
from skeletonllm.shards import read_index
from skeletonllm.storage import iter_tables, read_json


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


def test_what_is_counted_part_by_part_is_what_is_counted_at_once(stages) -> None:
    rows = pa.concat_tables([t for _, t in iter_tables(stages["rationales_dir"] + "/parts")])
    rejects = REJECT.arrow.empty_table()
    none = COUNTED.empty_table()
    whole = summarize_clips(none, MissingJoints(), rows, rejects)
    parts = Statistics()
    for start in range(len(rows)):
        parts.add_rationales(rows.slice(start, 1))
    assert parts.to_json() == whole
    assert whole["rationales"]["count"] == 8


def test_source_hashes_are_over_all_sources_whatever_their_order() -> None:
    digests = np.random.default_rng(0).integers(0, 256, (9000, 32), dtype=np.uint8)
    digests[0, 31] = 0  # which a text would lose
    lines = "\n".join(sorted(bytes(row).hex() for row in digests))
    expected = hashlib.sha256(lines.encode()).hexdigest()
    corpora = pa.chunked_array([["a"] * 9000])
    sources = SourceHashes()
    sources.add(corpora, digests[::-1].copy())
    sources.add(corpora.slice(0, 10), digests[:10])
    assert sources.to_json() == {"a": {"files": 9000, "sha256": expected}}
