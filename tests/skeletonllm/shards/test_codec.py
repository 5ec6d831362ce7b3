from __future__ import annotations

import io
import json
import zipfile
from dataclasses import fields, replace

import numpy as np
import pytest

from skeletonllm.errors import ReleaseError, SchemaError
from skeletonllm.shards import decode, encode, key_of


def test_everything_but_the_quantized_motion_comes_back_as_it_was(
    make_clip, make_rationale
) -> None:
    clip = make_clip(7)
    clip = replace(clip, filled=~clip.motion.observed)
    sample = decode(encode(clip, [make_rationale(clip)], ["kick", "sit down"]))
    for field in fields(clip):
        if field.name not in ("motion", "filled"):
            assert getattr(sample.clip, field.name) == getattr(clip, field.name), field.name
    np.testing.assert_array_equal(sample.clip.filled, clip.filled)
    assert sample.rationales == (make_rationale(clip),)
    assert sample.negatives == ("kick", "sit down")
    assert (sample.label, sample.weight) == (clip.label, 1.0)
    assert sample.motion.topology is clip.motion.topology
    assert (sample.motion.fps, sample.motion.space, sample.motion.metric) == (30.0, "camera", True)


def test_image_space_and_unlabelled_clips(make_clip, make_motion, unlabelled) -> None:
    image = decode(encode(make_clip(3, make_motion(3, image=True)), [], []))
    assert image.motion.image_size == (640, 480)
    assert image.motion.topology.dims == 2
    assert decode(encode(unlabelled, [], [])).label is None


def test_same_clip_same_bytes_without_the_clock(make_clip) -> None:
    members = encode(make_clip(2), [], ["kick"])
    assert members == encode(make_clip(2), [], ["kick"])
    with zipfile.ZipFile(io.BytesIO(members["motion.npz"])) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {info.create_system for info in archive.infolist()} == {3}


def test_the_json_can_be_read_without_us(make_clip) -> None:
    meta = json.loads(encode(make_clip(2), [], ["kick"])["json"])
    assert (meta["label"], meta["negatives"], meta["subject"]) == ("sit down", ["kick"], "S2")
    assert meta["motion_sha256"] == make_clip(2).motion.sha256
    assert meta["captions"][0]["text"] == "a person moves; é"


def test_keys_have_neither_dots_nor_slashes_and_tell_ids_apart() -> None:
    ids = ["a/b.c", "a/b-c", "A/b.c", "\u00e9" * 200, "..", "x" * 300]
    keys = [key_of(clip_id) for clip_id in ids]
    assert len({key.casefold() for key in keys}) == len(ids)
    assert all(key.isascii() and not set(key) & set("./\\ ") and len(key) < 80 for key in keys)


@pytest.mark.parametrize(
    ("member", "damage", "said"),
    [
        ("json", b"{", "JSONDecodeError"),
        ("json", b"{}", "KeyError"),
        ("motion.npz", b"", "EOFError"),
        ("motion.npz", b"PK\x03\x04 not a zip", "BadZipFile"),
    ],
)
def test_damage_is_one_error_that_names_the_sample(make_clip, member, damage, said) -> None:
    members = {"__key__": "lab-1", **encode(make_clip(0), [], []), member: damage}
    with pytest.raises(ReleaseError, match=rf"lab-1: unreadable sample \({said}.*verify"):
        decode(members)


def test_a_missing_member_and_a_flipped_bit_are_damage_too(make_clip) -> None:
    members = encode(make_clip(0), [], [])
    with pytest.raises(ReleaseError, match=r"KeyError: 'motion\.npz'"):
        decode({"json": members["json"]})
    flipped = bytearray(members["motion.npz"])
    flipped[len(flipped) // 3] ^= 4
    with pytest.raises(ReleaseError, match="unreadable sample"):
        decode({**members, "motion.npz": bytes(flipped)})


def test_another_definition_of_the_topology_is_refused(make_clip) -> None:
    members = encode(make_clip(0), [], [])
    meta = {**json.loads(members["json"]), "topology_sha256": "0" * 64}
    with pytest.raises(ReleaseError, match="topology 'kinect_v2' is defined otherwise here"):
        decode({**members, "json": json.dumps(meta).encode()})


def test_pickled_arrays_are_refused(make_clip) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, first=np.array([{"evil": 1}], dtype=object))
    with pytest.raises(ReleaseError, match="allow_pickle"):
        decode({**encode(make_clip(0), [], []), "motion.npz": buffer.getvalue()})


def restated(members: dict[str, bytes], version: str, **more: object) -> dict[str, bytes]:
    meta = {**json.loads(members["json"]), **more, "sample_version": version}
    return {**members, "json": json.dumps(meta).encode()}


def test_a_sample_of_a_later_minor_version_is_read(make_clip) -> None:
    members = encode(make_clip(0), [], ["kick"])
    sample = decode(restated(members, "2.7.0", questions=["what?"]))
    assert (sample.clip.flags, sample.negatives) == (("identity_switch",), ("kick",))


@pytest.mark.parametrize("version", ["1.0.0", "3.0.0"])
def test_a_sample_of_another_major_version_is_refused_with_both(make_clip, version: str) -> None:
    members = {"__key__": "lab-1", **encode(make_clip(0), [], [])}
    said = rf"lab-1: written in version {version} of a sample; expected 2\.0\.0 or another 2\.x"
    with pytest.raises(SchemaError, match=said):
        decode(restated(members, version))
