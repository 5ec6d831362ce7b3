"""A cut that is killed, here or while it uploads, two that race, and who reads meanwhile."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from skeletonllm.storage import join
from skeletonllm.testing.killing.cuts import (
    NAME,
    NEW,
    OLD,
    copy_old,
    cut_undisturbed,
    hash_releases,
    kill_and_recut,
    make_cut,
)
from skeletonllm.testing.killing.reader import look_at
from skeletonllm.testing.processes import HOME, PATIENCE_S, kill_job, make_command, run_job
from tests.faults.road import Bucket
from tests.faults.s3_here import point_s3_at

pytestmark = [pytest.mark.ray, pytest.mark.timeout(600)]

SEED = 20261127
MOMENTS = [0, *(pytest.param(moment, marks=pytest.mark.slow) for moment in (1, 2))]
"""Each is another random moment, and ten seconds of commands; `make test-slow` runs the rest."""


@pytest.fixture(scope="module", params=["folder", pytest.param("s3", marks=pytest.mark.slow)])
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Where releases are made: a folder here, or in an S3."""
    if request.param == "folder":
        yield str(tmp_path_factory.mktemp("releases"))
        return
    bucket: Bucket = request.getfixturevalue("bucket")
    with pytest.MonkeyPatch.context() as patch:
        point_s3_at(bucket.url, patch)
        bucket.make()
        yield bucket.place("cuts")


@pytest.fixture(scope="module")
def undisturbed(place: str, whole: Path) -> tuple[dict[str, str], float]:
    """Hashes of both versions, and the seconds that writing the new one took."""
    root = join(place, "undisturbed")
    spread_s = cut_undisturbed(whole, root)
    return hash_releases(root), spread_s


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_cut_that_is_killed_shows_the_old_release_or_the_new_one(
    moment: int, place: str, whole: Path, undisturbed: tuple[dict[str, str], float]
) -> None:
    expected, spread_s = undisturbed
    root = join(place, f"moment-{moment}")
    copy_old(join(place, "undisturbed"), root)
    delay = random.Random(f"{SEED}/{moment}").uniform(0, spread_s)
    outcome = kill_and_recut(whole, root, expected, delay)
    assert outcome.resumed
    assert outcome.same
    assert outcome.mixes == []
    assert [look.version for look in outcome.looks[:: len(outcome.looks) - 1]] == [OLD, NEW]


@pytest.mark.slow
@pytest.mark.parametrize("file", [".tar", "manifest.json"])
def test_a_cut_that_is_killed_before_a_file_is_no_release_and_goes_on(
    file: str,
    place: str,
    whole: Path,
    undisturbed: tuple[dict[str, str], float],
    tmp_path: Path,
) -> None:
    root, frozen = join(place, f"before-{file.strip('.')}"), tmp_path / "frozen"
    copy_old(join(place, "undisturbed"), root)
    moment = "before_upload" if "://" in place else "before_rename"
    args = make_cut(whole, root)
    assert kill_job(*args, when=frozen.exists, failpoint=f"{moment}:{file}:{frozen}")
    assert look_at(join(root, NAME)).version == OLD
    done = run_job(*args)
    assert done.returncode == 0, done.stderr
    assert hash_releases(root) == undisturbed[0]


def test_of_two_cutters_that_race_one_at_least_finishes_and_none_spoils_it(
    place: str, whole: Path, undisturbed: tuple[dict[str, str], float]
) -> None:
    root = join(place, "race")
    copy_old(join(place, "undisturbed"), root)
    racing = [
        subprocess.Popen(
            make_command(*make_cut(whole, root)),
            cwd=HOME,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=PATIENCE_S)[1] for process in racing]
    codes = [process.returncode for process in racing]
    assert 0 in codes, said
    for code, text in zip(codes, said, strict=True):
        assert code == 0 or "another job is at work on this folder" in text, text
    assert hash_releases(root) == undisturbed[0]
