from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora.mocap.asfamc import SKELETON_BY_FIT, AsfAmcReader
from skeletonllm.corpora.reader import Reject, read_clips
from tests.skeletonllm.corpora.mocap.test_asfamc import amc, asf, some_values

Write = Callable[[str, str | bytes], Path]
MOTION = amc(some_values())


def read(root: Path | str) -> Clip | Reject:
    reader = AsfAmcReader()
    (source,) = reader.sources(str(root))
    clips, rejects = read_clips(reader, source)
    (item,) = [*clips, *rejects]
    return item


@pytest.mark.parametrize(
    ("skeleton", "motion"),
    [
        ("a/Subject01.asf", "a/walk.amc"),
        ("a/VICON.ASF", "a/01_01.amc"),
        ("a/WALK.asf", "a/walk_01.amc"),
        ("a/02.asf", "a/02/02_01.amc"),
        ("a/02.Asf", "a/02/02_01.AMC"),
        ("a/somebody.asf", "a/takes/02_01.amc"),
    ],
)
def test_the_only_skeleton_that_fits_is_taken_and_flagged(
    skeleton: str, motion: str, write: Write
) -> None:
    root = write(motion, MOTION).parent
    write(skeleton, asf())
    clip = read(root)
    assert isinstance(clip, Clip)
    assert SKELETON_BY_FIT in clip.flags


def test_a_skeleton_of_its_name_is_not_flagged(write: Write) -> None:
    root = write("a/02_01.amc", MOTION).parent
    write("a/02.asf", asf())
    write("a/03.asf", asf(length=0.5))
    clip = read(root)
    assert isinstance(clip, Clip)
    assert SKELETON_BY_FIT not in clip.flags


def test_several_that_fit_are_named_and_none_is_taken(write: Write) -> None:
    root = write("a/walk.amc", MOTION).parent
    write("a/anna.asf", asf())
    write("a/bob.asf", asf(length=0.5))
    reject = read(root)
    assert isinstance(reject, Reject)
    assert (reject.code, reject.message[:45]) == (
        "unreadable",
        "2 skeleton files fit it: anna.asf, bob.asf; e",
    )


def test_two_copies_of_one_skeleton_are_one(write: Write) -> None:
    root = write("a/walk.amc", MOTION).parent
    write("a/anna.asf", asf())
    write("a/copy of anna.asf", asf())
    assert isinstance(read(root), Clip)


@pytest.mark.parametrize(
    "other", [asf().replace("ltibia", "tail"), asf().replace("dof rx\n", "dof rx ry\n"), "no ASF"]
)
def test_a_skeleton_that_does_not_fit_is_not_taken(other: str, write: Write) -> None:
    root = write("a/walk.amc", MOTION).parent
    write("a/anna.asf", other)
    reject = read(root)
    assert isinstance(reject, Reject)
    assert "no skeleton file beside it that fits it (anna.asf" in reject.message
    write("a/bob.asf", asf())
    assert isinstance(read(root), Clip)


def test_one_beside_it_comes_before_one_above_it(write: Write) -> None:
    root = write("a/b/walk.amc", MOTION).parent
    write("a/anna.asf", asf(length=0.5))
    write("a/b/bob.asf", asf())
    clip = read(root)
    assert isinstance(clip, Clip)


def test_it_is_found_in_an_archive(write: Write, tmp_path: Path) -> None:
    with ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.writestr("cmu/02/walk.amc", MOTION)
        archive.writestr("cmu/anna.asf", asf())
    clip = read(tmp_path / "set.zip")
    assert isinstance(clip, Clip)
    assert SKELETON_BY_FIT in clip.flags


def test_keywords_may_be_in_capitals(write: Write) -> None:
    root = write("a/02_01.amc", MOTION).parent
    write("a/02.asf", asf().upper())
    assert isinstance(read(root), Clip)
