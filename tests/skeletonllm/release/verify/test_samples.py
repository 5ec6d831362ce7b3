"""Forgeries of samples and of their rows in the index, with every hash put right again."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from schemas import SAMPLE
from skeletonllm.release import cut_release, inspect_release, verify_release
from skeletonllm.release.verify.samples import states_decoded
from skeletonllm.shards.npz import pack_npz, unpack_npz
from tests.skeletonllm.release.verify.forge import (
    Members,
    edit_manifest,
    edit_samples,
    edit_table,
    edit_text,
    only_fault,
    read_rows,
    state_version,
)


def test_subjects_rotated_in_the_index_are_found_sample_by_sample(release: Path) -> None:
    def rotate(rows: list[dict[str, Any]]) -> None:
        subjects = [row["subject"] for row in rows]
        for row, subject in zip(rows, subjects[1:] + subjects[:1], strict=True):
            row["subject"] = subject

    rows = read_rows(release, "index")
    edit_table(release, "index", rotate)
    faults = verify_release(str(release))
    changed = [r for r, s in zip(rows, rows[1:] + rows[:1], strict=True) if r != s]
    assert len(faults) == len(changed) == 11
    assert faults[0] == (
        f"shards/shard-000000.tar, sample {rows[0]['key']}: subject 'S0'; the index says 'S1'"
    )


OTHERS: dict[str, Any] = {
    "key": "lab-1-0123456789",
    "clip_id": "lab/1",
    "motion_sha256": "0" * 64,
    "corpus": "gamma",
    "topology": "smpl_22",
    "num_frames": 7,
    "num_persons": 2,
    "label": "dance",
    "label_id": 77,
    "label_namespace": "other",
    "subject": "S9",
    "camera": "3",
    "setup": "4",
    "num_rationales": 5,
    "num_captions": 6,
    "num_questions": 7,
    "shard": "shard-000002.tar",
    "offset": 512,
    "size": 512,
    "position": 99,
    "bytes_hash": bytes(16),
    "content_hash": bytes(16),
}


def test_every_column_of_the_index_is_tried_below() -> None:
    assert set(OTHERS) == {column.name for column in SAMPLE.columns}


@pytest.mark.parametrize("column", OTHERS)
def test_a_wrong_value_in_any_column_of_the_index_is_found(release: Path, column: str) -> None:
    row = read_rows(release, "index")[4]
    edit_table(release, "index", lambda rows: rows[4].update({column: OTHERS[column]}))
    faults = verify_release(str(release))
    named = (row["key"], row["clip_id"], "positions")
    assert [fault for fault in faults if any(name in fault for name in named)]


@pytest.fixture
def same_shape(
    tmp_path: Path, make_stages: Callable[..., Any], make_clip: Callable[..., Any]
) -> Path:
    """A release whose clips have equally many frames: nothing but numbers tells them apart."""
    corpora = []
    for corpus, image in (("alpha", False), ("beta", True)):
        clips = [make_clip(corpus, i, licence="cc-by-4.0", image=image) for i in range(4)]
        cut = [clip.motion.select_frames(np.arange(8)) for clip in clips]
        frames = tuple(range(8))
        corpora.append(
            [replace(c, motion=m, frame_index=frames) for c, m in zip(clips, cut, strict=True)]
        )
    stages = make_stages(tmp_path / "stages", *corpora)
    return Path(cut_release(str(tmp_path / "root"), "toy", "1.0.0", code="test", **stages))


def exchange(members: dict[str, Members], one: str, other: str) -> None:
    first, second = members[one], members[other]
    first["motion.npz"], second["motion.npz"] = second["motion.npz"], first["motion.npz"]


def test_exchanged_motions_of_one_shape_are_found_by_what_they_decode_to(same_shape: Path) -> None:
    assert verify_release(str(same_shape)) == []
    edit_samples(same_shape, lambda members: exchange(members, "alpha/000", "alpha/001"))
    first, second = verify_release(str(same_shape))
    assert first.startswith("shards/shard-000000.tar, sample alpha-000-")
    assert ": decoded_sha256 " in first
    assert "its arrays are another motion, " in first
    assert second.startswith("shards/shard-000000.tar, sample alpha-001-")


def forget_decoded(members: dict[str, Members]) -> None:
    for own in members.values():
        edit_text(own, lambda meta: meta.pop("decoded_sha256", None))
        edit_text(own, lambda meta: meta.update(sample_version="3.0.0"))


def set_back(release: Path) -> None:
    """Make it what a cut wrote before samples stated the hash of their decoded motion."""
    edit_samples(release, forget_decoded)
    state_version(release, "index", "3.0.0")
    edit_manifest(release, lambda m: m.update(schema_version="2.2.0"))


def test_motions_of_other_lengths_exchanged_in_samples_of_earlier_versions_are_found(
    release: Path,
) -> None:
    set_back(release)
    assert verify_release(str(release)) == []
    rows = {row["clip_id"]: row for row in read_rows(release, "index")}
    frames = [rows[clip]["num_frames"] for clip in ("alpha/000", "alpha/001")]
    assert frames[0] != frames[1]
    edit_samples(release, lambda members: exchange(members, "alpha/000", "alpha/001"))
    state_version(release, "index", "3.0.0")
    faults = verify_release(str(release))
    said = f": num_frames {frames[0]} in its text; its arrays have {frames[1]}"
    assert f"shards/shard-000000.tar, sample {rows['alpha/000']['key']}{said}" in faults


def test_what_earlier_versions_cannot_prove_is_said(same_shape: Path) -> None:
    edit_samples(same_shape, lambda members: exchange(members, "alpha/000", "alpha/001"))
    set_back(same_shape)
    found = inspect_release(str(same_shape))
    assert found.faults == ()
    assert found.findings[-1].startswith("8 samples were written before they stated the hash")
    assert states_decoded("3.1.0")
    assert not states_decoded("3.0.0")


def test_samples_do_not_excuse_themselves(same_shape: Path) -> None:
    """Two motions exchanged, and both samples set back to when they stated no hash of it."""

    def forge(members: dict[str, Members]) -> None:
        exchange(members, "alpha/000", "alpha/001")
        forget_decoded({clip: members[clip] for clip in ("alpha/000", "alpha/001")})

    edit_samples(same_shape, forge)
    said = "sample_version 3.0.0 in an index of 3.1.0"
    assert verify_release(str(same_shape)) == [
        f"shards/shard-000000.tar, clip alpha/00{number}: {said}" for number in (0, 1)
    ]


@pytest.mark.parametrize("layout", ["2.3.0", "2.9.0"])
def test_an_index_does_not_excuse_itself(same_shape: Path, layout: str) -> None:
    """Since 2.3 of the layout every index is of 3.1 at least, in later ones too."""
    set_back(same_shape)
    edit_manifest(same_shape, lambda m: m.update(schema_version=layout))
    newest = "" if layout == "2.3.0" else " to later"
    said = f"index.parquet: version 3.0.0; a release of schema_version {layout} has 3.1.0{newest}"
    assert only_fault(same_shape) == said


def test_many_samples_of_another_version_are_counted(release: Path) -> None:
    edit_samples(
        release,
        lambda members: [
            edit_text(own, lambda meta: meta.update(sample_version="3.0.0"))
            for own in members.values()
        ],
    )
    *named, more = verify_release(str(release))
    assert len(named) == 3
    assert more == "8 more samples are of another version than the index"


def rewrite(own: Members, change: Callable[[bytes], bytes]) -> None:
    own["json"] = change(own["json"])


UNKNOWN: list[tuple[Callable[[Members], Any], str]] = [
    (lambda own: own.update(exe=b"MZ"), "members exe, which no sample has"),
    (
        lambda own: edit_text(own, lambda meta: meta.update(joints=[0.1, 0.2])),
        "fields joints in its text, which no sample has",
    ),
    (
        lambda own: edit_text(own, lambda meta: meta["captions"][0].update(joints=[0.1])),
        "fields captions.joints in its text, which no sample has",
    ),
    (
        lambda own: edit_arrays(own, closed_positions=np.arange(5000, dtype="<f4")),
        "arrays closed_positions, which no sample has",
    ),
    *(
        (partial(rewrite, change=change), "its text is not written as JSON is here: a key twice, ")
        for change in (
            lambda text: text.replace(b"{", b'{"label":"hidden",', 1),
            lambda text: text + b" " * 5000,
        )
    ),
]


def edit_arrays(own: Members, **arrays: Any) -> None:
    own["motion.npz"] = pack_npz(unpack_npz(own["motion.npz"]) | arrays)


@pytest.mark.parametrize(("forge", "said"), UNKNOWN)
def test_what_no_sample_has_is_found(
    release: Path, forge: Callable[[Members], Any], said: str
) -> None:
    edit_samples(release, lambda members: forge(members["alpha/001"]))
    assert f": {said}" in only_fault(release)
    edit_samples(
        release,
        lambda members: edit_text(
            members["alpha/001"], lambda meta: meta.update(sample_version="3.7.0")
        ),
    )
    said = "clip alpha/001: sample_version 3.7.0 in an index of 3.1.0"
    assert only_fault(release) == f"shards/shard-000000.tar, {said}"


def test_a_sample_of_this_version_must_state_what_it_decodes_to(release: Path) -> None:
    edit_samples(
        release, lambda m: edit_text(m["alpha/000"], lambda meta: meta.pop("decoded_sha256"))
    )
    assert "decoded_sha256 None in its text" in only_fault(release)


def test_one_motion_hash_over_two_motions_is_found(same_shape: Path) -> None:
    def borrow(members: dict[str, Members]) -> None:
        sha = "ab" * 32
        for clip in ("alpha/000", "alpha/001"):
            edit_text(members[clip], lambda meta: meta.update(motion_sha256=sha))

    edit_samples(same_shape, borrow)
    assert only_fault(same_shape) == (
        "clips alpha/000 (shards/shard-000000.tar) and alpha/001 (shards/shard-000000.tar) state "
        "one motion_sha256, abababababab, and hold different motions"
    )


CAPTIONS = "list<item: struct<text: string, start_s: double, end_s: double>>"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"licence": 5}, "licence 5; expected string"),
        ({"source_uri": 5}, "source_uri 5; expected string"),
        ({"flags": ["ok", 3]}, "flags ['ok', 3]; expected list<item: string>"),
        ({"person_ids": [{"a": 1}]}, "person_ids [{'a': 1}]; expected list<item: string>"),
        ({"repetition": {"x": 1}}, "repetition {'x': 1}; expected string or null"),
        ({"fps": True}, "fps True; expected double, ge 0.001"),
        ({"profile": None}, "profile None; expected string"),
        ({"first_frame": 10**18}, "first_frame 1000000000000000000; expected int32, ge 0"),
        ({"captions": [{"text": None}]}, f"captions [{{'text': None}}]; expected {CAPTIONS}"),
        ({"captions": [{"text": "x", "start_s": 500.0, "end_s": 900.0}]}, "a caption from 500 to"),
        ({"captions": [{"text": "x", "start_s": 0.0, "end_s": -9.0}]}, "a caption from 0 to -9 s"),
        ({"captions": [{"text": "x", "start_s": 0.2, "end_s": 0.1}]}, "a caption from 0.2 to"),
        ({"person_ids": ["0", "1", "2"]}, "3 person_ids for 1 persons"),
        ({"num_persons": 2}, "num_persons 2 in its text; its arrays have 1"),
    ],
)
def test_a_text_that_does_not_fit_its_arrays_is_found(
    release: Path, change: dict[str, Any], said: str
) -> None:
    edit_samples(release, lambda m: edit_text(m["alpha/000"], lambda meta: meta.update(change)))
    (key,) = [r["key"] for r in read_rows(release, "index") if r["clip_id"] == "alpha/000"]
    expected = f"shards/shard-000000.tar, sample {key}: {said}"
    assert any(fault.startswith(expected) for fault in verify_release(str(release)))


def test_a_text_without_a_field_is_found(release: Path) -> None:
    edit_samples(release, lambda m: edit_text(m["alpha/000"], lambda meta: meta.pop("profile")))
    assert only_fault(release).endswith(": its text has no 'profile'")


def test_a_copied_release_is_as_right_as_the_first(tmp_path: Path, pristine: Path) -> None:
    copy = shutil.copytree(pristine, tmp_path / "elsewhere")
    assert inspect_release(str(copy)) == inspect_release(str(pristine))


def test_frames_that_begin_elsewhere_than_the_text_says_are_found(release: Path) -> None:
    def skip(members: dict[str, Members]) -> None:
        own = members["alpha/000"]
        frames = unpack_npz(own["motion.npz"])["deltas"].shape[-1]
        edit_arrays(own, frame_index=np.arange(3, 3 + 2 * frames, 2, dtype="<i4"))

    edit_samples(release, skip)
    assert only_fault(release).endswith(": first_frame 0 in its text; its arrays begin with 3")
