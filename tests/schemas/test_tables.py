"""The rules of each table on disk, one broken row each."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from schemas import (
    CLIP,
    CLIP_NEGATIVE,
    NEGATIVE,
    PREDICTION,
    QUESTION,
    RATIONALE,
    REJECT,
    RELEASE_VERSION,
    SAMPLE,
    TableSchema,
    manifest_faults,
)
from schemas.release import LAYOUTS, OF_NAME, find_layout

SHA = "a" * 64
CLIP_ROW: dict[str, Any] = {
    "clip_id": "toy/1",
    "corpus": "toy",
    "source_uri": "1.json",
    "source_sha256": SHA,
    "motion_sha256": SHA,
    "topology": "kinect_v1",
    "topology_sha256": SHA,
    "space": "camera",
    "metric": True,
    "fps": 30.0,
    "num_frames": 2,
    "num_persons": 1,
    "num_joints": 1,
    "first_frame": 0,
    "last_frame": 1,
    "frame_index": [0, 1],
    "person_ids": ["1"],
    "joints": [0.0] * 6,
    "present": [True, True],
    "confidence": None,
    "orientations": None,
    "filled": None,
    "image_width": None,
    "image_height": None,
    "label": None,
    "label_id": None,
    "label_namespace": None,
    "captions": [],
    "subject": None,
    "camera": None,
    "setup": None,
    "repetition": None,
    "flags": [],
    "profile": "raw@1",
    "licence": "cc0-1.0",
}
RATIONALE_ROW: dict[str, Any] = {
    "rationale_id": "toy/1#0",
    "clip_id": "toy/1",
    "variant": 0,
    "attempt": 0,
    "steps": [],
    "summary": "s",
    "text": "t",
    "label": "wave",
    "grounded": 1.0,
    "status": "accepted",
    "teacher": "kinematic@1",
    "prompt_sha256": SHA,
    "request_sha256": SHA,
    "tokens_in": 0,
    "tokens_out": 0,
    "usd": 0.0,
    "finish_reason": None,
    "answer_sha256": None,
    "agreement": None,
    "facts_given": False,
    "views": None,
}
STEP: dict[str, Any] = {
    "id": 1,
    "start_s": 0.0,
    "end_s": 1.0,
    "person": 0,
    "side": "left",
    "part": "hand",
    "motion": "raise",
    "target": "",
    "direction": "up",
    "count": 1,
    "causes": [],
    "text": "The left hand rises.",
    "verdict": "true",
    "measured": 0.4,
}
NEGATIVE_ROW: dict[str, Any] = {
    "view": "all",
    "label_namespace": "toy",
    "label": "wave",
    "candidate": "clap",
    "rank": 1,
    "score": 0.5,
    "sources": [{"name": "text", "score": 0.1, "rank": 2}],
    "view_sha256": None,
    "reasons": None,
}
PREDICTION_ROW: dict[str, Any] = {
    "clip_id": "toy/1",
    "label_namespace": None,
    "label": "wave",
    "candidates": ["wave", "clap"],
    "scores": [2.0, -1.0],
}
CLIP_NEGATIVE_ROW: dict[str, Any] = {
    "clip_id": "toy/1",
    "candidate_clip_id": "toy/2",
    "rank": 1,
    "score": 0.5,
    "view": "all",
    "view_sha256": None,
}
SAMPLE_ROW: dict[str, Any] = {
    "key": "000000",
    "clip_id": "toy/1",
    "shard": "shard-000000.tar",
    "position": 0,
    "offset": 0,
    "size": 1024,
    "bytes_hash": bytes(16),
    "content_hash": bytes(range(16)),
    "motion_sha256": SHA,
    "corpus": "toy",
    "topology": "kinect_v1",
    "num_frames": 2,
    "num_persons": 1,
    "label": "wave",
    "label_id": 0,
    "label_namespace": "toy",
    "subject": None,
    "camera": None,
    "setup": None,
    "num_rationales": 0,
    "num_captions": 0,
    "num_questions": 0,
}
SOURCE = {"name": "text", "score": 0.5, "rank": 1}
INF = float("inf")
CASES: list[tuple[TableSchema, dict[str, Any], dict[str, Any], str]] = [
    (CLIP, CLIP_ROW, {"source_sha256": "short"}, "source_sha256"),
    (CLIP, CLIP_ROW, {"space": "moon"}, "space"),
    (CLIP, CLIP_ROW, {"fps": 0.0}, "fps"),
    (CLIP, CLIP_ROW, {"joints": [0.0] * 5}, "joints is [T, P, J, 3]"),
    (CLIP, CLIP_ROW, {"joints": [float("nan")] * 6}, "joints are finite"),
    (CLIP, CLIP_ROW, {"present": [True]}, "present is [T, P]"),
    (CLIP, CLIP_ROW, {"confidence": [1.0]}, "confidence is [T, P, J]"),
    (CLIP, CLIP_ROW, {"orientations": [1.0]}, "orientations is [T, P, J, 4]"),
    (CLIP, CLIP_ROW, {"filled": [True]}, "filled is [T, P, J]"),
    (CLIP, CLIP_ROW, {"frame_index": [0]}, "frame_index is [T]"),
    (CLIP, CLIP_ROW, {"person_ids": []}, "person_ids is [P]"),
    (CLIP, CLIP_ROW, {"space": "image"}, "image space has a size"),
    (CLIP, CLIP_ROW, {"image_height": 5}, "width and height together"),
    (CLIP, CLIP_ROW, {"label": "wave"}, "label, label_id and namespace together"),
    (CLIP, CLIP_ROW, {"first_frame": 9}, "first_frame <= last_frame"),
    (RATIONALE, RATIONALE_ROW, {"grounded": 1.5}, "grounded"),
    (RATIONALE, RATIONALE_ROW, {"status": "perhaps"}, "status"),
    (RATIONALE, RATIONALE_ROW, {"usd": -1.0}, "usd"),
    (RATIONALE, RATIONALE_ROW, {"agreement": 1.5}, "agreement"),
    (RATIONALE, RATIONALE_ROW, {"answer_sha256": "short"}, "answer_sha256"),
    (RATIONALE, RATIONALE_ROW, {"steps": [{**STEP, "verdict": "banana"}]}, "words of steps"),
    (RATIONALE, RATIONALE_ROW, {"steps": [{**STEP, "motion": "fly"}]}, "words of steps"),
    (RATIONALE, RATIONALE_ROW, {"steps": [{**STEP, "side": "upwards"}]}, "words of steps"),
    (RATIONALE, RATIONALE_ROW, {"steps": [{**STEP, "causes": [99]}]}, "causes are other steps"),
    (RATIONALE, RATIONALE_ROW, {"steps": [{**STEP, "causes": [1]}]}, "causes are other steps"),
    (NEGATIVE, NEGATIVE_ROW, {"candidate": "wave"}, "a class is no negative of itself"),
    (NEGATIVE, NEGATIVE_ROW, {"rank": 0}, "rank"),
    (NEGATIVE, NEGATIVE_ROW, {"reasons": ["a", "b"]}, "one reason a source, or none at all"),
    (NEGATIVE, NEGATIVE_ROW, {"score": float("nan")}, "score is finite"),
    (NEGATIVE, NEGATIVE_ROW, {"sources": [{**SOURCE, "name": "astrology"}]}, "sources are of"),
    (NEGATIVE, NEGATIVE_ROW, {"sources": [{**SOURCE, "rank": -3}]}, "each source has a finite"),
    (NEGATIVE, NEGATIVE_ROW, {"sources": [{**SOURCE, "rank": None}]}, "each source has a finite"),
    (NEGATIVE, NEGATIVE_ROW, {"sources": [{**SOURCE, "score": INF}]}, "each source has a finite"),
    (PREDICTION, PREDICTION_ROW, {"scores": [1.0]}, "one score a candidate"),
    (PREDICTION, PREDICTION_ROW, {"scores": [1.0, float("nan")]}, "scores are finite"),
    (CLIP_NEGATIVE, CLIP_NEGATIVE_ROW, {"candidate_clip_id": "toy/1"}, "no negative of itself"),
    (CLIP_NEGATIVE, CLIP_NEGATIVE_ROW, {"rank": 0}, "rank"),
    (CLIP_NEGATIVE, CLIP_NEGATIVE_ROW, {"view_sha256": "short"}, "view_sha256"),
    (SAMPLE, SAMPLE_ROW, {"offset": -1}, "offset"),
    (SAMPLE, SAMPLE_ROW, {"label_id": None}, "label, label_id and namespace together"),
]


@pytest.mark.parametrize(("schema", "row", "change", "said"), CASES)
def test_rule(schema: TableSchema, row: dict[str, Any], change: dict[str, Any], said: str) -> None:
    assert schema.faults(pa.Table.from_pylist([row], schema=schema.arrow)) == []
    faults = schema.faults(pa.Table.from_pylist([{**row, **change}], schema=schema.arrow))
    assert len(faults) == 1
    assert said in faults[0]


def test_a_step_that_follows_from_another_is_no_fault() -> None:
    steps = [STEP, {**STEP, "id": 2, "causes": [1]}]
    row = {**RATIONALE_ROW, "steps": steps, "prompt_sha256": None}
    assert RATIONALE.faults(pa.Table.from_pylist([row], schema=RATIONALE.arrow)) == []


def test_rejects_need_every_column() -> None:
    row = {"source_uri": "a", "stage": "normalize", "code": "empty", "message": "0 bytes"}
    assert REJECT.faults(pa.Table.from_pylist([row], schema=REJECT.arrow)) == []
    bad = pa.Table.from_pylist([{**row, "code": None}], schema=REJECT.arrow)
    assert REJECT.faults(bad) == ["reject.code: 1 nulls in a column without nulls"]


MANIFEST: dict[str, Any] = {
    "schema": "release",
    "schema_version": "1.0.0",
    "name": "toy",
    "version": "0.1.0",
    "files": [{"path": "a", "sha256": SHA, "bytes": 1}],
    "counts": {},
    "lineage": {},
    "licences": {},
}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": "1.0"}, "manifest: version '1.0' is not MAJOR.MINOR.PATCH"),
        ({"version": "1.0.0\n"}, "manifest: version '1.0.0\\n' is not MAJOR.MINOR.PATCH"),
        ({"name": "../../evil"}, f"manifest: name '../../evil' is not {OF_NAME}"),
        ({"name": "toy\n"}, f"manifest: name 'toy\\n' is not {OF_NAME}"),
        ({"name": ""}, f"manifest: name '' is not {OF_NAME}"),
        (
            {"files": [{"path": "a", "sha256": SHA + "\n", "bytes": 1}]},
            "manifest: 'a' lacks a sha256 or a size in bytes",
        ),
        ({"counts": []}, "manifest: 'counts' is not a dict"),
        ({"files": [{"path": "a"}]}, "manifest: 'a' lacks a sha256 or a size in bytes"),
        ({"files": MANIFEST["files"] * 2}, "manifest: a file is listed twice"),
        ({"files": ["a"]}, "manifest: a file without a path: 'a'"),
        ({"files": [{"path": ["a"]}]}, "manifest: a file without a path: \"{'path': ['a']}\""),
    ],
)
def test_manifest_rules(change: dict[str, Any], said: str) -> None:
    assert manifest_faults(MANIFEST) == []
    assert manifest_faults({**MANIFEST, **change}) == [said]


STAGE: dict[str, Any] = {
    **{"stage": "normalize", "version": "3", "content_sha256": SHA},
    **{"counts": {"clips": 1}, "config": {"corpus": "lab"}},
}
PARENT = {"name": "toy", "version": "0.0.1", "manifest_sha256": SHA}


@pytest.mark.parametrize(
    ("lineage", "said"),
    [
        ({"stages": 3}, "lineage has a 'stages' that is a int and no list"),
        ({"stages": [3]}, "lineage.stages.0 is a int and no object"),
        ({"stages": [STAGE, {}]}, "lineage.stages.1 has no 'stage'"),
        ({"stages": [{**STAGE, "config": []}]}, "lineage.stages.0 has a 'config' that is a list"),
        ({"stages": [{**STAGE, "reader": "x"}]}, "lineage.stages.0 has a 'reader' that is a str"),
        ({"stages": [{**STAGE, "reader": {"name": []}}]}, "lineage.stages.0 names a corpus or a"),
        ({"stages": [{**STAGE, "config": {"corpus": []}}]}, "lineage.stages.0 names a corpus"),
        ({"stages": [{**STAGE, "counts": {"a": "b"}}]}, "lineage.stages.0 counts {'a': 'b'}"),
        ({"stages": [{**STAGE, "inputs": [3]}]}, "lineage.stages.0 has inputs that are no texts"),
        ({"parent": "junk"}, "lineage.parent is a str and no object"),
        ({"parent": {"name": "toy"}}, "lineage.parent has no 'version'"),
        ({"parent": {**PARENT, "version": 1}}, "lineage.parent has a 'version' that is a int"),
        ({"sources": []}, "lineage has a 'sources' that is a list and no dict"),
        ({"sources": {"lab": 3}}, "lineage.sources.lab is a int and no object"),
        ({"teacher": 3}, "lineage has a 'teacher' that is a int and no dict"),
        ({"teacher": {"prompts": 3}}, "lineage.teacher.prompts is no list of texts"),
        ({"code": None}, "lineage has a 'code' that is a NoneType and no str"),
    ],
)
def test_a_lineage_is_what_its_readers_take_it_for(lineage: dict[str, Any], said: str) -> None:
    right = {"stages": [STAGE], "parent": PARENT, "sources": {"lab": {"files": 1, "sha256": SHA}}}
    for good in (right, {**right, "parent": None}):
        assert manifest_faults({**MANIFEST, "lineage": good}) == []
    (fault,) = manifest_faults({**MANIFEST, "lineage": lineage})
    assert fault.startswith(f"manifest: {said}")


def test_each_layout_bounds_its_tables() -> None:
    """A table that grows needs another version of the layout, or wider bounds of this one."""
    schemas = {"index": SAMPLE, "negatives": NEGATIVE, "rationales": RATIONALE}
    schemas |= {"rejects": REJECT, "questions": QUESTION}
    newest = {name: schema.version for name, schema in schemas.items()}
    assert {n: v for n, (_, v) in LAYOUTS[RELEASE_VERSION].tables.items()} == newest
    assert find_layout(RELEASE_VERSION) is LAYOUTS[RELEASE_VERSION]
    assert find_layout("2.1.7") is find_layout(None) is find_layout("1.0.0") is None
    later = find_layout("2.99.0")
    assert later is not None
    assert (later.files, later.tables["index"]) == (None, ("3.1.0", None))


def test_a_manifest_without_a_key() -> None:
    rest = {key: value for key, value in MANIFEST.items() if key != "files"}
    assert manifest_faults(rest) == ["manifest: 'files' is missing"]


@pytest.mark.parametrize("data", [[], 5, None, "release"])
def test_a_manifest_that_is_no_object(data: object) -> None:
    assert manifest_faults(data) == [f"manifest: a JSON {type(data).__name__} and no object"]
