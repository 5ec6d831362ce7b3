from __future__ import annotations

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skeletonllm.corpora.kinect.utd_mhad import JOINTS, MAX_BYTES, UtdMhadReader
from skeletonllm.motion import Motion
from skeletonllm.synthesis import synthesize
from skeletonllm.synthesis.kinect_writers import encode_mat, encode_utd_mhad
from skeletonllm.testing.memory_files import assert_same_motion, read_one_clip, read_one_reject
from skeletonllm.testing.strategies import FEW_EXAMPLES, motions
from skeletonllm.topology import KINECT_V1

NAME = "a10_s8_t4_skeleton.mat"
READER = UtdMhadReader()
ARRAY = np.arange(20 * 3 * 4).reshape(20, 3, 4) / 10
HEADER = encode_mat({})


def part(kind: int, data: bytes, claim: int | None = None) -> bytes:
    """An element of a MATLAB 5 file: type, size and bytes."""
    return kind.to_bytes(4, "little") + (claim or len(data)).to_bytes(4, "little") + data


def array_part(shape: tuple[int, ...], claim: int | None = None) -> bytes:
    """An array of doubles that holds 100 numbers, whatever it claims."""
    flags = part(6, bytes([6, 0, 0, 0, 0, 0, 0, 0]))
    sizes = b"".join(size.to_bytes(4, "little") for size in shape) + bytes(4)
    dims = part(5, sizes[:-4])
    name = part(1, b"d_skel\0\0", 6)
    return part(14, flags + dims + bytes(-len(dims) % 8) + name + part(9, bytes(800), claim))


def test_what_file_and_name_say() -> None:
    clip = read_one_clip(READER, encode_mat({"d_skel": ARRAY, "more": np.ones(3)}), NAME)
    assert clip.clip_id == "utd_mhad/a10_s8_t4_skeleton"
    assert (clip.label, clip.label_id) == ("draw circle (counter clockwise)", 9)
    assert (clip.subject, clip.repetition) == ("8", "4")
    assert clip.motion.joints.shape == (4, 1, 20, 3)
    assert (clip.motion.topology.name, clip.motion.fps) == ("kinect_v1", 30.0)


def test_joints_are_put_in_the_order_of_the_topology() -> None:
    joints = read_one_clip(READER, encode_mat({"d_skel": ARRAY}), NAME).motion.joints[2, 0]
    for name in ("head", "pelvis", "right_foot", "left_hand"):
        np.testing.assert_allclose(joints[KINECT_V1.index(name)], ARRAY[JOINTS.index(name), :, 2])
    assert sorted(JOINTS) == sorted(KINECT_V1.joints)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int16, ">f8"])
@pytest.mark.parametrize("compressed", [True, False])
def test_numbers_of_any_kind(dtype: str, compressed: bool) -> None:
    array = ARRAY.astype(dtype)
    clip = read_one_clip(READER, encode_mat({"d_skel": array}, compressed=compressed), NAME)
    np.testing.assert_array_equal(
        clip.motion.joints[:, 0, KINECT_V1.index("head")], array[0].T.astype(np.float32)
    )


def test_another_name_is_read_without_a_label() -> None:
    assert read_one_clip(READER, encode_mat({"d_skel": ARRAY}), "ours.mat").label is None


@pytest.mark.parametrize(
    ("data", "code", "message"),
    [
        (b"", "empty", "no bytes"),
        (b"\x89HDF\r\n\x1a\n" + bytes(999), "format", "not a MATLAB 5 file"),
        (HEADER[:100], "truncated", "the header ends early"),
        (HEADER[:126] + b"??" + bytes(99), "format", "byte order"),
        (encode_mat({"other": ARRAY}), "format", "0 arrays 'd_skel'"),
        (
            encode_mat({"d_skel": ARRAY[:19]}),
            "format",
            "d_skel of shape (19, 3, 4); expected (20, 3, T)",
        ),
        (encode_mat({"d_skel": ARRAY[:, :, 0]}), "format", "d_skel of shape (20, 3)"),
        (encode_mat({"d_skel": ARRAY[:, :, :0]}), "no_frames", "0 frames"),
        (encode_mat({"d_skel": ARRAY * 1j}), "format", "an array of complex numbers"),
        (encode_mat({"d_skel": np.full((20, 3, 2), 1.0, object)}), "format", "an array of cells"),
        (encode_mat({"d_skel": {"a": 1}}), "format", "an array of structs"),
        (encode_mat({"d_skel": "text"}), "format", "an array of characters"),
        (encode_mat({"d_skel": ARRAY * np.nan}), "no_body", "nobody is present in any of 4 frames"),
        (encode_mat({"d_skel": ARRAY + np.inf}), "non_finite", "infinite"),
        (encode_mat({"d_skel": ARRAY})[:-20], "truncated", "bytes of an element"),
        (encode_mat({"d_skel": ARRAY}, compressed=False)[:-20], "truncated", "bytes of an element"),
        (HEADER + part(15, b"no zlib"), "format", "damaged"),
        (HEADER + part(15, zlib.compress(bytes(999))[:-9]), "truncated", "ends early"),
        (HEADER + part(15, zlib.compress(bytes(MAX_BYTES + 9))), "unsafe", "bytes unpacked"),
        (HEADER + part(15, zlib.compress(bytes(MAX_BYTES - 8))) * 9, "unsafe", "bytes unpacked"),
        (
            HEADER + array_part((20, 3, 1 << 30)),
            "format",
            "800 bytes of an array (20, 3, 1073741824)",
        ),
        (HEADER + array_part((20, 3, 1 << 31)), "format", "an array (20, 3, -2147483648)"),
        (HEADER + array_part((20, 3, 1), claim=3 << 30), "truncated", "of 3221225472 bytes"),
        (HEADER + part(14, b""), "format", "types []; expected 6, 5, 1"),
    ],
    # scipy writes the clock into its files, and a test's name must not change with it.
    ids=lambda value: value if isinstance(value, str) else "file",
)
def test_bad_files(data: bytes, code: str, message: str) -> None:
    reject = read_one_reject(READER, data, NAME)
    assert (reject.code, message in reject.message) == (code, True), reject.message


def test_an_action_that_does_not_exist() -> None:
    assert read_one_reject(
        READER, encode_mat({"d_skel": ARRAY}), "a28_s1_t1_skeleton.mat"
    ).code == ("unknown_label")


def test_a_synthesized_wave_comes_back() -> None:
    motion = synthesize("hand waving", topology=KINECT_V1, seed=4)
    read = read_one_clip(READER, encode_utd_mhad(motion), NAME).motion
    np.testing.assert_array_equal(read.joints, motion.joints)


@FEW_EXAMPLES
@given(motion=motions(KINECT_V1), compressed=st.booleans())
def test_what_was_written_is_what_is_read(motion: Motion, compressed: bool) -> None:
    read = read_one_clip(READER, encode_utd_mhad(motion, compressed=compressed), NAME).motion
    assert_same_motion(read, motion)
