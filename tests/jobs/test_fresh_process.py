"""The whole road for each family of readers, where no verb knows what an earlier one had in mind.

A reader makes skeletons from files. Every later verb runs in a process that never saw the files,
and must know the skeletons from the folder that it opens.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from jobs import cli
from skeletonllm import topology
from skeletonllm.shards import read_index, read_sample
from skeletonllm.storage import read_json, write_json
from skeletonllm.stream.stream import Stream
from skeletonllm.testing.processes import run_job
from skeletonllm.views.view import View
from tests.jobs.families import FAMILIES, LAB_SKELETON, Family

PICTURES = ["--size", "56", "--frames", "2"]
TRAINED = ["--steps", "1", "--batch-size", "2", "--num-frames", "2", "--size", "56"]


def normalize_words(family: Family, root: Path) -> list[str]:
    raw = root / "raw"
    raw.mkdir()
    family.write(raw)
    flags = ["--input", str(raw), "--output", str(root / "clips"), "--licence", "synthetic"]
    return ["normalize", "--corpus", family.corpus, *flags]


def shards_words(clips: list[str], root: Path) -> list[str]:
    return ["build-shards", "--clips", *clips, "--output", str(root / "shards")]


def release_words(clips: list[str], root: Path) -> list[str]:
    flags = ["--shards", str(root / "shards"), "--output", str(root / "releases")]
    return ["cut-release", "--name", "toy", "--version", "0.1.0", "--clips", *clips, *flags]


@pytest.fixture
def forget(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Make this process forget the lab's skeleton, as a fresh one never knew it."""

    def built_in_only() -> None:
        known = {n: t for n, t in topology._REGISTRY.items() if n != LAB_SKELETON}
        monkeypatch.setattr(topology, "_REGISTRY", known)

    return built_in_only


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, local_ray: None) -> Path:
    """Clips and shards of a lab's own skeleton, and the release, cut in a process of its own."""
    folder = tmp_path_factory.mktemp("fresh")
    clips = [str(folder / "clips")]
    assert cli.main(normalize_words(FAMILIES["generic"], folder)) == 0
    assert cli.main(shards_words(clips, folder)) == 0
    done = run_job(*release_words(clips, folder))
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def release(root: Path) -> str:
    return str(root / "releases" / "toy" / "0.1.0")


@pytest.mark.ray
def test_a_release_of_a_labs_own_skeleton_is_looked_at_by_who_never_saw_its_files(
    release: str, tmp_path: Path, forget: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    for words in (["verify"], ["inspect"], ["render", "--out", str(tmp_path), *PICTURES]):
        forget()
        assert cli.main([*words, release]) == 0
    assert LAB_SKELETON in capsys.readouterr().out
    assert 0 <= np.load(tmp_path / "frames.npy").max() <= 1


@pytest.mark.ray
@pytest.mark.parametrize("folder", ["clips", "shards", "releases/toy/0.1.0"])
def test_each_folder_says_which_skeletons_its_clips_have(folder: str, root: Path) -> None:
    assert list(read_json(f"{root}/{folder}/topologies.json")) == [LAB_SKELETON]


@pytest.mark.ray
@pytest.mark.parametrize("folder", ["shards", "releases/toy/0.1.0"])
def test_samples_are_read_by_who_never_saw_the_files(
    folder: str, root: Path, forget: Callable[[], None]
) -> None:
    forget()
    stream = Stream(str(root / folder), View(), batch_size=4)
    assert {s.motion.topology.name for s in next(iter(stream))} == {LAB_SKELETON}
    forget()
    row = read_index(str(root / folder)).to_pylist()[0]
    forget()  # as a worker that is given the row
    assert read_sample(str(root / folder), row).motion.num_frames == 8


@pytest.mark.ray
def test_a_skeleton_that_two_folders_define_otherwise_is_named_with_its_folder(
    root: Path, tmp_path: Path, forget: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "clips"
    write_json(f"{other}/manifest.json", read_json(f"{root}/clips/manifest.json") | {"files": []})
    definition = read_json(f"{root}/clips/topologies.json")[LAB_SKELETON]
    write_json(f"{other}/topologies.json", {LAB_SKELETON: {**definition, "bones": []}})
    forget()
    assert cli.main(release_words([str(root / "clips"), str(other)], root)) == 2
    said = f"error: {other}/topologies.json: {LAB_SKELETON}: a different topology of this name"
    assert said in capsys.readouterr().err
    write_json(f"{other}/topologies.json", {LAB_SKELETON: {"joints": 3}})
    forget()
    assert cli.main(shards_words([str(other)], tmp_path)) == 2
    assert "topologies.json: no definition of a skeleton (KeyError" in capsys.readouterr().err


# Every family, every verb, each in a process of its own: a minute or two a family.


def walk(words: list[str]) -> str:
    """What a verb prints in a process of its own, which must end well."""
    done = run_job(*words)
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {name: tmp_path_factory.mktemp(name) for name in FAMILIES}


def look_and_draw(release: str, out: Path) -> None:
    assert "verified" in walk(["verify", release])
    assert release in walk(["inspect", release])
    walk(["render", release, "--out", str(out), *PICTURES])
    assert 0 <= np.load(out / "frames.npy").max() <= 1


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", FAMILIES)
def test_the_road_of_each_family_each_verb_in_its_own_process(
    name: str, roots: dict[str, Path]
) -> None:
    family, root = FAMILIES[name], roots[name]
    clips, release = [str(root / "clips")], str(root / "releases" / "toy" / "0.1.0")
    walk(normalize_words(family, root))
    walk(["quality", *clips, "--output", str(root / "quality")])
    walk(shards_words(clips, root))
    walk(release_words(clips, root))
    assert read_json(f"{release}/manifest.json")["counts"]["samples"] == family.clips
    look_and_draw(release, root / "pictures")
    trained = run_job("train", "--release", release, "--output", str(root / "run"), *TRAINED)
    if family.labelled:
        assert trained.returncode == 0, trained.stderr
        return
    assert trained.returncode == 2, trained.stderr
    assert "no clip of the release is in the view" in trained.stderr


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_road_of_all_families_in_one_release(roots: dict[str, Path], tmp_path: Path) -> None:
    clips, release = [f"{root}/clips" for root in roots.values()], f"{tmp_path}/releases/toy/0.1.0"
    for name, root in roots.items():
        if not (root / "clips").exists():
            walk(normalize_words(FAMILIES[name], root))
    walk(shards_words(clips, tmp_path))
    walk(release_words(clips, tmp_path))
    look_and_draw(release, tmp_path / "pictures")
    walk(["train", "--release", release, "--output", f"{tmp_path}/run", *TRAINED])
