"""What was mined and asked about for one view is not taken by another."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from schemas import NEGATIVE, QUESTION
from skeletonllm.clip import Clip
from skeletonllm.errors import UsageError
from skeletonllm.negatives import rank_negatives
from skeletonllm.shards import Sample, encode, read_index
from skeletonllm.storage import join, read_table, write_json, write_table
from skeletonllm.stream.part import Part
from skeletonllm.stream.stream import Stream
from skeletonllm.testing.releases import write_manifest, write_shards
from skeletonllm.views.asked_views import (
    VIEWS,
    Refused,
    count_hidden,
    read_asked_views,
    summarize_views,
)
from skeletonllm.views.left_out import LeftOut
from skeletonllm.views.questions import QUESTIONS
from skeletonllm.views.rankings import NEGATIVES, group_candidates
from skeletonllm.views.view import EVERY_CLIP, NamedView, View

LABELS = ("wave", "kick", "sit down", "drink", "drink water")
NO_KICK = NamedView("lab/no-kick", View(unseen=("kick",)))
NO_WAVE = NamedView("lab/no-wave", View(unseen=("wave",), subjects=("S0", "S1")))

Write = Callable[..., str]


def rank(named: NamedView) -> pa.Table:
    return rank_negatives("lab", [n for n in LABELS if named.view.shows(n)], {}, view=named)


@pytest.fixture
def write(tmp_path: Path, make_clip: Callable[[int], Clip], make_rationale: Any) -> Write:
    """Ten clips of five classes, with rankings of some views and rationales of some."""

    def write(
        mined: Sequence[NamedView], asked: Sequence[NamedView] | None = None, old: bool = False
    ) -> str:
        folder = str(tmp_path / "shards")
        table = pa.concat_tables([NEGATIVE.arrow.empty_table(), *map(rank, mined)])
        views = None if asked is None else [named.to_json() for named in asked]
        samples = []
        for clip in map(make_clip, range(10)):
            told = {**make_rationale(clip), "views": views}
            samples.append(encode(clip, [told]))
        write_shards(folder, samples, per_shard=10)
        if mined or not old:
            write_table(join(folder, NEGATIVES), table)
        if not old:
            write_json(join(folder, VIEWS), summarize_views(table, [views] * 10))
        return write_manifest(folder)

    return write


def samples_of(folder: str, view: View, **more: Any) -> list[Sample]:
    (batch,) = islice(Stream(folder, view, batch_size=10, **more), 1)
    return [sample for sample in batch if sample.weight]


def test_a_summary_counts_the_rows_of_each_view() -> None:
    table = pa.concat_tables([rank(NO_WAVE), rank(EVERY_CLIP)])
    views = summarize_views(table, [None, [NO_WAVE.to_json(), NO_KICK.to_json()]])
    assert [(v["name"], v["rows"]) for v in views["negatives"]] == [
        ("all", 20),
        ("lab/no-wave", 12),
    ]
    told = [("all", None), ("lab/no-kick", NO_KICK.sha256), ("lab/no-wave", NO_WAVE.sha256)]
    assert [(v["name"], v["sha256"]) for v in views["rationales"]] == told


def test_a_table_of_version_2_0_is_read_as_mined_from_all_clips(tmp_path: Path) -> None:
    older = rank(EVERY_CLIP).drop_columns(["view_sha256"])
    stated = {b"skeletonllm.schema": b"negative", b"skeletonllm.schema_version": b"2.0.0"}
    write_table(str(tmp_path / "n.parquet"), older.replace_schema_metadata(stated))
    table = read_table(str(tmp_path / "n.parquet"), schema=NEGATIVE)
    assert table.column("view_sha256").null_count == len(table) == 20
    assert NEGATIVE.faults(table) == []


def test_each_stream_takes_the_ranking_of_its_own_view(write: Write) -> None:
    folder = write([NO_KICK, NO_WAVE, EVERY_CLIP])
    for named, classes in ((NO_KICK, 4), (NO_WAVE, 4), (EVERY_CLIP, 5)):
        ranked = group_candidates(rank(named), named.name)
        samples = samples_of(folder, named.view, needs=("negatives",))
        for sample in samples:
            assert list(sample.negatives) == ranked["lab", str(sample.label)]
            assert len(sample.negatives) == classes - 1
        assert {sample.label for sample in samples} == {n for n in LABELS if named.view.shows(n)}


def test_a_stream_whose_view_was_not_mined_refuses_with_both_names_once_it_looks(
    write: Write,
) -> None:
    folder = write([NO_WAVE])
    first, *_ = samples_of(folder, NO_KICK.view, name=NO_KICK.name)
    assert first.label  # all but negatives is there
    said = (
        rf"negatives of 'lab/no-wave' \({str(NO_WAVE.sha256)[:12]}\); expected those of "
        rf"'lab/no-kick' \({str(NO_KICK.sha256)[:12]}\)\. Run `skeletonllm mine-negatives "
        r"--protocol lab/no-kick`, build the shards and cut the release again\."
    )
    looks: list[Callable[[Sequence[str]], object]] = [list, len, bool, lambda n: n[0]]
    for look in (*looks, lambda n: "wave" in n):
        with pytest.raises(UsageError, match=said):
            look(first.negatives)
    with pytest.raises(UsageError, match=said):
        Stream(folder, NO_KICK.view, batch_size=1, name=NO_KICK.name, needs=("negatives",))


def test_a_stream_of_all_clips_does_not_take_the_ranking_of_a_protocol(write: Write) -> None:
    folder = write([NO_WAVE])
    said = r"expected those of 'all' \(all labelled clips\)\. Run `skeletonllm mine-negatives`, b"
    with pytest.raises(UsageError, match=said):
        Stream(folder, View(), batch_size=1, needs=("negatives",))


def test_the_ranking_of_all_clips_has_looked_at_what_a_view_leaves_out(
    write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    folder = write([EVERY_CLIP])
    said = (
        r"negatives of 'all' .*mined from 2 clips that this view \(\w{12}\) leaves out; allow_all"
    )
    with pytest.raises(UsageError, match=said):
        Stream(folder, NO_KICK.view, batch_size=1, needs=("negatives",))
    assert caplog.records == []
    samples = samples_of(folder, NO_KICK.view, allow_all=True, needs=("negatives",))
    assert {len(sample.negatives) for sample in samples} == {3}
    assert not [sample for sample in samples if "kick" in sample.negatives]
    (record,) = caplog.records
    assert "negatives of all labelled clips are used: they were mined from 2" in record.message


def test_the_ranking_of_all_clips_serves_a_view_that_leaves_none_of_them_out(write: Write) -> None:
    folder = write([EVERY_CLIP])
    view = View(corpora=("lab",), namespaces=("lab",))
    assert {len(sample.negatives) for sample in samples_of(folder, view)} == {4}


def test_a_folder_of_before_holds_what_was_mined_from_all_clips(write: Write) -> None:
    folder = write([EVERY_CLIP], old=True)
    assert {len(sample.negatives) for sample in samples_of(folder, View())} == {4}
    assert all(sample.rationales for sample in samples_of(folder, NO_KICK.view))
    with pytest.raises(UsageError, match="negatives of 'all'"):
        Stream(folder, NO_KICK.view, batch_size=1, needs=("negatives",))


def test_where_nothing_was_mined_there_is_nothing_to_refuse(write: Write) -> None:
    folder = write([])
    assert {tuple(sample.negatives) for sample in samples_of(folder, NO_KICK.view)} == {()}
    with pytest.raises(UsageError, match=r"no negatives at all; expected those of this view"):
        Stream(folder, NO_KICK.view, batch_size=1, needs=("negatives",))


def test_a_sample_that_was_never_ranked_in_a_folder_of_before_has_no_negatives(
    write: Write,
) -> None:
    folder = write([], old=True)
    assert {tuple(sample.negatives) for sample in samples_of(folder, NO_KICK.view)} == {()}


def test_rationales_of_other_views_are_refused_and_counted(write: Write) -> None:
    folder = write([EVERY_CLIP], asked=[NO_WAVE])
    stream = Stream(folder, NO_KICK.view, batch_size=8)
    (batch,) = islice(stream, 1)
    assert stream.left_out == LeftOut(rationales=8)
    with pytest.raises(UsageError, match=r"rationales of 'lab/no-wave' .*build-rationales --proto"):
        list(batch[0].rationales)
    with pytest.raises(UsageError, match="rationales of 'lab/no-wave'"):
        Stream(folder, NO_KICK.view, batch_size=8, needs=("rationales",))


def test_rationales_of_the_own_view_or_of_all_clips_are_taken(write: Write) -> None:
    for asked in ([NO_WAVE, NO_KICK], None):
        folder = write([], asked=asked)
        stream = Stream(folder, NO_KICK.view, batch_size=8, needs=("rationales",))
        (batch,) = islice(stream, 1)
        assert [len(sample.rationales) for sample in batch] == [1] * 8
        assert stream.left_out == LeftOut()


def test_a_manifest_that_says_its_views_is_believed(tmp_path: Path) -> None:
    views = {"negatives": [], "rationales": [{"name": "all", "sha256": None, "rows": 3}]}
    write_json(str(tmp_path / "manifest.json"), {"views": views})
    assert read_asked_views(str(tmp_path)) == views


def test_a_stage_that_asks_more_of_a_sample_shares_what_was_made_for_its_split(
    write: Write,
) -> None:
    folder = write([NO_WAVE], asked=[NO_WAVE])
    for stage in (
        replace(NO_WAVE.view, having=("rationales",)),
        replace(NO_WAVE.view, labelled=False, having=("captions", "rationales")),
    ):
        (sample, *_) = samples_of(folder, stage, needs=("negatives", "rationales"))
        ranked = group_candidates(rank(NO_WAVE), NO_WAVE.name)
        assert list(sample.negatives) == ranked["lab", str(sample.label)]
        assert len(sample.rationales) == 1


def test_clips_that_a_stage_leaves_out_of_its_split_hide_nothing(write: Write) -> None:
    folder = write([EVERY_CLIP])
    index = read_index(folder)
    stage = View(having=("questions",))
    assert count_hidden(index, index.filter(stage.split.mask(index))) == 0
    assert not any(stage.mask(index).to_pylist())  # nobody asked anything
    stage = View(having=("captions",))
    samples = samples_of(folder, stage, needs=("negatives",))
    assert {len(sample.negatives) for sample in samples} == {4}


def test_a_view_gets_no_candidate_that_it_does_not_show(write: Write) -> None:
    folder = write([EVERY_CLIP])
    view = View(labels=("wave", "drink"))
    samples = samples_of(folder, view, allow_all=True, needs=("negatives",))
    others = {"wave": ("drink",), "drink": ("wave",)}
    assert all(tuple(sample.negatives) == others[str(sample.label)] for sample in samples)


def question_of(clip: Clip, number: int, text: str, answer: str = "the arm") -> dict[str, Any]:
    return {
        "question_id": f"{clip.clip_id}#{number}",
        "clip_id": clip.clip_id,
        "kind": "body_part",
        "form": "open",
        "question": text,
        "answer": answer,
        "choices": None,
        "start_s": None,
        "end_s": None,
        "source": "fixture",
        "language": "en",
    }


def write_questions(folder: str, rows: list[dict[str, Any]]) -> None:
    table = pa.Table.from_pylist(rows, schema=QUESTION.arrow)
    assert QUESTION.faults(table) == []
    write_table(join(folder, QUESTIONS), table)
    write_manifest(folder)


def test_questions_are_given_by_clip_and_those_that_tell_an_unseen_class_left_out(
    write: Write, make_clip: Callable[[int], Clip]
) -> None:
    folder = write([])
    clips = [make_clip(number) for number in reversed(range(10))]  # in no order
    asked = ("Which part leads?", "Which leg kicks?")
    rows = [question_of(c, i, text) for c in clips for i, text in enumerate(asked)]
    rows += [question_of(clips[0], 2, "What happens?", "The foot was kicked out.")]
    write_questions(folder, rows)
    stream = Stream(folder, View(), batch_size=10, needs=("questions",))
    (batch,) = islice(stream, 1)
    for sample in batch:
        told = [row for row in rows if row["clip_id"] == sample.clip.clip_id]
        assert list(sample.questions) == told
    assert stream.left_out == LeftOut()
    stream = Stream(folder, NO_KICK.view, batch_size=8, needs=("questions",))
    (batch,) = islice(stream, 1)
    assert {len(sample.questions) for sample in batch} == {1}
    assert {sample.questions[0]["question"] for sample in batch} == {"Which part leads?"}
    assert stream.left_out == LeftOut(questions=9)


def test_questions_are_not_read_by_who_does_not_ask_and_missed_by_who_does(write: Write) -> None:
    folder = write([])
    assert {tuple(sample.questions) for sample in samples_of(folder, View())} == {()}
    said = "no questions at all; expected those of 'all'"
    with pytest.raises(UsageError, match=said):
        Stream(folder, View(), batch_size=1, needs=("questions",))


def test_what_is_refused_survives_pickling() -> None:
    refused = pickle.loads(pickle.dumps(Refused(UsageError("of another view"))))
    with pytest.raises(UsageError, match="of another view"):
        len(refused)


def test_hidden_clips_are_counted_within_the_namespaces_of_the_view(folder: Path) -> None:
    index = read_index(str(folder))
    rows = index.to_pylist()
    for row in rows[:7]:
        row["label_namespace"] = "elsewhere"
    rows[20] |= {"label": None, "label_id": None, "label_namespace": None}
    index = pa.Table.from_pylist(rows, schema=index.schema)
    view = View(namespaces=("lab",), unseen=("kick",))
    kicks = [r for r in rows if r["label"] == "kick" and r["label_namespace"] == "lab"]
    assert count_hidden(index, view.select(index)) == len(kicks) > 0


def test_a_part_that_is_cut_from_a_split_takes_what_was_made_for_it(write: Write) -> None:
    """Cut to a corpus, a protocol's view had another hash, and its own negatives were refused."""
    folder = write([NO_WAVE], [NO_WAVE])
    corpora = (str(read_index(folder).column("corpus")[0]),)
    cut = replace(NO_WAVE.view, corpora=corpora)
    with pytest.raises(UsageError, match="negatives of 'lab/no-wave'"):
        Stream(folder, [Part(view=cut, needs=("negatives",))], batch_size=10)
    part = Part(view=cut, split=NO_WAVE.view, needs=("negatives", "rationales"))
    (batch,) = islice(Stream(folder, [part], batch_size=10), 1)
    seen = [sample for sample in batch if sample.weight]
    assert seen
    assert all(sample.negatives and "wave" not in sample.negatives for sample in seen)
    assert all(len(sample.rationales) == 1 for sample in seen)


def test_parts_of_all_clips_take_what_was_mined_from_all(write: Write) -> None:
    folder = write([EVERY_CLIP])
    corpora = (str(read_index(folder).column("corpus")[0]),)
    part = Part(view=View(corpora=corpora, subjects=None), split=View(), needs=("negatives",))
    assert len(Stream(folder, [part], batch_size=10)) == 1
