"""Rationales and negatives that speak of what the release does not have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skeletonllm.evaluation import get_protocol
from skeletonllm.release import inspect_release, verify_release
from tests.skeletonllm.release.verify.forge import (
    edit_json,
    edit_manifest,
    edit_samples,
    edit_table,
    edit_text,
    read_rows,
)

Rows = list[dict[str, Any]]


def edit_rationales(release: Path, change: Callable[[Rows], Any]) -> None:
    """In their table and in the samples."""
    edit_table(release, "rationales", change)
    told = read_rows(release, "rationales")

    def put(members: Any) -> None:
        for clip, own in members.items():
            rows = [row for row in told if row["clip_id"] == clip]
            edit_text(own, lambda meta, rows=rows: meta.update(rationales=rows))

    edit_samples(release, put)


def test_rationales_of_clips_that_do_not_exist_are_found(release: Path) -> None:
    row = read_rows(release, "rationales")[0]
    ghost = {**row, "rationale_id": "alpha/999#0", "clip_id": "alpha/999"}
    edit_table(release, "rationales", lambda rows: rows.append(ghost))
    edit_manifest(release, lambda m: m["counts"].update(rationales=9))
    said = (
        "rationales.parquet: 1 rationales of no clip of the release: alpha/999#0 (clip alpha/999)"
    )
    assert said in verify_release(str(release))


def test_many_faulty_rationales_are_counted_and_a_few_are_named(release: Path) -> None:
    def move(rows: Rows) -> None:
        for row in rows:
            row["clip_id"] = f"gone/{row['clip_id']}"

    edit_table(release, "rationales", move)
    (fault,) = [f for f in verify_release(str(release)) if f.startswith("rationales.parquet")]
    assert fault.startswith("rationales.parquet: 8 rationales of no clip of the release: alpha/000")
    assert fault.endswith(" ...")


def test_a_rationale_of_a_class_that_its_clip_is_not_of_is_found(release: Path) -> None:
    edit_rationales(release, lambda rows: rows[2].update(label="dance"))
    said = "rationales.parquet: 1 rationales with another label than their clip: alpha/002#0"
    assert any(fault.startswith(said) for fault in verify_release(str(release)))


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"person": 3}, "of a person who is not there"),
        ({"person": -1}, "of a person who is not there"),
        ({"start_s": 2.0, "end_s": 1.0}, "whose start and end are no stretch of time"),
    ],
)
def test_a_step_of_nobody_or_of_no_time_is_found(release: Path, step: Any, said: str) -> None:
    edit_rationales(release, lambda rows: rows[2]["steps"][0].update(step))
    expected = f"rationales.parquet: 1 rationales with steps {said}: alpha/002#0 (clip alpha/002)"
    assert expected in verify_release(str(release))


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"start_s": 998.0, "end_s": 999.0}, "that begin after the end of their clip"),
        ({"start_s": -2.0, "end_s": -1.0}, "whose start and end are no stretch of time"),
        ({"person": None}, "of a person who is not there"),
        ({"end_s": None}, "whose start and end are no stretch of time"),
    ],
)
def test_what_the_judge_contradicts_may_be_of_nobody_and_of_no_time(
    release: Path, step: Any, said: str
) -> None:
    edit_rationales(release, lambda rows: rows[2]["steps"][0].update(step))
    expected = f"rationales.parquet: 1 rationales with steps {said}: alpha/002#0 (clip alpha/002)"
    assert expected in verify_release(str(release))
    edit_rationales(release, lambda rows: rows[2]["steps"][0].update(verdict="contradicted"))
    assert not any(said in fault for fault in verify_release(str(release)))


def test_a_question_about_what_comes_after_its_clip_is_found(asked: Path) -> None:
    edit_table(asked, "questions", lambda rows: rows[0].update(start_s=0.0, end_s=999.0))
    assert verify_release(str(asked)) == []
    edit_table(asked, "questions", lambda rows: rows[0].update(start_s=900.0, end_s=999.0))
    (fault,) = verify_release(str(asked))
    name = read_rows(asked, "questions")[0]["question_id"]
    said = "1 questions about a stretch after the end of their clip"
    assert fault == f"questions.parquet: {said}, first {name!r}"


def test_a_question_to_infinity_is_found(asked: Path) -> None:
    endless = {"start_s": 0.0, "end_s": float("inf")}
    edit_table(asked, "questions", lambda rows: rows[0].update(endless))
    said = "questions.parquet: question: rule 'start and end are finite' broken in 1 rows, first"
    assert any(fault.startswith(said) for fault in verify_release(str(asked)))


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"score": float("nan")}, "score is finite"),
        ({"sources": [{"name": "astrology", "score": 1.0, "rank": 1}]}, "sources are of their set"),
        (
            {"sources": [{"name": "text", "score": float("nan"), "rank": 1}]},
            "each source has a finite score and a rank",
        ),
        (
            {"sources": [{"name": "text", "score": 1.0, "rank": -3}]},
            "each source has a finite score and a rank",
        ),
    ],
)
def test_a_negative_with_no_number_or_of_no_source_is_found(
    release: Path, change: dict[str, Any], rule: str
) -> None:
    edit_table(release, "negatives", lambda rows: rows[0].update({**change, "reasons": None}))
    said = f"negatives.parquet: negative: rule '{rule}' broken in 1 rows, first [0]"
    assert said in verify_release(str(release))


def test_a_rationale_of_a_clip_without_label_concludes_its_caption(release: Path) -> None:
    def forget(members: Any) -> None:
        named = {"label": None, "label_id": None, "label_namespace": None}
        for clip in ("alpha/001", "alpha/002"):  # of which the first has a caption
            edit_text(members[clip], lambda meta: meta.update(named))

    edit_samples(release, forget)
    said = "concludes 'jump up'; the clip has no label, and its first caption is 'someone moves'"
    assert any(said in fault for fault in verify_release(str(release)))
    edit_rationales(release, lambda rows: rows[1].update(label="someone moves"))
    faults = verify_release(str(release))
    assert not any("alpha-001" in fault for fault in faults)
    assert any("and its first caption is None" in fault for fault in faults)


def test_a_rationale_that_is_another_in_the_sample_is_found(release: Path) -> None:
    edit_table(release, "rationales", lambda rows: rows[0].update(text="Nothing.\nLabel: x"))
    (key,) = [r["key"] for r in read_rows(release, "index") if r["clip_id"] == "alpha/000"]
    said = "text of rationale 'alpha/000#0' differs from rationales.parquet"
    assert f"shards/shard-000000.tar, sample {key}: {said}" in verify_release(str(release))


def test_a_rationale_that_the_sample_lacks_is_found(release: Path) -> None:
    edit_samples(
        release, lambda m: edit_text(m["alpha/000"], lambda meta: meta.update(rationales=[]))
    )
    (fault,) = verify_release(str(release))
    assert fault.endswith(": 0 rationales; rationales.parquet has 1 of its clip")


@pytest.mark.parametrize("broken", ["no rationale", 5, {"steps": 7}])
def test_a_rationale_of_another_form_in_the_sample_is_found(release: Path, broken: Any) -> None:
    edit_samples(
        release, lambda m: edit_text(m["alpha/000"], lambda meta: meta.update(rationales=[broken]))
    )
    (fault,) = verify_release(str(release))
    assert fault.startswith("shards/shard-000000.tar, sample alpha-000-")


def test_a_rationale_for_a_view_that_leaves_its_clip_out_is_found(release: Path) -> None:
    train = get_protocol("nw_ucla/xview").train
    view = {"name": "nw_ucla/xview", "sha256": train.sha256}
    edit_rationales(release, lambda rows: rows[1].update(views=[view]))
    said = "1 rationales for view 'nw_ucla/xview' of clips outside its training part"
    faults = verify_release(str(release))
    assert f"rationales.parquet: {said}: alpha/001#0 (clip alpha/001)" in faults


def test_views_that_nobody_knows_are_findings(release: Path) -> None:
    views = [{"name": "lab/secret", "sha256": "a" * 64}, {"name": "ntu60/xsub", "sha256": "b" * 64}]
    edit_rationales(release, lambda rows: rows[1].update(views=views))
    found = inspect_release(str(release)).findings
    assert "rationales.parquet: view 'lab/secret' is no protocol that is known here" in found
    assert (
        "rationales.parquet: view 'ntu60/xsub' has another hash here: no stream takes it" in found
    )


def test_negatives_of_another_namespace_are_found(release: Path) -> None:
    def move(rows: Rows) -> None:
        for row in rows:
            row["label_namespace"] = "ntu"

    edit_table(release, "negatives", move)
    said = "negatives.parquet: namespaces ['ntu'], which no clip of the release has"
    assert verify_release(str(release)) == [said]


def test_negatives_of_a_class_of_no_clip_are_found(release: Path) -> None:
    edit_table(release, "negatives", lambda rows: rows[0].update(candidate="dance"))
    said = "negatives.parquet: 1 classes of no clip: [('toy', 'dance')]"
    assert said in verify_release(str(release))


def refuse_a_clip(release: Path) -> None:
    """As if the shards had refused the ninth clip of the first folder."""
    reject = {"source_uri": "raw/9", "stage": "build_shards", "code": "no_body", "message": "none"}
    edit_table(release, "rejects", lambda rows: rows.append(reject))
    edit_manifest(release, lambda m: m["counts"].update(rejects=3))
    edit_json(release, "statistics.json", lambda n: n["rejects"].update({REFUSED: 1}))


def count_in_stage(release: Path, stage: int, **counts: int) -> None:
    edit_manifest(release, lambda m: m["lineage"]["stages"][stage]["counts"].update(counts))


REFUSED = "build_shards: no_body"


def test_a_class_whose_clips_the_shards_refused_may_be_ranked(release: Path) -> None:
    refuse_a_clip(release)
    count_in_stage(release, -1, rejects=1)
    count_in_stage(release, 0, clips=9)
    edit_table(release, "negatives", lambda rows: rows[0].update(candidate="dance"))
    assert verify_release(str(release)) == []


def test_a_refused_clip_of_which_no_stage_tells_is_found(release: Path) -> None:
    refuse_a_clip(release)
    said = "manifest: lineage: build_shards refused"
    assert verify_release(str(release)) == [f"{said} 0 clips; rejects.parquet has 1 of it"]
    count_in_stage(release, -1, rejects=1)
    assert verify_release(str(release)) == [
        f"{said} 1 clips; normalize made 11, and the release has 11"
    ]


def test_one_refused_clip_had_one_class(release: Path) -> None:
    refuse_a_clip(release)
    count_in_stage(release, -1, rejects=1)
    count_in_stage(release, 0, clips=9)
    edit_table(
        release, "negatives", lambda rows: rows[0].update(label="flying", candidate="teleport")
    )
    said = "2 classes of no clip, and the shards refused 1: [('toy', 'flying'), ('toy', 'teleport')"
    assert any(said in fault for fault in verify_release(str(release)))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rank": 2}, "has ranks that are not 1, 2, 3, ..."),
        ({"rank": 7}, "has ranks that are not 1, 2, 3, ..."),
    ],
)
def test_a_ranking_with_holes_is_found(release: Path, change: Any, said: str) -> None:
    rows = read_rows(release, "negatives")
    assert (rows[0]["rank"], rows[1]["rank"]) == (1, 2)
    edit_table(release, "negatives", lambda own: own[0].update(change))
    ranking = f"ranking of {rows[0]['label']!r} of 'toy' for view 'all'"
    assert f"negatives.parquet: {ranking} {said}" in verify_release(str(release))


def test_a_candidate_twice_is_found(release: Path) -> None:
    rows = read_rows(release, "negatives")
    twice = rows[1]["candidate"]
    edit_table(release, "negatives", lambda own: own[0].update(candidate=twice))
    assert any("names a candidate twice" in fault for fault in verify_release(str(release)))


def test_a_ranking_of_a_class_that_its_view_must_not_see_is_found(release: Path) -> None:
    train = get_protocol("nw_ucla/8-2").train
    view = {"view": "nw_ucla/8-2", "view_sha256": train.sha256}
    edit_table(release, "negatives", lambda rows: [row.update(view) for row in rows])
    faults = verify_release(str(release))
    assert any("ranks a class that the view must not see" in fault for fault in faults)


def test_a_ranking_among_classes_that_its_view_must_not_see_is_found(release: Path) -> None:
    """Its own class may be seen, and those that it is ranked among may not."""
    train = get_protocol("nw_ucla/8-2").train
    view = {"view": "nw_ucla/8-2", "view_sha256": train.sha256}
    edit_table(release, "negatives", lambda rows: [row.update(view, label="carry") for row in rows])
    assert train.shows("carry")
    faults = verify_release(str(release))
    said = "ranks a class that the view must not see: ['hand waving', 'jump up', 'sit down']"
    assert any(said in fault for fault in faults)
