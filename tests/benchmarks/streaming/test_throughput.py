from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.streaming.rivals.clips import (
    ToldClip,
    load_originals,
    repeat_clips,
    write_truth,
)
from benchmarks.streaming.rivals.frozen_layout import decode_frozen, encode_frozen
from benchmarks.streaming.rivals.plain_webdataset import take_frozen
from benchmarks.streaming.rivals.registry import RIVALS
from benchmarks.streaming.rivals.taken import iterate_members, take_sample
from benchmarks.streaming.rivals.tars import write_our_folder
from benchmarks.streaming.rivals.truth import Truth, name_original
from benchmarks.streaming.rivals.worker import Worker
from benchmarks.streaming.throughput import (
    Flags,
    choose_pythons,
    compare_rates,
    describe_check,
    describe_growth,
    main,
    place_of,
    rate_of,
    write_corpus,
)
from skeletonllm.errors import UsageError
from skeletonllm.shards import decode

SMALL = Flags(clips=3, samples=40, per_tar=16, rounds=1, rationales=0)


@pytest.fixture(scope="module")
def told() -> list[ToldClip]:
    clips = load_originals(None, Path(), Path(), 3)
    return [ToldClip(clip, [{"text": f"{clip.label} {n}"} for n in range(2)]) for clip in clips]


def epoch(samples: int, core: float, peak: float = 100.0) -> dict[str, float]:
    return {"samples": samples, "core": core, "wall": 2 * core, "peak": peak}


def test_the_frozen_layout_gives_back_a_clip_within_half_a_quantum(told: list[ToldClip]) -> None:
    for each in told:
        meta, motion = decode_frozen(encode_frozen(each.clip, each.rationales))
        given = each.clip.motion
        assert np.abs(motion["joints"] - given.joints)[given.observed].max() <= 1.01e-4
        np.testing.assert_array_equal(motion["present"], given.present)
        assert [row["text"] for row in meta["rationales"]] == [r["text"] for r in each.rationales]


def test_copies_have_ids_of_their_own_and_name_their_original(told: list[ToldClip]) -> None:
    copies = list(repeat_clips(told, 7))
    assert len({each.clip.clip_id for each in copies}) == 7
    originals = [each.clip.clip_id for each in told]
    assert [name_original(c.clip.clip_id) for c in copies] == [*originals, *originals, originals[0]]
    assert {row["clip_id"] for row in copies[4].rationales} == {copies[4].clip.clip_id}


def test_the_truth_finds_a_moved_joint_another_label_and_a_clip_given_twice(
    told: list[ToldClip], tmp_path: Path
) -> None:
    write_truth(told, tmp_path / "truth")
    (copy, *_) = repeat_clips(told, 1)
    taken = take_frozen(encode_frozen(copy.clip, copy.rationales))
    truth = Truth(tmp_path / "truth")
    truth.compare(taken)
    assert (truth.report()["wrong"], truth.report()["clips"]) == (0, 1)
    joints = taken.joints.copy()
    joints[1, 0, 3, 2] += 0.001
    truth.compare(taken._replace(joints=joints))
    truth.compare(taken._replace(label="something else"))
    truth.compare(taken._replace(rationales=taken.rationales[:1]))
    report = truth.report()
    assert (report["wrong"], report["clips"], report["samples"]) == (3, 1, 4)


def test_converters_are_given_the_members_of_every_sample(
    told: list[ToldClip], tmp_path: Path
) -> None:
    write_our_folder(repeat_clips(told, 5), tmp_path / "ours", per_tar=2)
    ids = [take_sample(decode(m)).clip_id for m in iterate_members(tmp_path / "ours" / "tars")]
    assert ids == [each.clip.clip_id for each in repeat_clips(told, 5)]


def test_rates_are_medians_and_ratios_are_of_the_same_turns() -> None:
    warm = epoch(100, 9.0)
    answers = {
        "ours": [warm, epoch(100, 0.1), epoch(100, 0.2), epoch(100, 0.25)],
        "webdataset": [warm, epoch(100, 1.0), epoch(100, 1.0), epoch(100, 0.5)],
    }
    assert rate_of(answers["ours"][1:], "core") == 500
    assert rate_of(answers["ours"][1:], "wall") == 250
    assert compare_rates(answers, "ours") == "5.00 (2.00 to 10.00)"
    assert compare_rates({"ours": answers["ours"]}, "ours") == ""


def test_growth_is_told_to_the_third_epoch_and_to_the_last() -> None:
    epochs = [epoch(1, 1.0, peak) for peak in (200.0, 201.0, 203.0, 203.0, 210.0)]
    assert describe_growth(epochs) == "3, 10"
    assert describe_growth(epochs[:1]) == "0, 0"


def test_absent_and_repeated_clips_are_told() -> None:
    assert describe_check({"wrong": 0, "clips": 10, "samples": 10}, 10) == "0"
    check = {"wrong": 1, "clips": 8, "samples": 10}
    assert describe_check(check, 10) == "1, absent 2, again 2"


def test_a_row_without_its_interpreter_is_left_out_and_an_unknown_one_refused() -> None:
    chosen = choose_pythons(Flags(python=("litdata=/venv/bin/python",)))
    assert set(chosen) == {name for name in RIVALS if not RIVALS[name].package} | {"litdata"}
    assert chosen["litdata"] == "/venv/bin/python"
    with pytest.raises(UsageError, match="torchdata"):
        choose_pythons(Flags(only="ours,torchdata"))


def test_ours_and_the_frozen_layout_give_what_was_written(tmp_path: Path) -> None:
    write_corpus(SMALL, tmp_path)
    worker = Worker("ours", tmp_path / place_of("ours"), SMALL.samples)
    worker.open()
    assert worker.run_epoch()["samples"] == SMALL.samples
    truth = Truth(tmp_path / "truth")
    for members in iterate_members(tmp_path / place_of("webdataset")):
        truth.compare(take_frozen(members))
    for report in (worker.check(str(tmp_path / "truth")), truth.report()):
        assert (report["clips"], report["wrong"]) == (SMALL.samples, 0)


@pytest.mark.slow
@pytest.mark.processes
def test_readers_in_processes_of_their_own_fill_one_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "table.json"
    only = "ours,webdataset,energon"
    main(replace(SMALL, only=only, scratch=tmp_path, json=str(table)))
    shown = table.read_text()
    assert shown.count('"wrong": "0"') == 2
    assert "energon: not installed" in shown
    assert "times webdataset" in capsys.readouterr().out
