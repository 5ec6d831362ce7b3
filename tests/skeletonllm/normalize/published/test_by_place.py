"""mmaction2 and the paper take bodies by their place in a frame; worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from skeletonllm.clip import Clip, clips_to_table
from skeletonllm.errors import SourceError, UsageError
from skeletonllm.normalize import normalize
from skeletonllm.normalize.published import mmaction2, paper
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.ntu_files import FILE_NAME, make_body, read_scene, write_scene
from skeletonllm.topology import COCO_17

N = 20
PUBLISHED = ["ctrgcn", "mmaction2", "paper", "pyskl"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / FILE_NAME


@pytest.fixture
def leaving(path: Path) -> Clip:
    """a stands before b in the file, and is away in 5..9; nobody is in 10 and 11."""
    a = [t for t in range(N) if not 5 <= t < 12]
    b = [t for t in range(N) if not 10 <= t < 12]
    return read_scene(
        write_scene(path, N, {"a": (a, make_body(13)), "b": (b, make_body(18, 2, step=0.02))})
    )


def test_the_paper_puts_who_stays_into_the_row_of_who_left(leaving: Clip) -> None:
    clip, raw = normalize(leaving, "paper"), leaving.motion
    assert clip.profile == "paper@1"
    assert clip.person_ids == ("97+98", "98")
    assert clip.frame_index == tuple(range(N))
    found = paper.to_origin(clip)
    np.testing.assert_array_equal(found[:5], raw.joints[:5])
    np.testing.assert_array_equal(found[5:10, 0], raw.joints[5:10, 1])
    np.testing.assert_array_equal(found[12:], raw.joints[12:])
    assert not found[5:12, 1].any()
    assert clip.motion.present.sum(0).tolist() == [18, 13]


def test_the_paper_has_two_rows_always_and_no_third(path: Path) -> None:
    alone = normalize(read_scene(write_scene(path, N, {"a": (range(N), make_body(N))})), "paper")
    assert alone.person_ids == ("97", "nobody")
    assert paper.to_origin(alone).shape == (N, 2, 25, 3)
    ids = {name: (range(N), make_body(N, i, step=i)) for i, name in enumerate("abc")}
    assert normalize(read_scene(write_scene(path, N, ids)), "paper").person_ids == ("97", "98")
    other = normalize(read_scene(write_scene(path, N, ids, "cab")), "paper")
    assert other.person_ids == ("99", "97")


def test_mmaction2_orders_places_by_deviation(leaving: Clip) -> None:
    clip, raw = normalize(leaving, "mmaction2"), leaving.motion.joints
    first = np.where((np.arange(N) // 5 == 1)[:, None, None], raw[:, 1], raw[:, 0])
    assert clip.person_ids == ("97+98", "98")  # who changes place moves two metres
    expected = np.stack([first, raw[:, 1] * leaving.motion.present[:, :1, None]])
    np.testing.assert_array_equal(mmaction2.to_origin(clip), expected.astype(np.float16))
    assert clip.frame_index == tuple(range(N))


def test_mmaction2_keeps_two_of_the_first_four_places(path: Path) -> None:
    steps = (0.01, 0.05, 0.02, 0.04, 0.9)
    bodies = {
        name: (range(N), make_body(N, step=s)) for name, s in zip("abcde", steps, strict=True)
    }
    clip = normalize(read_scene(write_scene(path, N, bodies)), "mmaction2")
    assert clip.person_ids == ("98", "100")


def test_mmaction2_leaves_out_rows_of_nobody(path: Path) -> None:
    alone = normalize(
        read_scene(write_scene(path, N, {"a": (range(3, 7), make_body(4))})), "mmaction2"
    )
    assert alone.person_ids == ("97",)
    assert alone.motion.present[:, 0].nonzero()[0].tolist() == [3, 4, 5, 6]
    zero = read_scene(write_scene(path, N, {"a": (range(N), make_body(N) * 0)}))
    with pytest.raises(SourceError, match="every row sums to zero"):
        normalize(zero, "mmaction2")


@pytest.mark.parametrize("profile", PUBLISHED)
def test_what_comes_out_fits_the_schema(profile: str, path: Path) -> None:
    ids = {"a": (range(N), make_body(N)), "b": (range(15), make_body(15, 2))}
    clip = normalize(read_scene(write_scene(path, N, ids)), profile)
    assert len(clips_to_table([clip])) == 1
    assert clip.slots is None


@pytest.mark.parametrize("profile", PUBLISHED)
def test_bodies_take_their_confidence_and_turns_along(profile: str, path: Path) -> None:
    raw = read_scene(write_scene(path, N, {"a": (range(5, N), make_body(15))}))
    shape = raw.motion.confidence.shape
    confidence = np.where(raw.motion.present[..., None], np.arange(1, 26) / 25, 0)
    turns = np.random.default_rng(0).normal(size=(*shape, 4)) * (confidence[..., None] > 0)
    motion = replace(
        raw.motion,
        confidence=confidence.astype(np.float32),
        orientations=turns.astype(np.float32),
    )
    found = normalize(replace(raw, motion=motion), profile).motion
    assert found.orientations is not None
    assert motion.orientations is not None
    there = found.present[:, 0]
    assert there.sum() == 15
    np.testing.assert_array_equal(found.orientations[there, 0], motion.orientations[5:, 0])
    np.testing.assert_array_equal(found.confidence[there, 0], motion.confidence[5:, 0])


@pytest.mark.parametrize("profile", PUBLISHED)
def test_other_skeletons_and_clips_not_as_read_are_refused(profile: str, path: Path) -> None:
    clip = read_scene(write_scene(path, N, {"a": (range(N), make_body(N))}))
    with pytest.raises(UsageError, match=r"not as its reader gave it \(clean@2\); expected a raw"):
        normalize(normalize(clip), profile)
    coco = synthesize("sit down", topology=COCO_17)
    with pytest.raises(UsageError, match="of a clip of coco_17 in image space; expected NTU RGB"):
        normalize(replace(clip, motion=coco), profile)
