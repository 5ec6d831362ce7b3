from __future__ import annotations

import io
import json
import zipfile
from dataclasses import fields, replace

import numpy as np
import pytest

from skeletonllm.errors import ReleaseError, SchemaError
from skeletonllm.shards import decode, encode, key_of
from skeletonllm.shards.npz import pack_npz, unpack_npz


def test_everything_but_the_quantized_motion_comes_back_as_it_was(
    make_clip, make_rationale
) -> None:
    clip = make_clip(7)
    clip = replace(clip, filled=~clip.motion.observed)
    sample = decode(encode(clip, [make_rationale(clip)]))
    for field in fields(clip):
        if field.name not in ("motion", "filled"):
            assert getattr(sample.clip, field.name) == getattr(clip, field.name), field.name
    np.testing.assert_array_equal(sample.clip.filled, clip.filled)
    assert sample.rationales == (make_rationale(clip),)
    assert (sample.negatives, sample.questions) == ((), ())  # a stream's matter
    assert (sample.label, sample.weight) == (clip.label, 1.0)
    assert sample.motion.topology is clip.motion.topology
    assert (sample.motion.fps, sample.motion.space, sample.motion.metric) == (30.0, "camera", True)


def test_image_space_and_unlabelled_clips(make_clip, make_motion, unlabelled) -> None:
    image = decode(encode(make_clip(3, make_motion(3, image=True))))
    assert image.motion.image_size == (640, 480)
    assert image.motion.topology.dims == 2
    assert decode(encode(unlabelled)).label is None


def test_same_clip_same_bytes_without_the_clock(make_clip) -> None:
    members = encode(make_clip(2))
    assert members == encode(make_clip(2))
    with zipfile.ZipFile(io.BytesIO(members["motion.npz"])) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {info.create_system for info in archive.infolist()} == {3}


def test_the_json_can_be_read_without_us(make_clip) -> None:
    meta = json.loads(encode(make_clip(2))["json"])
    assert (meta["label"], meta["subject"]) == ("sit down", "S2")
    assert "negatives" not in meta
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
        ("json", b"[" * 100_000, "JSONDecodeError"),
        ("json", b"\xff{}", "JSONDecodeError"),
        ("json", b"[]", "TypeError"),
        ("motion.npz", b"", "ReleaseError: damaged npz"),
        ("motion.npz", b"PK\x03\x04 not a zip", "ReleaseError: damaged npz"),
    ],
)
def test_damage_is_one_error_that_names_the_sample(make_clip, member, damage, said) -> None:
    members = {"__key__": "lab-1", **encode(make_clip(0)), member: damage}
    with pytest.raises(ReleaseError, match=rf"lab-1: unreadable sample \({said}.*verify"):
        decode(members)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"fps": float("nan")}, "JSONDecodeError"),
        ({"fps": 1e999}, "JSONDecodeError"),
        ({"fps": "30"}, "TypeError"),
        ({"topology": ["kinect_v2"]}, "TypeError"),
        ({"topology": "nosuch"}, "UsageError: unknown topology"),
        ({"space": "moon"}, "MotionError: space"),
        ({"image_size": [1]}, "IndexError|MotionError"),
        ({"captions": ["text"]}, "AttributeError|TypeError"),
        ({"captions": [{}]}, "KeyError: 'text'"),
        ({"rationales": 5}, "TypeError"),
        ({"first_frame": "3"}, "TypeError"),
        ({"person_ids": None}, "TypeError"),
        ({"quantum": 0.0}, "ValueError: quantum 0.0"),
        ({"quantum": 1}, "ValueError: quantum 1"),
        ({"quantum": 1e300}, "ValueError: quantum 1e.300 of more"),
        ({"quantum": None}, "ValueError: quantum None"),
    ],
)
def test_text_that_fits_no_clip_is_damage(make_clip, change, said) -> None:
    members = encode(make_clip(0))
    meta = {**json.loads(members["json"]), **change}
    with pytest.raises(ReleaseError, match=rf"unreadable sample \(({said})"):
        decode({**members, "json": json.dumps(meta).encode()})


def test_arrays_that_fit_no_clip_are_damage(make_clip) -> None:
    clip = make_clip(1)
    members = encode(replace(clip, filled=~clip.motion.observed))
    arrays = unpack_npz(members["motion.npz"])
    few = arrays["deltas"][..., :2]
    changes = {
        "deltas": (few, few[0], few.astype(np.int16), few[..., :0], few[:, :, :7]),
        "present": (np.ones((1, 1), bool), np.ones(3, np.int8)),
        "confidence": (np.ones((1, 1, 1), np.uint16), arrays["confidence"].astype(np.int32)),
        "filled": (np.ones((1, 1, 1), bool),),
        "frame_index": (np.arange(3), np.float64(3)),
        "far": (np.ones(2, np.float64), np.ones(2, np.int64), np.ones(1, np.int64)),
        "orientations": (np.ones((2, 1, 25, 4, 2), np.int8), np.ones(3, np.int16)),
    }
    for name, values in changes.items():
        for value in values:
            at = {"far_at": np.array([10**9], np.int32)} if name == "far" else {}
            packed = pack_npz({**arrays, **at, name: np.asarray(value)})
            with pytest.raises(ReleaseError, match=r"unreadable sample \("):
                decode({**members, "motion.npz": packed})
    packed = pack_npz({other: arrays[other] for other in arrays if other != "deltas"})
    with pytest.raises(ReleaseError, match="KeyError: 'deltas'"):
        decode({**members, "motion.npz": packed})


def test_a_missing_member_and_any_flipped_bit_are_damage_too(make_clip) -> None:
    members = encode(make_clip(0))
    with pytest.raises(ReleaseError, match=r"KeyError: 'motion\.npz'"):
        decode({"json": members["json"]})
    for at in range(0, len(members["motion.npz"]), 7):
        flipped = bytearray(members["motion.npz"])
        flipped[at] ^= 1 << at % 8
        with pytest.raises(ReleaseError, match="unreadable sample"):
            decode({**members, "motion.npz": bytes(flipped)})


def test_another_definition_of_the_topology_is_refused(make_clip) -> None:
    members = encode(make_clip(0))
    meta = {**json.loads(members["json"]), "topology_sha256": "0" * 64}
    with pytest.raises(ReleaseError, match="topology 'kinect_v2' is defined otherwise here"):
        decode({**members, "json": json.dumps(meta).encode()})


def test_pickled_arrays_are_refused(make_clip) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, deltas=np.array([{"evil": 1}], dtype=object))
    with pytest.raises(ReleaseError, match="damaged npz"):
        decode({**encode(make_clip(0)), "motion.npz": buffer.getvalue()})


def test_frames_that_do_not_follow_one_by_one_are_kept(make_clip) -> None:
    clip = make_clip(3)
    gaps = tuple(2 * i + 5 for i in range(clip.motion.num_frames))
    members = encode(replace(clip, frame_index=gaps))
    assert decode(members).clip.frame_index == gaps
    assert "frame_index" in unpack_npz(members["motion.npz"])
    assert "frame_index" not in unpack_npz(encode(clip)["motion.npz"])


def test_arrays_of_a_motion_may_be_written_to(make_clip) -> None:
    clip = make_clip(1)
    turned = np.zeros((*clip.motion.confidence.shape, 4), np.float32)
    clip = replace(clip, motion=replace(clip.motion, orientations=turned))
    motion = decode(encode(replace(clip, filled=~clip.motion.observed))).motion
    for array in (motion.joints, motion.present, motion.confidence, motion.orientations):
        assert array is not None
        assert array.flags.writeable  # torch warns of others
        assert array.flags.c_contiguous


def test_encoding_a_decoded_clip_gives_the_same_bytes(make_clip, make_motion) -> None:
    for clip in (make_clip(1), make_clip(4), make_clip(3, make_motion(3, image=True))):
        once = encode(decode(encode(clip)).clip)
        assert encode(decode(once).clip) == once


def test_a_sample_states_what_it_decodes_to(make_clip, make_motion) -> None:
    clips = [make_clip(1), make_clip(4), make_clip(3, make_motion(3, image=True))]
    stated = []
    for clip in clips:
        members = encode(clip)
        meta = json.loads(members["json"])
        assert meta["decoded_sha256"] == decode(members).motion.sha256
        assert meta["decoded_sha256"] != meta["motion_sha256"]  # before it was quantized
        stated.append(meta["decoded_sha256"])
    assert len(set(stated)) == 3


def restated(members: dict[str, bytes], version: str, **more: object) -> dict[str, bytes]:
    meta = {**json.loads(members["json"]), **more, "sample_version": version}
    return {**members, "json": json.dumps(meta).encode()}


def test_a_sample_of_a_later_minor_version_is_read(make_clip) -> None:
    """It has keys, keys of captions and arrays that nobody knows here."""
    members = encode(make_clip(0))
    captions = [{"text": "a hand", "start_s": 0.0, "end_s": 1.0, "language": "en"}]
    later = restated(members, "3.7.0", mood="glad", captions=captions)
    arrays = {**unpack_npz(members["motion.npz"]), "depth": np.zeros((2, 3), np.float32)}
    sample = decode({**later, "motion.npz": pack_npz(arrays), "depth.png": b"?"})
    assert (sample.clip.flags, sample.clip.captions[0].text) == (("identity_switch",), "a hand")
    np.testing.assert_array_equal(sample.motion.joints, decode(members).motion.joints)


def test_a_sample_of_an_earlier_minor_version_is_read(
    make_clip, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a clip need not have, an earlier version may not have known."""
    members = encode(make_clip(0))
    monkeypatch.setattr("skeletonllm.shards.codec.VERSION", "3.4.0")
    meta = json.loads(members["json"])
    optional = "captions rationales image_size flags label label_id label_namespace camera"
    for name in optional.split():
        del meta[name]
    sample = decode({**members, "json": json.dumps(meta).encode()})
    assert (sample.label, sample.clip.captions, sample.rationales) == (None, (), ())
    assert (sample.clip.flags, sample.motion.image_size) == ((), None)


@pytest.mark.parametrize("version", ["1.0.0", "2.0.0", "4.0.0"])
def test_a_sample_of_another_major_version_is_refused_with_both(make_clip, version: str) -> None:
    members = {"__key__": "lab-1", **encode(make_clip(0))}
    said = rf"lab-1: written in version {version} of a sample; expected 3\.1\.0 or another 3\.x"
    with pytest.raises(SchemaError, match=said):
        decode(restated(members, version))
