from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
import zlib

import numpy as np
import pytest

from skeletonllm.errors import ReleaseError
from skeletonllm.shards import npz
from skeletonllm.shards.npz import pack_npz, unpack_npz

ARRAYS = {
    "deltas": np.arange(-60, 60, dtype=np.int8).reshape(2, 3, 4, 5),
    "number": np.array(2e-4),
    "list": np.arange(5, dtype=np.int32),
    "none": np.zeros((0, 3), np.uint16),
    "seen": np.array([[True, False]]),
    "wide": np.array([-(2**62), 2**62]),
    "real": np.linspace(0, 1, 7, dtype=np.float32),
}


def zip_of(name: str, content: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive in our form of one entry of any content."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
        info.compress_type = method
        archive.writestr(info, content)
    return buffer.getvalue()


def npy(header: str, data: bytes = b"") -> bytes:
    text = header.encode() + b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + data


def test_all_types_and_shapes_come_back_and_numpy_reads_them_too() -> None:
    data = pack_npz(ARRAYS)
    ours = unpack_npz(data)
    with np.load(io.BytesIO(data), allow_pickle=False) as plain:
        assert set(plain.files) == set(ours) == set(ARRAYS)
        for name, array in ARRAYS.items():
            for found in (ours[name], plain[name]):
                assert (found.dtype, found.shape) == (array.dtype, array.shape)
                np.testing.assert_array_equal(found, array)


def test_same_arrays_in_any_order_of_memory_give_the_same_bytes() -> None:
    turned = {name: array.copy(order="F") for name, array in reversed(ARRAYS.items())}
    assert turned["deltas"].strides != ARRAYS["deltas"].strides
    assert pack_npz(turned) == pack_npz(ARRAYS)


def test_an_entry_that_is_not_compressed_is_read() -> None:
    content = npy("{'descr': '<i2', 'fortran_order': False, 'shape': (2,), }", b"\x01\x00\x02\x00")
    assert unpack_npz(zip_of("a.npy", content, zipfile.ZIP_STORED))["a"].tolist() == [1, 2]


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '>i2', 'fortran_order': False, 'shape': (4,), }",
        "{'descr': '<U2', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': [('a', '<i2')], 'fortran_order': False, 'shape': (4,), }",
        "{'descr': '|b8', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '<i2', 'fortran_order': True, 'shape': (4,), }",
        "{'descr': '<i2', 'fortran_order': False, 'shape': (5,), }",
        "{'descr': '<i2', 'fortran_order': False, 'shape': (-4,), }",
        "{'descr': '<i2', 'fortran_order': False, 'shape': (9999999999999, 9999999999999), }",
        "{'descr': '<i2', 'fortran_order': False, 'shape': (" + "9" * 5000 + ",), }",
        "{'descr': '<i2', 'fortran_order': False, 'shape': (__import__('os').getpid(),), }",
        "{'shape': (4,), 'descr': '<i2', 'fortran_order': False, }",
        "(" * 200,
    ],
)
def test_headers_of_another_form_are_refused(header: str) -> None:
    with pytest.raises(ReleaseError, match="damaged npz"):
        unpack_npz(zip_of("a.npy", npy(header, bytes(8))))


def test_other_archives_are_refused() -> None:
    data = pack_npz(ARRAYS)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **ARRAYS)
    others = [
        b"",
        b"PK",
        buffer.getvalue(),  # zip64, and dates
        zip_of("a.txt", b"text"),
        zip_of("a.npy", npy("{'descr': '<i2', 'fortran_order': False, 'shape': (0,), }"), 14),
        data[:-1],
        data + b"x",
        b"x" + data,
        data[: len(data) // 2],
        zip_of("\u00e9.npy", b""),
    ]
    for other in others:
        with pytest.raises(ReleaseError, match="damaged npz"):
            unpack_npz(other)


def test_a_flipped_bit_anywhere_is_seen_but_in_the_last_byte_of_what_is_deflated() -> None:
    data = pack_npz({name: ARRAYS[name] for name in ("deltas", "number")})
    unseen = 0
    for at in range(8 * len(data)):
        flipped = bytearray(data)
        flipped[at // 8] ^= 1 << at % 8
        try:
            unpack_npz(bytes(flipped))
        except ReleaseError:
            continue
        unseen += 1
    assert unseen <= 2 * 7  # bits behind the end of each stream, which say nothing


@pytest.mark.parametrize("stated", [100, 1 << 20, 2**32 - 2])
def test_a_bomb_takes_no_memory(stated: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(npz, "MOST_BYTES", 1 << 20)
    bomb = bytearray(zip_of("a.npy", bytes(50_000_000)))
    struct.pack_into("<I", bomb, 22, stated)  # of the entry's own header
    tracemalloc.start()
    with pytest.raises(ReleaseError, match="damaged npz"):
        unpack_npz(bytes(bomb))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 << 20


def test_many_entries_share_one_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    data = pack_npz({name: np.zeros(1000) for name in "abc"})
    assert len(unpack_npz(data)) == 3
    monkeypatch.setattr(npz, "MOST_BYTES", 20_000)
    with pytest.raises(ReleaseError, match="an entry of"):
        unpack_npz(data)


def test_what_would_not_be_read_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    for array in (np.array(["a"]), np.array([None]), np.zeros(2, ">i4"), np.zeros(1, complex)):
        with pytest.raises(ReleaseError, match="array 'a' of type"):
            pack_npz({"a": array})
    monkeypatch.setattr(npz, "MOST_BYTES", 1000)
    with pytest.raises(ReleaseError, match="arrays of 8256 bytes; expected at most 1000"):
        pack_npz({"a": np.zeros(1000)})


def test_an_array_twice_is_refused() -> None:
    content = npy("{'descr': '<i2', 'fortran_order': False, 'shape': (2,), }", bytes(4))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        names = [zipfile.ZipInfo("a.npy", date_time=(1980, 1, 1, 0, 0, 0)) for _ in range(2)]
        archive.writestr(names[0], content)
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr(names[1], content)
    with pytest.raises(ReleaseError, match="an array twice"):
        unpack_npz(buffer.getvalue())


def test_bytes_behind_a_packed_array_are_found_where_one_looks_closely() -> None:
    content = npy("{'descr': '<i2', 'fortran_order': False, 'shape': (2,), }", bytes(4))
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = deflate.compress(content) + deflate.flush()
    plain = zip_of("a.npy", content, zipfile.ZIP_STORED)
    assert unpack_npz(pack_npz({"a": np.zeros(2, "<i2")}), closely=True)["a"].tolist() == [0, 0]
    hidden = packed + b"hidden"
    sizes = struct.pack("<2I", len(hidden), len(content))
    at, end = plain.index(content), plain.index(b"PK\x01\x02")
    head = plain[:8] + b"\x08\x00" + plain[10:18] + sizes + plain[26:at]
    entry = plain[end : end + 10] + b"\x08\x00" + plain[end + 12 : end + 20] + sizes
    tail = plain[-22:-6] + struct.pack("<I", len(head) + len(hidden)) + plain[-2:]
    forged = head + hidden + entry + plain[end + 28 : -22] + tail
    assert unpack_npz(forged)["a"].tolist() == [0, 0]
    with pytest.raises(ReleaseError, match="longer or shorter"):
        unpack_npz(forged, closely=True)
