from __future__ import annotations

import json
import pickle
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torch.utils.data import DataLoader

from skeletonllm.errors import ReleaseError, SchemaError, StateError, UsageError
from skeletonllm.shards.manifest import read_manifest
from skeletonllm.stream.batch import Batch
from skeletonllm.stream.part import Part
from skeletonllm.stream.stream import Stream
from skeletonllm.views.view import View


def ids(batches: list[Batch]) -> list[str]:
    return [s.clip.clip_id for batch in batches for s in batch if s.weight]


def without_end(stream: Stream) -> Iterator[Batch]:
    while True:
        yield from stream


def assert_equal(ours: list[Batch], theirs: list[Batch]) -> None:
    assert len(ours) == len(theirs) > 0
    for one, other in zip(chain(*ours), chain(*theirs), strict=True):
        assert (one.clip.clip_id, one.weight) == (other.clip.clip_id, other.weight)
        assert (one.negatives, one.rationales) == (other.negatives, other.rationales)
        np.testing.assert_array_equal(one.motion.joints, other.motion.joints)
        np.testing.assert_array_equal(one.motion.confidence, other.motion.confidence)


@pytest.mark.parametrize("rank", [0, 1])
def test_resume_is_exact_across_an_epoch_boundary(folder: Path, rank: int) -> None:
    """As torchtitan does: draw 40 batches, save, rebuild, compare the next 64."""
    world: dict[str, Any] = {"batch_size": 3, "rank": rank, "world_size": 2, "seed": 4}
    stream = Stream(str(folder), View(), **world)
    batches = without_end(stream)
    drawn = list(islice(batches, 40))
    saved = json.loads(json.dumps(stream.state()))
    assert saved["epoch"] == 40 // stream.steps_per_epoch == 4
    resumed = Stream(str(folder), View(), **world, state=saved)
    assert_equal(list(islice(batches, 64)), list(islice(without_end(resumed), 64)))
    assert stream.state() == resumed.state()
    assert len(drawn[0]) == 3


def test_an_iteration_is_the_rest_of_an_epoch_and_the_next_one_follows(
    folder: Path, make_clip
) -> None:
    stream = Stream(str(folder), View(), batch_size=8)
    assert (len(stream), stream.steps_per_epoch, stream.num_samples) == (7, 7, 50)
    first = list(islice(stream, 2))
    assert len(stream) == 5
    rest = list(stream)
    assert (len(rest), stream.state()["epoch"], len(stream)) == (5, 1, 7)
    everyone = [make_clip(i).clip_id for i in range(50)]
    assert sorted(ids(first + rest)) == everyone
    again = list(stream)
    assert sorted(ids(again)) == everyone
    assert ids(again) != ids(first + rest)


def test_all_ranks_together_see_every_sample_once_an_epoch_and_make_equal_steps(
    folder: Path, make_clip
) -> None:
    streams = [Stream(str(folder), View(), batch_size=3, rank=r, world_size=4) for r in range(4)]
    drawn = [list(s) for s in streams]
    assert {len(batches) for batches in drawn} == {5}
    everyone = ids([batch for batches in drawn for batch in batches])
    assert sorted(everyone) == [make_clip(i).clip_id for i in range(50)]
    weights = [s.weight for batches in drawn for batch in batches for s in batch]
    assert Counter(weights) == {1.0: 50, 0.0: 10}  # 5 steps of 12 slots for 50 samples
    assert len({json.dumps(s.state()) for s in streams}) == 1


def test_what_a_global_step_gives_does_not_depend_on_the_number_of_ranks(folder: Path) -> None:
    def line(world: int, batch_size: int) -> list[list[str]]:
        drawn = [
            list(Stream(str(folder), View(), batch_size=batch_size, rank=r, world_size=world))
            for r in range(world)
        ]
        return [sorted(ids(list(together))) for together in zip(*drawn, strict=True)]

    assert line(1, 12) == line(3, 4) == line(2, 6)


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
    for rank in range(after):
        resumed = Stream(
            str(folder), View(), batch_size=4, rank=rank, world_size=after, state=state
        )
        given += ids(list(resumed))
        assert (resumed.state()["epoch"], resumed.state()["position"]) == (1, 0)
    assert sorted(given) == [make_clip(i).clip_id for i in range(50)]


# Three workers on a machine of two cores, says torch, may be slow.
@pytest.mark.filterwarnings("ignore:This DataLoader will create:UserWarning")
@pytest.mark.parametrize("workers", [0, 1, 3])
def test_a_plain_loader_gives_each_sample_once_and_in_order(folder: Path, workers: int) -> None:
    stream = Stream(str(folder), View(), batch_size=4)
    alone = list(Stream(str(folder), View(), batch_size=4))
    loader = DataLoader(stream, batch_size=None, num_workers=workers)
    assert len(loader) == len(alone) == 13
    assert_equal(list(loader), alone)


@pytest.mark.parametrize("workers", [0, 2])
def test_what_a_loader_gives_out_is_counted_in_the_main_process(folder: Path, workers: int) -> None:
    stream = Stream(str(folder), View(unseen=("kick",)), batch_size=4, allow_all=True)
    loader = DataLoader(stream, batch_size=None, num_workers=workers)
    drawn = list(islice(stream.counted(loader), 3))
    assert stream.state() == drawn[-1].state
    assert stream.state()["position"] == 12
    drawn += list(stream.counted(loader))
    whole = Stream(str(folder), View(unseen=("kick",)), batch_size=4, allow_all=True)
    assert_equal(drawn, list(whole))
    assert stream.state() == whole.state()
    assert stream.left_out == whole.left_out


def test_a_stream_that_was_pickled_goes_on_where_it_was(folder: Path) -> None:
    """As a loader's workers get it where processes are spawned."""
    stream = Stream(str(folder), View(unseen=("kick",)), batch_size=4, allow_all=True)
    next(iter(stream))
    copy = pickle.loads(pickle.dumps(stream))
    assert_equal(list(copy), list(stream))


@pytest.mark.parametrize("ahead", [0, 1, 5])
def test_how_much_is_read_ahead_changes_nothing(folder: Path, ahead: int) -> None:
    usual = Stream(str(folder), View(), batch_size=4)
    assert_equal(list(Stream(str(folder), View(), batch_size=4, ahead=ahead)), list(usual))


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
        return [ids(list(stream)), ids(list(stream))]

    (one, two), (other, _) = epochs(0), epochs(1)
    assert sorted(one) == sorted(two) == sorted(other)
    assert one != two != other != one


def test_a_state_of_something_else_is_refused_with_both_names(folder: Path) -> None:
    state = Stream(str(folder), View(), batch_size=2, seed=1, name="lab/all").state()
    with pytest.raises(StateError, match=r"belongs to seed 1; expected 2\. Resume with"):
        Stream(str(folder), View(), batch_size=2, seed=2, state=state)
    view, short = View(unseen=("kick",)), View().sha256[:12]
    with pytest.raises(StateError, match=rf"view lab/all \({short}\); expected no kick \("):
        Stream(str(folder), view, batch_size=2, seed=1, state=state, name="no kick")
    other = {**state, "release": {"name": "lab", "version": "1.0.0", "sha256": "0" * 64}}
    with pytest.raises(StateError, match=r"release lab 1\.0\.0 \(0{12}\); expected shards \("):
        Stream(str(folder), View(), batch_size=2, seed=1, state=other)
    for given in (-1, "2", 1.5):
        with pytest.raises(StateError, match="batches of a loader's worker, from 0 on"):
            Stream(str(folder), View(), batch_size=2, seed=1, state={**state, "given": given})
    of_worker = Stream(str(folder), View(), batch_size=2, seed=1, state={**state, "given": 2})
    with pytest.raises(StateError, match="the state is that of one worker of a loader"):
        next(iter(of_worker))
    with pytest.raises(StateError, match="position 50; expected 0 to 49"):
        Stream(str(folder), View(), batch_size=2, seed=1, state={**state, "position": 50})


def test_a_state_belongs_to_the_release_wherever_it_lies(folder: Path, tmp_path: Path) -> None:
    stream = Stream(str(folder), View(), batch_size=4)
    state = list(islice(stream, 2))[-1].state
    moved = str(shutil.copytree(folder, tmp_path / "moved"))
    assert_equal(list(Stream(moved + "/", View(), batch_size=4, state=state)), list(stream))


def test_the_state_of_the_release_before_is_taken_when_asked_as_the_end_of_its_epoch(
    tmp_path: Path, make_clip, make_folder
) -> None:
    old, new = str(tmp_path / "old"), str(tmp_path / "new")
    make_folder(old, [make_clip(i) for i in range(6)], 3)
    make_folder(new, [make_clip(i) for i in range(9)], 3)
    parent = {**read_manifest(old).identity.__dict__}
    parent["manifest_sha256"] = parent.pop("sha256")
    manifest = Path(new, "manifest.json")
    data = {**json.loads(manifest.read_text()), "lineage": {"parent": parent}}
    manifest.write_text(json.dumps(data))
    state = next(iter(Stream(old, View(), batch_size=2))).state
    with pytest.raises(StateError, match="belongs to release shards"):
        Stream(new, View(), batch_size=2, state=state)
    stream = Stream(new, View(), batch_size=2, state=state, successor=True)
    assert (stream.state()["epoch"], stream.state()["position"], len(stream)) == (1, 0, 5)
    other = {**state, "release": {**state["release"], "sha256": "0" * 64}}
    with pytest.raises(StateError, match="successor"):
        Stream(new, View(), batch_size=2, state=other, successor=True)


def test_a_mixture_gives_every_sample_as_often_as_its_parts_weigh(folder: Path) -> None:
    parts = [
        Part(view=View(labels=("kick",)), weight=2, name="often"),
        Part(view=View(labels=("wave", "drink")), weight=0.5, name="seldom"),
    ]
    stream = Stream(str(folder), parts, batch_size=6)
    assert stream.num_samples == 10 * 2 + 20 // 2
    batches = list(stream)
    drawn = [
        (part, s.label) for b in batches for part, s in zip(b.parts, b, strict=True) if s.weight
    ]
    assert Counter(part for part, _ in drawn) == {"often": 20, "seldom": 10}
    assert {label for part, label in drawn if part == "seldom"} == {"wave", "drink"}
    counts = Counter(ids(batches))
    assert set(counts.values()) == {1, 2}
    assert stream.candidates == {"lab": ("wave", "kick", "drink")}  # by their numbers
    resumed = Stream(str(folder), parts, batch_size=6, state=batches[1].state)
    assert_equal(list(resumed), batches[2:])
    with pytest.raises(StateError, match="belongs to view often \\+ seldom"):
        Stream(str(folder), parts[:1], batch_size=6, state=batches[1].state)


def test_nothing_streamed_names_an_unseen_class(folder: Path) -> None:
    view = View(unseen=("kick", "the arm rises"))
    stream = Stream(str(folder), view, batch_size=10, allow_all=True)
    samples = list(chain(*stream))
    assert len(samples) == stream.num_samples == 40
    assert not [s for s in samples if s.label == "kick" or "kick" in s.negatives or s.rationales]
    assert "kick" not in stream.candidates["lab"]
    assert stream.left_out.rationales == 40  # every one says that the arm rises


def damage(path: Path, at: int, length: int = 100) -> None:
    data = bytearray(path.read_bytes())
    data[at : at + length] = bytes(length)
    path.write_bytes(data)


def test_a_corrupt_sample_becomes_a_slot_of_weight_zero(
    tmp_path: Path, make_clip, make_folder, caplog
) -> None:
    make_folder(str(tmp_path), [make_clip(i) for i in range(6)], 3)
    damage(tmp_path / "tars/shard-000001.tar", 600)
    stream = Stream(str(tmp_path), View(), batch_size=6)
    (batch,) = stream
    (lost,) = [s for s in batch if not s.weight]
    assert lost.clip.clip_id == make_clip(3).clip_id
    assert (lost.label, lost.motion.num_frames) == (make_clip(3).label, 1)
    assert not lost.motion.observed.any()
    ((known, told),) = stream.damage.found.items()
    assert (known, told.tar) == (lost.clip.clip_id, "shard-000001.tar")
    assert batch.damaged == (told,)
    assert f"a damaged sample is given out with weight 0: {told}" in caplog.text


def test_one_bit_of_a_label_is_damage_and_no_other_label(
    tmp_path: Path, make_clip, make_folder
) -> None:
    """The JSON is still JSON, and would be learned from at full weight."""
    make_folder(str(tmp_path), [make_clip(i) for i in range(3)], 3)
    tar = tmp_path / "tars/shard-000000.tar"
    data = bytearray(tar.read_bytes())
    data[data.index(b'"label":"kick"') + 9] ^= 1
    tar.write_bytes(data)
    (batch,) = Stream(str(tmp_path), View(), batch_size=3)
    assert [s.clip.clip_id for s in batch if not s.weight] == [make_clip(1).clip_id]


def test_more_damage_than_is_borne_ends_the_run(tmp_path: Path, make_clip, make_folder) -> None:
    make_folder(str(tmp_path), [make_clip(i) for i in range(12)], 6)
    for number in range(2):
        tar = tmp_path / f"tars/shard-00000{number}.tar"
        data = bytearray(tar.read_bytes())
        for place in [m for m in range(0, len(data), 512) if data[m : m + 4] == b"lab-"][::2][:2]:
            data[place + 600] ^= 255
        tar.write_bytes(data)
    with pytest.raises(ReleaseError, match=r"4 of 12 samples are damaged, .* the first: lab/v1"):
        list(Stream(str(tmp_path), View(), batch_size=2))
    loader = DataLoader(Stream(str(tmp_path), View(), batch_size=2), batch_size=None, num_workers=2)
    stream = Stream(str(tmp_path), View(), batch_size=2)
    with pytest.raises(ReleaseError, match=r"4 of 12 samples are damaged"):
        list(stream.counted(loader))


@pytest.mark.parametrize("left", [0, 512])
def test_an_emptied_tar_is_refused_when_the_release_is_opened(
    tmp_path: Path, make_clip, make_folder, left: int
) -> None:
    make_folder(str(tmp_path), [make_clip(i) for i in range(5)], 4)
    tar = tmp_path / "tars/shard-000000.tar"
    tar.write_bytes(tar.read_bytes()[:left])
    with pytest.raises(
        ReleaseError, match="4 of 5 samples are damaged|all 4 samples of shard-0000"
    ):
        Stream(str(tmp_path), View(), batch_size=2)


def test_a_cut_tar_loses_its_tail_which_is_told_when_the_release_is_opened(
    tmp_path: Path, make_clip, make_folder, caplog
) -> None:
    make_folder(str(tmp_path), [make_clip(i) for i in range(6)], 3)
    tar = tmp_path / "tars/shard-000001.tar"
    tar.write_bytes(tar.read_bytes()[:-15_000])
    stream = Stream(str(tmp_path), View(), batch_size=6)
    assert make_clip(5).clip_id in stream.damage.found
    assert "bytes; expected" in caplog.text
    (batch,) = stream
    lost = {s.clip.clip_id for s in batch if not s.weight}
    assert lost == set(stream.damage.found)


def test_an_index_that_is_not_that_of_the_manifest_is_refused(
    tmp_path: Path, make_clip, make_folder
) -> None:
    make_folder(str(tmp_path), [make_clip(i) for i in range(3)], 3)
    index = tmp_path / "index/part-00000.parquet"
    data = bytearray(index.read_bytes())
    data[len(data) // 2] ^= 1
    index.write_bytes(data)
    with pytest.raises(ReleaseError, match=r"part-00000\.parquet: .* as the manifest says"):
        Stream(str(tmp_path), View(), batch_size=2)


def test_a_sample_of_nobody_becomes_a_slot_of_weight_zero(
    tmp_path: Path, make_clip, make_folder, caplog
) -> None:
    """Older releases may hold one; a renderer refuses it, and the step with it."""
    clips = [make_clip(i) for i in range(3)]
    motion = clips[1].motion
    hidden = replace(motion, confidence=motion.confidence * 0)
    make_folder(str(tmp_path), [clips[0], replace(clips[1], motion=hidden), clips[2]], 3)
    stream = Stream(str(tmp_path), View(), batch_size=3)
    (batch,) = stream
    assert [s.clip.clip_id for s in batch if not s.weight] == [clips[1].clip_id]
    assert list(stream.damage.found) == [clips[1].clip_id]
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
    monkeypatch.setattr("skeletonllm.shards.codec.VERSION", "4.0.0")
    with pytest.raises(SchemaError, match=r"version 3\.1\.0 of a sample; expected 4\.0\.0"):
        next(iter(stream))
    assert not stream.damage.found
