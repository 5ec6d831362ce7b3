from __future__ import annotations

import random
import tracemalloc

import numpy as np
import pytest

from skeletonllm.corpora.formats.c3d_bytes import Numbers, Parameter, parse_sections
from skeletonllm.corpora.formats.c3d_frames import parse_points
from skeletonllm.errors import SourceError
from skeletonllm.testing.mocap.c3d_files import DEC, INTEL, MIPS, C3dFile, with_residual

LABELS = ["C7", "LKNE", "RKNE"]
PLAIN = C3dFile(with_residual(np.ones((6, 3, 3))), LABELS)


def stated(kind: int, data: bytes, *shape: int) -> Parameter:
    return Parameter(kind, shape, data, Numbers(INTEL))


@pytest.mark.parametrize("processor", [INTEL, DEC, MIPS])
def test_sections_of_all_processors(processor: int) -> None:
    file = C3dFile(PLAIN.points, LABELS, {"TRIAL:NAME": "walk"}, processor=processor, rate=119.88)
    sections = parse_sections(file.encode())
    header = sections.header
    assert (header.points, header.first, header.last, header.scale) == (3, 1, 6, -1.0)
    assert sections.texts("POINT:LABELS") == LABELS
    assert sections.texts("TRIAL:NAME", "TRIAL:NONE") == ["walk"]
    assert sections.number("POINT:RATE") == pytest.approx(119.88)
    assert sections.count("POINT:FRAMES") == 6
    assert sections.count("POINT:LONG_FRAMES") is None


def test_a_number_of_vax_is_no_ieee_number() -> None:
    """1.0 is 0x4080 0x0000 there; and a zero may have any fraction (VAX Architecture Manual)."""
    assert Numbers(DEC).floats(bytes([0x80, 0x40, 0, 0])).tolist() == [1.0]
    assert Numbers(DEC).floats(bytes([0x20, 0xC1, 0, 0])).tolist() == [-2.5]
    assert Numbers(DEC).floats(bytes([0x12, 0x00, 0x34, 0x12])).tolist() == [0.0]


def test_whole_numbers_in_any_form() -> None:
    assert stated(2, bytes([50, 0])).count() == 50
    assert stated(2, bytes([255, 255])).count() == 65535
    assert stated(2, bytes([1, 0, 1, 0]), 2).count() == 65537
    assert stated(2, bytes([1, 0, 1, 0]), 2, 1).count() == 65537
    assert stated(4, np.float32(70_000).tobytes()).count() == 70_000
    assert stated(4, np.array([464, 1], np.float32).tobytes(), 2).count() == 66_000
    assert stated(4, np.int32(70_000).tobytes()).count() == 70_000
    assert stated(1, b"\7").count() == 7
    assert stated(4, np.float32("nan").tobytes()).count() is None
    assert stated(4, np.float32(-3).tobytes()).count() is None
    assert stated(-1, b"50").count() is None
    assert stated(2, b"", 0).count() is None


def test_text_is_cut_into_lines_of_its_first_dimension() -> None:
    assert stated(-1, b"ab c\0 ", 3, 2).texts() == ["ab", "c"]
    assert stated(-1, b"", 0, 5).texts() == []
    assert stated(2, bytes([50, 0])).texts() == []
    assert stated(-1, "Zo\u00eb".encode(), 4, 1).texts() == ["Zo\u00eb"]
    assert stated(-1, "Zo\u00eb".encode("latin-1"), 3, 1).texts() == ["Zo\u00eb"]


@pytest.mark.parametrize(("data", "code", "found"), [
    (b"BVH", "format", "no C3D header"),
    (b"\2", "format", "no C3D header"),
    (b"\2\x50", "truncated", "2 bytes"),
    (b"\xff\x50" + bytes(1022), "truncated", "1024 bytes"),
    (b"\2\x50" + bytes(1022), "format", "processor 0"),
])  # fmt: skip
def test_what_is_no_c3d_is_said(data: bytes, code: str, found: str) -> None:
    with pytest.raises(SourceError, match=found) as caught:
        parse_sections(data)
    assert caught.value.code == code


def test_damage_in_a_group_that_is_not_read_is_no_reason_to_refuse() -> None:
    data = C3dFile(PLAIN.points, LABELS, {"FORCE_PLATFORM:ZERO": np.array([1, 0])}).encode()
    at = data.index(b"ZERO") + len("ZERO") + 2
    damaged = data[:at] + b"\3" + data[at + 1 :]  # numbers of 3 bytes
    assert parse_points(damaged).places.shape == (6, 3, 3)


def test_damage_in_a_group_that_is_read_is_said() -> None:
    data = PLAIN.encode()
    at = data.index(b"LABELS") + len("LABELS") + 3
    with pytest.raises(SourceError, match="parameter 'LABELS'"):
        parse_points(data[:at] + b"\xff" + data[at + 1 :])


def test_groups_may_stand_behind_their_parameters() -> None:
    """The order of records is free."""
    file = C3dFile(PLAIN.points, LABELS, groups_last=True)
    assert file.encode() != PLAIN.encode()
    assert parse_sections(file.encode()).texts("POINT:LABELS") == LABELS


def test_noise_is_an_error_and_takes_no_memory() -> None:
    rng = random.Random(3)
    whole = PLAIN.encode()
    tracemalloc.start()
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(rng.choice((1, 3, 30))):
            data[rng.randrange(len(data))] = rng.randrange(256)
        try:
            found = parse_points(bytes(data))
        except SourceError:
            continue
        assert found.places.nbytes <= len(data) * 6
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20
