"""How many frames a file has, from places that disagree; and that no byte more is read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skeletonllm.corpora.formats.c3d_frames import (
    FRAMES_BY_SIZE,
    MORE_FRAMES,
    RESIDUALS_IGNORED,
    parse_points,
)
from skeletonllm.errors import SourceError
from skeletonllm.testing.mocap.c3d_files import DEC, INTEL, MIPS, C3dFile, with_residual
from skeletonllm.testing.strategies import FEW_EXAMPLES

LABELS = [f"p{i}" for i in range(13)]


def points(frames: int, count: int = 13) -> np.ndarray:
    """Points of which the first coordinate is the number of the frame, from 1."""
    places = np.ones((frames, count, 3))
    places[..., 0] = np.arange(1, frames + 1)[:, None]
    return with_residual(places)


def encode(frames: int, count: int = 13, **fields: Any) -> bytes:
    return C3dFile(points(frames, count), LABELS[:count], **fields).encode()


def words(number: int, *, upright: bool = False) -> np.ndarray:
    pair = np.array([number & 0xFFFF, number >> 16])
    return pair[:, None] if upright else pair


def trial(first: int, last: int, **shape: bool) -> dict[str, np.ndarray]:
    start, end = words(first, **shape), words(last, **shape)
    return {"TRIAL:ACTUAL_START_FIELD": start, "TRIAL:ACTUAL_END_FIELD": end}


AGREED: list[tuple[str, dict[str, Any], int]] = [
    ("header from 1", {}, 1),
    ("header from 0", {"first": 0}, 0),
    ("header from 705", {"first": 705}, 705),
    ("TRIAL in two words", {"parameters": trial(1, 50)}, 1),
    ("TRIAL in a column of two words", {"parameters": trial(1, 50, upright=True)}, 1),
    ("TRIAL as numbers", {"parameters": {
        "TRIAL:ACTUAL_START_FIELD": 1.0, "TRIAL:ACTUAL_END_FIELD": 50.0}}, 1),
    ("TRIAL in one word", {"parameters": {
        "TRIAL:ACTUAL_START_FIELD": 1, "TRIAL:ACTUAL_END_FIELD": 50}}, 1),
    ("TRIAL as a whole number of 32 bits", {"parameters": {
        "TRIAL:ACTUAL_START_FIELD": np.array([1], np.uint32).view(np.float32),
        "TRIAL:ACTUAL_END_FIELD": np.array([50], np.uint32).view(np.float32)}}, 1),
    ("TRIAL beyond 16 bits", {"first": 65535, "last": 65535, "parameters": {
        **trial(70_001, 70_050), "POINT:FRAMES": 50}}, 70_001),
    ("TRIAL beyond 16 bits, the header from the start", {
        "first": 70_001 & 0xFFFF, "parameters": trial(70_001, 70_050)}, 70_001),
    ("FRAMES as a number", {"parameters": {"POINT:FRAMES": 50.0}}, 1),
    ("FRAMES full, LONG_FRAMES", {"parameters": {
        "POINT:FRAMES": 65535, "POINT:LONG_FRAMES": 50.0}}, 1),
    ("no FRAMES", {"parameters": {"POINT:FRAMES": None}}, 1),
    ("FRAMES 0", {"parameters": {"POINT:FRAMES": 0}}, 1),
    ("a header across the wrap", {"first": 65_520, "last": 65_569 & 0xFFFF}, 65_520),
    ("other signals", {"analog": 24}, 1),
    ("whole numbers", {"scale": 0.01}, 1),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "first"), [case[1:] for case in AGREED],
                         ids=[case[0] for case in AGREED])  # fmt: skip
def test_fifty_frames_however_they_are_counted(fields: dict[str, Any], first: int) -> None:
    found = parse_points(encode(50, **fields))
    assert found.places.shape == (50, 13, 3)
    assert found.places[-1, 0, 0] == pytest.approx(50, abs=0.01)
    assert found.first == first
    assert MORE_FRAMES not in found.flags


@pytest.mark.parametrize("fields", [
    {"first": 0, "last": 50},
    {"last": 51},
    {"last": 60_000},
    {"last": 5},
    {"parameters": trial(0, 50)},
    {"parameters": trial(1, 51)},
    {"parameters": {"POINT:FRAMES": 51}},
    {"parameters": {"POINT:FRAMES": 49}},
    {"parameters": {"POINT:FRAMES": 0}, "last": 0},
    {"parameters": {"POINT:FRAMES": None}, "last": 0},
    {"parameters": {"POINT:FRAMES": None}, "first": 0, "last": 50},
    {"parameters": {"POINT:FRAMES": None}, "last": 51},
    {"parameters": {"POINT:FRAMES": 51}, "last": 0},
])  # fmt: skip
def test_where_places_disagree_the_bytes_decide_and_that_is_flagged(fields: dict[str, Any]) -> None:
    found = parse_points(encode(50, **fields))
    assert len(found.places) == 50
    assert FRAMES_BY_SIZE in found.flags


@pytest.mark.parametrize("fields", [
    {"parameters": {"POINT:FRAMES": 65535}, "last": 65535},
    {"parameters": {"POINT:FRAMES": 70_000 & 0xFFFF}, "last": 70_000 & 0xFFFF},
    {"parameters": {"POINT:FRAMES": 65535, "POINT:LONG_FRAMES": 70_000.0}, "last": 65535},
    {"parameters": trial(1, 70_000), "last": 65535},
    {"parameters": trial(1, 70_000) | {"POINT:FRAMES": 70_000.0}, "last": 4464},
])  # fmt: skip
def test_more_frames_than_16_bits_can_count(fields: dict[str, Any]) -> None:
    found = parse_points(encode(70_000, count=2, **fields))
    assert len(found.places) == 70_000
    assert found.places[-1, 0, 0] == 70_000
    assert MORE_FRAMES not in found.flags


def test_a_last_frame_of_zeros_is_one_where_two_places_count_it() -> None:
    seen = points(50)
    seen[-1] = 0
    found = parse_points(C3dFile(seen, LABELS).encode())
    assert (len(found.places), found.flags) == (50, ())
    assert np.isnan(found.places[-1]).all()


def test_as_many_frames_as_16_bits_can_count() -> None:
    found = parse_points(encode(65_535, count=1, last=65535))
    assert (len(found.places), found.flags) == (65_535, ())


def test_a_trimmed_file_whose_trial_is_the_whole_one_is_numbered_by_the_header() -> None:
    found = parse_points(encode(50, first=101, parameters=trial(1, 200)))
    assert (len(found.places), found.first, found.flags) == (50, 101, (FRAMES_BY_SIZE,))


def test_a_count_that_no_range_states_is_numbered_from_the_start() -> None:
    found = parse_points(encode(200, first=101, last=150))
    assert (len(found.places), found.first, found.flags) == (200, 1, (FRAMES_BY_SIZE,))


def test_a_trimmed_file_whose_data_stay_gives_what_it_states() -> None:
    stated = trial(101, 150) | {"POINT:FRAMES": 50}
    found = parse_points(encode(200, first=101, last=150, parameters=stated))
    assert (len(found.places), found.first, found.flags) == (50, 101, (MORE_FRAMES,))


def test_a_file_that_was_cut_is_refused_with_both_sizes() -> None:
    data = encode(400)
    with pytest.raises(SourceError, match=r"expected \d+ for 400 frames") as caught:
        parse_points(data[: len(data) // 2])
    assert caught.value.code == "truncated"


@pytest.mark.parametrize("cut", [1, 200, 511])
def test_a_file_without_the_end_of_its_last_frame_is_truncated(cut: int) -> None:
    data = encode(32, count=2)  # whole blocks: nothing is filled up
    assert len(data) % 512 == 0
    with pytest.raises(SourceError) as caught:
        parse_points(data[:-cut])
    assert caught.value.code == "truncated"


def test_a_last_block_that_is_not_filled_up_is_read() -> None:
    data = encode(50)
    whole = len(data) - (-50 * 13 * 16) % 512
    assert len(parse_points(data[:whole]).places) == 50
    assert len(parse_points(data + bytes(512 * 3)).places) == 50


def test_a_file_of_rotations_says_so() -> None:
    stated = {"POINT:USED": 0, "ROTATION:USED": 21, "ROTATION:DATA_START": 6}
    data = C3dFile(np.zeros((5, 0, 4)), [], stated | {"POINT:LABELS": None}).encode()
    with pytest.raises(SourceError, match="rotations only: those of 21 segments") as caught:
        parse_points(data + bytes(5 * 21 * 68))
    assert caught.value.code == "no_body"


def test_residuals_that_call_every_point_unseen_say_nothing() -> None:
    places = points(5)[..., :3]
    found = parse_points(C3dFile(with_residual(places, -1), LABELS).encode())
    assert found.flags == (RESIDUALS_IGNORED,)
    np.testing.assert_array_equal(found.places, places)
    nothing = parse_points(C3dFile(with_residual(places * 0, -1), LABELS).encode())
    assert nothing.flags == ()
    assert np.isnan(nothing.places).all()


@FEW_EXAMPLES
@given(
    shape=st.tuples(st.integers(1, 40), st.integers(1, 20)),
    processor=st.sampled_from([INTEL, DEC, MIPS]),
    scale=st.sampled_from([-1.0, -0.02, 0.1]),
    analog=st.integers(0, 40),
    first=st.integers(0, 70_000),
    seed=st.integers(0, 100),
)
def test_what_is_written_is_read(
    shape: tuple[int, int], processor: int, scale: float, analog: int, first: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    places = rng.uniform(1, 3000, (*shape, 3)) * rng.choice([-1, 1], (*shape, 3))
    residual = np.where(rng.random(shape) < 0.2, -1, 1)
    residual[0, 0] = 1
    stated = trial(first, first + shape[0] - 1)
    labels = [f"p{i}" for i in range(shape[1])]
    file = C3dFile(with_residual(places, residual), labels, stated, first, None, processor, scale,
                   analog=analog)  # fmt: skip
    found = parse_points(file.encode())
    assert (found.first, found.flags) == (first, ())
    seen = np.where((residual < 0)[..., None], np.nan, places)
    np.testing.assert_allclose(found.places, seen, atol=0.06 if scale > 0 else 1e-3)


@pytest.mark.parametrize(("stated", "rate", "found"), [
    (0.0, 0.0, None), (float("nan"), 0.0, None), (0.0, 120.0, 120.0), (50.0, 0.0, 50.0),
    (50.0, 1e9, 50.0), (1e9, 60.0, 60.0),
])  # fmt: skip
def test_the_rate_is_taken_where_it_is_one(stated: float, rate: float, found: float | None) -> None:
    data = encode(50, rate=rate, parameters={"POINT:RATE": stated})
    assert parse_points(data).rate == found


def test_rotations_behind_the_points_are_no_frames() -> None:
    plain = encode(50)
    start = len(plain) // 512 + 1
    stated = {"ROTATION:USED": 2, "ROTATION:DATA_START": start}
    data = encode(50, parameters=stated | {"POINT:FRAMES": 65535}, last=65535)
    assert len(data) == len(plain)
    with pytest.raises(SourceError, match="for 65535 frames"):
        parse_points(data + b"\1" * 4096)
    found = parse_points(encode(50, parameters=stated) + b"\1" * 4096)
    assert (len(found.places), found.flags) == (50, ())


@pytest.mark.parametrize("used", [7, 40])
def test_a_wrong_number_of_points_is_seen_by_the_size(used: int) -> None:
    found = parse_points(encode(50, parameters={"POINT:USED": used}))
    assert found.places.shape == (50, 13, 3)


@pytest.mark.parametrize("start", [0, 2, 3, 9, 60_000])
@pytest.mark.parametrize("place", ["header", "parameter"])
def test_a_wrong_start_in_one_place_is_seen_by_the_size(start: int, place: str) -> None:
    data = bytearray(
        encode(50, parameters={"POINT:DATA_START": start} if place != "header" else {})
    )
    if place == "header":
        data[16:18] = start.to_bytes(2, "little")
    found = parse_points(bytes(data))
    assert found.places[:, 0, 0].tolist() == list(range(1, 51))


@pytest.mark.parametrize("scale", [-1.0, 0.1])
@pytest.mark.parametrize("analog", [0, 6])
@pytest.mark.parametrize("processor", [INTEL, DEC, MIPS])
def test_all_processors_say_the_same(processor: int, scale: float, analog: int) -> None:
    rng = np.random.default_rng(1)
    places = rng.normal(size=(9, 5, 3)) * 300
    residual = np.zeros((9, 5))
    residual[2, 3] = -1
    fields = {"processor": processor, "scale": scale, "analog": analog, "rate": 119.88}
    data = C3dFile(with_residual(places, residual), LABELS[:5], **fields).encode()
    found = parse_points(data)
    assert np.argwhere(np.isnan(found.places[..., 0])).tolist() == [[2, 3]]
    np.testing.assert_allclose(
        found.places[found.places == found.places],
        places[found.places == found.places].astype(np.float32),
        atol=max(scale, 1e-4),
    )
    assert found.rate == pytest.approx(119.88)


@pytest.mark.parametrize("scale", [-1.0, 0.1])
@pytest.mark.parametrize("processor", [INTEL, DEC])
def test_ezc3d_reads_the_same(processor: int, scale: float, tmp_path: Any) -> None:
    """An oracle that shares no code with ours or with the writer; it knows no MIPS."""
    ezc3d = pytest.importorskip("ezc3d")
    rng = np.random.default_rng(2)
    file = C3dFile(with_residual(rng.normal(size=(9, 5, 3)) * 300), LABELS[:5], scale=scale,
                   processor=processor)  # fmt: skip
    (tmp_path / "a.c3d").write_bytes(file.encode())
    theirs = ezc3d.c3d(str(tmp_path / "a.c3d"))["data"]["points"][:3].transpose(2, 1, 0)
    np.testing.assert_allclose(parse_points(file.encode()).places, theirs, atol=1e-4)


@pytest.mark.parametrize(("change", "code"), [
    ({"parameters": {"POINT:USED": 5000}}, "unsafe"),
    ({"rate": 1e-9}, "format"),
    ({"rate": -50.0}, "format"),
])  # fmt: skip
def test_claims_that_no_recording_has(change: dict[str, Any], code: str) -> None:
    file = C3dFile(points(50), LABELS, **change)
    if "parameters" in change:
        file = C3dFile(np.ones((2, 5000, 4)), LABELS)
    with pytest.raises(SourceError) as caught:
        parse_points(file.encode())
    assert caught.value.code == code
