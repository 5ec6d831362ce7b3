from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from schemas import NEGATIVE, RELEASE_VERSION
from skeletonllm.release.diff import Step, compare_releases, judge_step
from skeletonllm.release.diff.step import raise_version
from skeletonllm.storage import sha256_of


def change_first(**given: Any) -> Callable[[list], list]:
    return lambda clips: [replace(clips[0], **given), *clips[1:]]


def move(clips: list, count: int) -> list:
    moved = [replace(c.motion, joints=c.motion.joints + np.float32(0.1)) for c in clips[:count]]
    told = [replace(c, motion=m) for c, m in zip(clips, moved, strict=False)]
    return [*told, *clips[count:]]


@pytest.mark.parametrize(
    ("change", "step", "said"),
    [
        (lambda clips: clips, Step.PATCH, "card, statistics, lineage or bytes alone"),
        (change_first(flags=("resampled",)), Step.PATCH, "other fields of 1 clips changed"),
        (lambda clips: move(clips, 1), Step.PATCH, "motions of 1 of 11 clips corrected"),
        (lambda clips: move(clips, 2), Step.MAJOR, "motions of 2 of 11 clips are others"),
        (lambda clips: clips[:-1], Step.MAJOR, "1 clips removed"),
        (change_first(label="sit down", label_id=2), Step.MAJOR, "label of 1 clips changed"),
        (change_first(subject="S9"), Step.MAJOR, "subject of 1 clips changed"),
        (change_first(camera="C1"), Step.MINOR, "camera of 1 clips added"),
    ],
)
def test_rules_of_clips(change, step, said, pristine, cut, corpora) -> None:
    first, second = corpora
    judged = judge_step(compare_releases(str(pristine), cut("1.0.1", change(first), second)))
    assert judged.step is step
    assert (step, said) in [(reason.step, reason.text) for reason in judged.reasons]


def test_an_added_clip_is_a_minor_step_and_the_version_is_judged(
    pristine, cut, corpora, make_clip
) -> None:
    first, second = corpora
    more = [*first, make_clip("alpha", 9, licence="cc-by-4.0")]
    verdicts = {}
    for version in ("1.0.1", "1.1.0", "1.2.0", "2.0.0", "0.9.0", "1.1.1"):
        judged = judge_step(compare_releases(str(pristine), cut(version, more, second)))
        assert (judged.step, judged.least) == (Step.MINOR, "1.1.0")
        verdicts[version] = judged.verdict
    assert verdicts == {
        "1.0.1": "too small",
        "1.1.0": "right",
        "1.2.0": "larger than needed",
        "2.0.0": "larger than needed",
        "0.9.0": "backwards: the later release has the earlier version",
        "1.1.1": "larger than needed",
    }
    small = judge_step(compare_releases(str(pristine), cut("1.0.2", more, second)))
    assert small.sentence == (
        "this is a minor step; the versions say 1.0.0 -> 1.0.2: too small; at least 1.1.0"
    )


def test_a_release_and_itself_are_no_step(pristine) -> None:
    judged = judge_step(compare_releases(str(pristine), str(pristine)))
    assert (judged.step, judged.reasons, judged.verdict) == (Step.NONE, (), "right")


MOVED = "1 questions are about another clip or stretch"


def set_terms(word: str) -> Callable[[Any], Any]:
    def change(licences):
        licences["cc-by-4.0"]["redistribute"] = word
        return licences

    return change


def renumber(data):
    for row in data:
        row["label_id"] += 1
    return data


def drop_all(rows):
    return rows[:0]


def drop_text(rows):
    return rows[1:]


def reword(rows):
    rows[0]["text"] += " "
    return rows


def restep(rows):
    rows[0]["steps"][0]["side"] = "right"
    return rows


def lose(rows):
    rows[0]["num_rationales"] = 0
    return rows


def one_more_view(rows):
    return [*rows, *({**r, "view": "lab/1", "view_sha256": "a" * 64} for r in rows)]


@pytest.mark.parametrize(
    ("name", "change", "step", "said"),
    [
        ("licences.json", set_terms("no"), Step.MAJOR, "terms of licence cc-by-4.0 tighter"),
        ("licences.json", set_terms("yes"), None, ""),
        ("index.parquet", renumber, Step.MAJOR, "label_id of 3 classes changed"),
        ("index.parquet", lose, Step.MAJOR, "1 clips have no rationales any more"),
        ("rationales.parquet", drop_text, Step.MINOR, "1 rationales removed"),
        ("rationales.parquet", reword, Step.MINOR, "1 rationales reworded"),
        ("rationales.parquet", restep, Step.MINOR, "1 rationales reworded"),
        ("negatives.parquet", one_more_view, Step.MINOR, "rankings of view lab/1 added"),
        (
            "negatives.parquet",
            drop_all,
            Step.MAJOR,
            "the rankings of view all are gone, or of another view",
        ),
    ],
)
def test_rules_of_tables_and_terms(name, change, step, said, pristine, edit) -> None:
    judged = judge_step(compare_releases(str(pristine), edit(name, change)))
    if step is None:
        assert judged.step is Step.PATCH
        return
    assert (step, said) in [(reason.step, reason.text) for reason in judged.reasons]
    assert judged.step is step


def test_clips_moved_to_a_tighter_licence_are_found_by_their_numbers(pristine, edit) -> None:
    def change(licences):
        licences["cc-by-4.0"]["clips"] -= 2
        licences["nw_ucla"]["clips"] += 2
        return licences

    judged = judge_step(compare_releases(str(pristine), edit("licences.json", change)))
    assert judged.reasons[0].text == "2 clips under tighter terms, at least"
    assert judged.step is Step.MAJOR


def restate(release: str, schema_version: str) -> str:
    manifest = Path(release, "manifest.json")
    data = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**data, "schema_version": schema_version}))
    return release


def test_another_minor_layout_is_a_patch(pristine, edit) -> None:
    old = restate(edit("statistics.json", lambda data: data, "0.9.9"), "2.0.0")
    judged = judge_step(compare_releases(old, str(pristine)))
    assert judged.step is Step.PATCH
    assert judged.reasons[0].text == f"layout of release 2.0.0 -> {RELEASE_VERSION}"


def test_another_major_layout_is_a_major_step_without_contents(pristine, edit) -> None:
    old = restate(edit("statistics.json", lambda data: data), "1.4.0")
    found = compare_releases(old, str(pristine))
    assert found.contents is None
    judged = judge_step(found)
    assert judged.step is Step.MAJOR
    assert judged.reasons[0].text.startswith("layout of release 1.4.0 -> 2.")


def test_a_table_of_another_major_version_is_a_major_step(pristine: Path, edit) -> None:
    old = edit("statistics.json", lambda data: data, "0.9.9")
    where = f"{old}/negatives.parquet"
    table = pq.read_table(where)
    ours = NEGATIVE.version.encode()
    stated = {k: b"0.3.0" if v == ours else v for k, v in table.schema.metadata.items()}
    pq.write_table(table.replace_schema_metadata(stated), where)
    manifest = Path(old, "manifest.json")
    data = json.loads(manifest.read_text())
    digest, size = sha256_of(where)
    for entry in data["files"]:
        if entry["path"] == "negatives.parquet":
            entry |= {"sha256": digest, "bytes": size}
    manifest.write_text(json.dumps(data))
    found = compare_releases(old, str(pristine))
    assert found.contents is None
    (reason,) = judge_step(found).reasons
    assert reason.step is Step.MAJOR
    assert reason.text.startswith(f"layout of negatives 0.3.0 -> {NEGATIVE.version}: programs")


@pytest.mark.parametrize(
    ("name", "before", "now", "lost"),
    [
        ("another protocol", [("all", None)], [("lab/1", "a" * 64)], ["all"]),
        ("all of them", [("lab/1", "a" * 64)], [("all", None)], []),
        ("other rules", [("lab/1", "a" * 64)], [("lab/1", "b" * 64)], ["lab/1"]),
        ("one more", [("lab/1", "a" * 64)], [("lab/1", "a" * 64), ("lab/2", "b" * 64)], []),
    ],
)
def test_rationales_that_a_view_has_no_more_are_a_major_step(
    name, before, now, lost, pristine: Path, edit
) -> None:
    folders = []
    for version, views in (("1.0.1", before), ("1.0.2", now)):
        folder = edit("statistics.json", lambda data: data, version)
        where = Path(folder, "manifest.json")
        data = json.loads(where.read_text())
        data["views"]["rationales"] = [{"name": n, "sha256": s, "rows": 8} for n, s in views]
        where.write_text(json.dumps(data))
        folders.append(folder)
    judged = judge_step(compare_releases(*folders))
    said = [f"the rationales of view {view} are gone, or of another view" for view in lost]
    assert [r.text for r in judged.reasons if r.step is Step.MAJOR] == said


@pytest.mark.parametrize(
    ("version", "step", "expected"),
    [
        ("1.2.3", Step.NONE, "1.2.3"),
        ("1.2.3", Step.PATCH, "1.2.4"),
        ("1.2.3", Step.MINOR, "1.3.0"),
        ("1.2.3", Step.MAJOR, "2.0.0"),
        ("0.2.3", Step.PATCH, "0.2.4"),
        ("0.2.3", Step.MINOR, "0.3.0"),
        ("0.2.3", Step.MAJOR, "0.3.0"),
    ],
)
def test_next_versions(version: str, step: Step, expected: str) -> None:
    assert raise_version(version, step) == expected


@pytest.mark.parametrize(
    ("given", "step", "said"),
    [
        ({"clip_id": "alpha/003"}, Step.MAJOR, MOVED),
        (
            {"start_s": 0.0, "end_s": 1.0},
            Step.MAJOR,
            MOVED,
        ),
        ({"answer": "a leg rises"}, Step.MAJOR, "1 questions have another answer"),
        ({"kind": "count"}, Step.MINOR, "1 questions asked otherwise"),
        ({"form": "number"}, Step.MINOR, "1 questions asked otherwise"),
        ({"language": "de"}, Step.MINOR, "1 questions asked otherwise"),
        ({"source": "another"}, Step.PATCH, "card, statistics, lineage or bytes alone"),
    ],
)
def test_rules_of_questions(given, step, said, asked: Path, edit) -> None:
    new = edit("questions.parquet", lambda rows: [{**rows[0], **given}, *rows[1:]], of=asked)
    judged = judge_step(compare_releases(str(asked), new))
    assert (judged.step, judged.reasons[0].text) == (step, said)
    assert len(judged.reasons) == 1
