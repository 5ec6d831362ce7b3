from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path

import numpy as np
import pytest

from skeletonllm.errors import ReleaseError, SchemaError, StateError, UsageError
from skeletonllm.shards import Sample
from skeletonllm.stream.stream import Stream
from skeletonllm.views.view import View

Batch = list[Sample]


def ids(batches: list[Batch]) -> list[str]:
    return [s.clip.clip_id for batch in batches for s in batch if s.weight]


def assert_equal(ours: list[Batch], theirs: list[Batch]) -> None:
    assert len(ours) == len(theirs) > 0
    for one, other in zip(chain(*ours), chain(*theirs), strict=True):
        assert (one.clip.clip_id, one.weight) == (other.clip.clip_id, other.weight)
        assert (one.negatives, one.rationales) == (other.negatives, other.rationales)
        np.testing.assert_array_equal(one.motion.joints, other.motion.joints)
        np.testing.assert_array_equal(one.motion.confidence, other.motion.confidence)


@pytest.mark.parametrize("rank", [0, 1])
def test_resume_is_exact_across_an_epoch_boundary(folder: Path, rank: int) -> None:
    """As torchtitan does: draw 40 batches, save, rebuild, compare the next 8."""
    world = {"batch_size": 3, "rank": rank, "world_size": 2, "seed": 4}
    stream = Stream(str(folder), View(), **world)
    batches = iter(stream)
    drawn = list(islice(batches, 40))
    saved = json.loads(json.dumps(stream.state()))
    assert saved["epoch"] == 40 // stream.steps_per_epoch == 4
    resumed = Stream(str(folder), View(), **world, state=saved)
    assert_equal(list(islice(batches, 8)), list(islice(resumed, 8)))
    assert stream.state() == resumed.state()
    assert resumed.state()["epoch"] == 5  # the eight crossed into the next epoch
    assert len(drawn[0]) == 3


def test_all_ranks_together_see_every_sample_once_an_epoch_and_make_equal_steps(
    folder: Path, make_clip
) -> None:
    streams = [Stream(str(folder), View(), batch_size=3, rank=r, world_size=4) for r in range(4)]
    drawn = [list(islice(s, s.steps_per_epoch)) for s in streams]
    assert {len(batches) for batches in drawn} == {5}
    everyone = ids([batch for batches in drawn for batch in batches])
    assert sorted(everyone) == [make_clip(i).clip_id for i in range(50)]
    weights = [s.weight for batches in drawn for batch in batches for s in batch]
    assert Counter(weights) == {1.0: 50, 0.0: 10}  # 5 steps of 12 slots for 50 samples
    assert len({json.dumps(s.state()) for s in streams}) == 1


def test_the_global_order_does_not_depend_on_the_number_of_ranks(folder: Path) -> None:
    def line(world: int, batch_size: int) -> list[str]:
        streams = [
            Stream(str(folder), View(), batch_size=batch_size, rank=r, world_size=world)
            for r in range(world)
        ]
        drawn = [chain(*islice(s, s.steps_per_epoch)) for s in streams]
        slots = [sample for together in zip(*drawn, strict=True) for sample in together]
        return [s.clip.clip_id for s in slots if s.weight]

    assert line(1, 12) == line(3, 4) == line(2, 5)


@pytest.mark.parametrize(("before", "after"), [(2, 3), (3, 2), (2, 1)])
def test_elastic_resume_gives_the_rest_of_the_epoch_exactly_once(
    folder: Path, make_clip, before: int, after: int
) -> None:
    given: list[str] = []
    for rank in range(before):
        stream = Stream(str(folder), View(), batch_size=4, rank=rank, world_size=before)
        given += ids(list(islice(stream, 2)))
    state = stream.state()
    assert state["position"] == 2 * 4 * before
    steps = -(-(50 - state["position"]) // (4 * after))
    for rank in range(after):
        resumed = Stream(
            str(folder), View(), batch_size=4, rank=rank, world_size=after, state=state
        )
        given += ids(list(islice(resumed, steps)))
        assert (resumed.state()["epoch"], resumed.state()["position"]) == (1, 0)
    assert sorted(given) == [make_clip(i).clip_id for i in range(50)]


def test_what_was_read_ahead_does_not_count(folder: Path) -> None:
    stream = Stream(str(folder), View(), batch_size=5)
    assert stream.state()["position"] == 0
    batches = iter(stream)
    first, second = next(batches), next(batches)
    assert stream.state()["position"] == 10
    fresh = list(islice(Stream(str(folder), View(), batch_size=5), 3))
    assert_equal([first, second], fresh[:2])
    assert_equal([next(iter(stream))], fresh[2:])  # a second iteration goes on where it is


def test_epochs_and_seeds_differ(folder: Path) -> None:
    def epochs(seed: int) -> list[list[str]]:
        stream = Stream(str(folder), View(), batch_size=10, seed=seed)
        drawn = list(islice(stream, 10))
        return [ids(drawn[:5]), ids(drawn[5:])]

    (one, two), (other, _) = epochs(0), epochs(1)
    assert sorted(one) == sorted(two) == sorted(other)
    assert one != two != other != one


def test_a_state_of_something_else_is_refused_with_both_values(folder: Path) -> None:
    state = Stream(str(folder), View(), batch_size=2, seed=1).state()
    with pytest.raises(StateError, match=r"belongs to seed 1; expected 2\. Resume with"):
        Stream(str(folder), View(), batch_size=2, seed=2, state=state)
    view = View(unseen=("kick",))
    with pytest.raises(StateError, match=f"view '{View().sha256}'; expected '{view.sha256}'"):
        Stream(str(folder), view, batch_size=2, seed=1, state=state)
    for name in ("release", "version"):
        with pytest.raises(StateError, match=f"belongs to {name} 'x'"):
            Stream(str(folder), View(), batch_size=2, seed=1, state={**state, name: "x"})


def test_nothing_streamed_names_an_unseen_class(folder: Path) -> None:
    view = View(unseen=("kick", "the arm"))
    stream = Stream(str(folder), view, batch_size=10, allow_all=True)
    batches = list(islice(stream, stream.steps_per_epoch))
    samples = list(chain(*batches))
    assert len(samples) == len(stream) == 40
    assert not [s for s in samples if s.label == "kick" or "kick" in s.negatives or s.rationales]
    assert "kick" not in stream.candidates["lab"]
    assert stream.left_out.rationales == 40  # every one says "the arm"


def test_a_corrupt_sample_becomes_a_slot_of_weight_zero(
    tmp_path: Path, make_clip, make_folder, caplog
) -> None:
    make_folder(str(tmp_path), [make_clip(i) for i in range(6)], 3)
    shard = tmp_path / "tars/shard-000001.tar"
    damaged = bytearray(shard.read_bytes())
    damaged[600:700] = bytes(100)
    shard.write_bytes(damaged)
    stream = Stream(str(tmp_path), View(), batch_size=6)
    (batch,) = islice(stream, 1)
    (lost,) = [s for s in batch if not s.weight]
    assert lost.clip.clip_id == make_clip(3).clip_id
    assert (lost.label, lost.motion.num_frames) == (make_clip(3).label, 1)
    assert not lost.motion.observed.any()
    assert stream.unreadable == 1
    assert "a damaged sample is given out with weight 0" in caplog.text


def test_a_sample_of_nobody_becomes_a_slot_of_weight_zero(
    tmp_path: Path, make_clip, make_folder, caplog
) -> None:
    """Older releases may hold one; a renderer refuses it, and the step with it."""
    clips = [make_clip(i) for i in range(3)]
    motion = clips[1].motion
    hidden = replace(motion, confidence=motion.confidence * 0)
    make_folder(str(tmp_path), [clips[0], replace(clips[1], motion=hidden), clips[2]], 3)
    stream = Stream(str(tmp_path), View(), batch_size=3)
    (batch,) = islice(stream, 1)
    assert [s.clip.clip_id for s in batch if not s.weight] == [clips[1].clip_id]
    assert stream.unreadable == 1
    assert "no joint is observed in any frame" in caplog.text


def test_a_tar_that_is_gone_ends_the_run(tmp_path: Path, make_clip, make_folder) -> None:
    """Weight 0 for every one of its samples would be training on less without a word."""
    make_folder(str(tmp_path), [make_clip(i) for i in range(6)], 3)
    (tmp_path / "tars/shard-000001.tar").unlink()
    with pytest.raises(UsageError, match=r"shard-000001\.tar: the index names a tar that does not"):
        next(iter(Stream(str(tmp_path), View(), batch_size=6)))


def test_impossible_numbers_and_unfinished_folders_are_refused(
    folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="batch_size 0, rank 0 of 1"):
        Stream(str(folder), View(), batch_size=0)
    with pytest.raises(UsageError, match="rank 2 of 2"):
        Stream(str(folder), View(), batch_size=1, rank=2, world_size=2)
    with pytest.raises(UsageError, match="no clip of the release is in the view"):
        Stream(str(folder), View(labels=("dance",)), batch_size=1)
    (tmp_path / "index").symlink_to(folder / "index")
    with pytest.raises(ReleaseError, match=r"no manifest\.json\. Give the folder of a release"):
        Stream(str(tmp_path), View(), batch_size=1)


def test_samples_of_another_major_version_end_the_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = Stream(str(folder), View(), batch_size=5)
    monkeypatch.setattr("skeletonllm.shards.codec.VERSION", "3.0.0")
    with pytest.raises(SchemaError, match=r"version 2\.0\.0 of a sample; expected 3\.0\.0"):
        next(iter(stream))
    assert stream.unreadable == 0
