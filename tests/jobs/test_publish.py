"""A recipe made, verified, published and rebuilt, as people at terminals do it."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs import cli
from skeletonllm.release import inspect_release
from skeletonllm.testing.processes import read_folder
from tests.skeletonllm.publishing.conftest import Made, made

__all__ = ["made"]


def test_from_a_release_to_its_rebuilding_elsewhere(
    made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipes, bucket, mine = (str(tmp_path / name) for name in ("recipes", "bucket", "mine"))
    assert cli.main(["make-recipe", str(made.release), "-o", recipes]) == 0
    said = capsys.readouterr().out
    assert f"recipe: {recipes}/lab/1.0.0" in said
    assert cli.main(["verify", f"{recipes}/lab/1.0.0"]) == 0
    assert "found: no motion is in a recipe" in capsys.readouterr().out
    assert cli.main(["inspect", f"{recipes}/lab/1.0.0"]) == 0
    assert "recipe of a release, without its motions" in capsys.readouterr().out
    assert cli.main(["publish", f"{recipes}/lab/1.0.0", bucket]) == 0
    assert f"published: {bucket}/lab/1.0.0: " in capsys.readouterr().out
    assert cli.main(["publish", f"{recipes}/lab/1.0.0", bucket]) == 0
    assert "are there already, and the same; nothing was sent" in capsys.readouterr().out
    given = ["--corpus", *made.corpora, "-o", mine]
    assert cli.main(["rebuild", f"{bucket}/lab/1.0.0", *given]) == 0
    assert "24 samples, the same byte for byte" in capsys.readouterr().out
    assert read_folder(Path(mine, "lab", "1.0.0")) == read_folder(made.release)


def test_what_cannot_be_rebuilt_is_named(
    made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    given = [text if "nw_ucla" not in text else f"nw_ucla={empty}" for text in made.corpora]
    flags = ["--corpus", *given, "-o", str(tmp_path / "out")]
    assert cli.main(["rebuild", str(made.recipe), *flags]) == 2
    assert "no .json file" in capsys.readouterr().err
    one = min(Path(made.raw["nw_ucla"]).iterdir())
    (empty / one.name).write_bytes(one.read_bytes())
    assert cli.main(["rebuild", str(made.recipe), *flags]) == 1
    said = capsys.readouterr().out
    assert "9 of 24 clips could not be made again; all are in" in said
    assert said.count("refused: nw_ucla/") == 5


def test_what_is_not_for_the_public_is_refused(
    made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["publish", str(made.release), str(tmp_path / "out")]) == 2
    (said,) = capsys.readouterr().err.strip().splitlines()
    assert "skeletonllm make-recipe" in said
    assert cli.main(["publish", str(made.release), str(tmp_path / "out"), "--private"]) == 0


def test_wrong_places_are_one_sentence_each(
    made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("mine")
    release, file = str(made.release), str(tmp_path / "file")
    stages = made.release.parents[2]
    cut = f"--name lab --version 2.0.0 --shards {stages}/shards --clips {stages}/clips/pyskl"
    for call in (
        f"verify {release}/manifest.json",
        f"rebuild {made.recipe}/manifest.json --corpus a=b",
        f"make-recipe {release} -o {file}",
        f"make-recipe {release} -o {release}",
        f"rebuild {made.recipe} --corpus {' '.join(made.corpora)} -o {made.recipe}",
        f"cut-release {cut} --output {file}",
        f"cut-release {cut} --output {release}",
        f"publish {release} {file} --private",
        f"publish {release} {release} --private",
        f"publish {release} ftp://127.0.0.1:1/y --private",
        f"publish {release} nosuch://host/y --private",
    ):
        assert cli.main(call.split()) == 2, call
        (said,) = capsys.readouterr().err.splitlines()
        assert said.startswith("error: "), call
    assert inspect_release(release).faults == ()


@pytest.mark.ray
@pytest.mark.usefixtures("local_ray")
def test_tars_are_rebuilt_on_many_cores(
    made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ["--corpus", *made.corpora, "-o", str(tmp_path), "-w", "2"]
    assert cli.main(["rebuild", str(made.recipe), *flags]) == 0
    assert read_folder(tmp_path / "lab" / "1.0.0") == read_folder(made.release)
