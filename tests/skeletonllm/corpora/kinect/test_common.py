"""What all readers of Kinect corpora must do alike: names, contract, damage, other corpora."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from skeletonllm.corpora import check_reader, get_reader, read_clips
from skeletonllm.corpora.kinect.common import named_sources, stem, tracked_confidence
from skeletonllm.corpora.toolkit.untrimmed import Segment
from skeletonllm.errors import REJECT_CODES, SourceError, UsageError
from skeletonllm.synthesis import kinect_writers as writers
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.memory_files import read_in_memory
from skeletonllm.topology import KINECT_V1, KINECT_V2, SBU_15

ONE = synthesize("hand waving", topology=KINECT_V1, seed=3)
V2 = synthesize("shaking hands", topology=KINECT_V2, seed=3)
PAIR = synthesize("shaking hands", topology=SBU_15, seed=3)

Files = dict[str, str | bytes]

CORPORA: dict[str, Callable[[], Files]] = {
    "msr_action3d": lambda: {"a01_s02_e03_skeleton3D.txt": writers.format_msr_action3d(ONE)},
    "msr_daily": lambda: {
        "a01_s02_e01_skeleton_proj.txt": writers.format_msr_daily_table(ONE),
        "a01_s02_e02_skeleton.txt": writers.format_msr_daily_published(ONE),
    },
    "msrc12": lambda: {"P1_1_6A_p07.csv": writers.format_msrc12(ONE)},
    "pku_mmd": lambda: {
        "Data/PKU_Skeleton_Renew/0002-L.txt": writers.format_pku_mmd(V2),
        "Label/Train_Label_PKU_final/0002-L.txt": writers.format_pku_labels(
            [Segment(2, 20, 14), Segment(25, 40, 51)]
        ),
    },
    "sbu_kinect": lambda: {"s01s02/05/001/skeleton_pos.txt": writers.format_sbu(PAIR)},
    "utd_mhad": lambda: {"a3_s1_t2_skeleton.mat": writers.encode_utd_mhad(ONE)},
    "utkinect": lambda: {
        "joints/joints_s01_e02.txt": writers.format_utkinect(
            ONE, range(100, 100 + 4 * ONE.num_frames, 4)
        ),
        "actionLabel.txt": writers.format_utkinect_labels(
            "s01_e02", [Segment(104, 160, 1), Segment(164, 200, 9)]
        ),
    },
}


def lay_out(folder: Path, corpus: str) -> str:
    for name, content in CORPORA[corpus]().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(folder)


@pytest.mark.parametrize("corpus", [*CORPORA, "pku_mmd_background", "utkinect_background"])
def test_the_contract_holds(corpus: str, tmp_path: Path) -> None:
    root = lay_out(tmp_path / "corpus", corpus.removesuffix("_background"))
    reader = get_reader(corpus)
    assert check_reader(reader, root) == []
    clips = [clip for source in reader.sources(root) for clip in read_clips(reader, source)[0]]
    assert clips
    assert all(clip.label or "background" in clip.flags for clip in clips)


@pytest.mark.parametrize("corpus", CORPORA)
def test_a_mutated_file_is_read_or_refused_with_a_code(corpus: str) -> None:
    name, content = next(iter(CORPORA[corpus]().items()))
    whole = content.encode() if isinstance(content, str) else content
    reader, rng = get_reader(corpus), random.Random(11)
    outcomes = set()
    for _ in range(60):
        clips, rejects = read_in_memory(reader, mutate(whole, rng), name, strict=True)
        assert clips or rejects
        assert {reject.code for reject in rejects} <= set(REJECT_CODES)
        outcomes.add(bool(clips))
    assert False in outcomes


def mutate(data: bytes, rng: random.Random) -> bytes:
    """Flip, cut, splice or stretch."""
    a, b = sorted(rng.randrange(len(data)) for _ in range(2))
    how = rng.randrange(5)
    if how == 0:
        flipped = bytearray(data)
        for _ in range(rng.randrange(1, 9)):
            flipped[rng.randrange(len(data))] = rng.randrange(256)
        return bytes(flipped)
    if how == 1:
        return data[: max(a, 1)]
    if how == 2:
        return data[:a] + data[b:]
    if how == 3:
        return data[:b] + data[a:]
    huge = rng.choice([b"-1", b"99999999999", b"1e999", b"nan", b"\xff\xfe", b"\x00" * 50])
    return data[:a] + huge + data[a:]


@pytest.mark.parametrize("corpus", CORPORA)
def test_files_of_the_others_are_refused(corpus: str) -> None:
    name = next(iter(CORPORA[corpus]()))
    for other in CORPORA.keys() - {corpus}:
        content = next(iter(CORPORA[other]().values()))
        clips, rejects = read_in_memory(get_reader(corpus), content, name)
        assert clips == [], other
        assert {reject.code for reject in rejects} <= {"format", "encoding"}, other


def test_only_files_that_bear_the_name_are_listed(tmp_path: Path) -> None:
    for name in ("x1.txt", "b/x2.txt", "readme.txt", "b/x1.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("1")
    (tmp_path / "x3.txt").mkdir()
    found = named_sources(
        str(tmp_path), ".txt", lambda uri: stem(uri) if stem(uri).startswith("x") else None
    )
    assert [(s.source_id, s.fault) for s in found] == [
        ("x1", ""),
        ("x1", "duplicate_id"),
        ("x2", ""),
        ("x3", "not_a_file"),
    ]
    with pytest.raises(UsageError, match="no .txt file that is named as this corpus"):
        named_sources(str(tmp_path), ".txt", {}.get)


def test_ids_of_its_own_undo_duplicates_by_name(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "pos.txt").write_text("1")
    found = named_sources(str(tmp_path), "pos.txt", lambda uri: uri.split("/")[-2])
    assert [(s.source_id, s.fault) for s in found] == [("a", ""), ("b", "")]


def test_placed_joints_are_inferred_and_zeros_are_missing() -> None:
    joints = np.array([[0.0, 0, 0], [0, 0, 0], [0, 0, 2], [0, 0, 2], [0, 0, 2]])
    confidence = tracked_confidence(joints, np.array([0, 1, 0, 0.5, 1]))
    assert confidence.tolist() == [0, 1, 0.5, 0.75, 1]
    for bad in (-0.1, 1.1, np.nan):
        with pytest.raises(SourceError, match=f"a confidence of {bad:g}; expected 0 to 1"):
            tracked_confidence(joints[:1], np.array([bad]))
