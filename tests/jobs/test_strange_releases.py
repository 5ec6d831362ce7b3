"""Verbs that read a release, on contents that nobody writes: a sentence, and no traceback."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jobs import cli
from skeletonllm.release import cut_release
from tests.skeletonllm.release.conftest import write_stages
from tests.skeletonllm.release.verify.forge import (
    edit_manifest,
    edit_samples,
    edit_text,
    readmit,
)

Strange = Callable[[Path], None]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("strange")
    given = write_stages(root / "stages")
    return Path(cut_release(str(root / "releases"), "toy", "1.0.0", code="test", **given))


def put(name: str, text: str) -> Strange:
    def change(release: Path) -> None:
        (release / name).write_text(text)
        readmit(release, name)

    return change


def put_in(name: str, key: str, value: Any) -> Strange:
    def change(release: Path) -> None:
        data = json.loads((release / name).read_text())
        data[key] = value
        put(name, json.dumps(data))(release)

    return change


def put_in_sample(**values: Any) -> Strange:
    def change(release: Path) -> None:
        def edit(members: Any) -> None:
            edit_text(members["alpha/001"], lambda meta: meta.update(values))

        edit_samples(release, edit)

    return change


STRANGE: dict[str, Strange] = {
    "statistics 3": put("statistics.json", "3"),
    "statistics nan": put_in("statistics.json", "frames", {"min": float("nan"), "max": 10**400}),
    "statistics infinity": put_in("statistics.json", "clips", float("inf")),
    "statistics lists": put_in("statistics.json", "frames", [1, {"a": "b"}]),
    "licences 3": put("licences.json", "3"),
    "licences no objects": put("licences.json", '{"cc-by-4.0": 3, "nw_ucla": null}'),
    "licences lists": put("licences.json", '{"cc-by-4.0": {"redistribute": ["x"]}}'),
    "topologies 3": put("topologies.json", "3"),
    "skeletons 3": put_in("topologies.json", "kinect_v2", 3),
    "skeleton infinity": put_in("topologies.json", "kinect_v2", {"bones": [[0, float("inf")]]}),
    "views null": lambda release: edit_manifest(release, lambda m: m.update(views=None)),
    "uri 5": put_in_sample(source_uri=5),
    "licence 5": put_in_sample(licence=5),
    "surrogate": put_in("statistics.json", "frames", {"\ud800": 1}),
}


@pytest.mark.parametrize("name", STRANGE)
def test_every_verb_answers_in_words(
    whole: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    release = Path(shutil.copytree(whole, tmp_path / "toy" / "1.0.0"))
    STRANGE[name](release)
    given, out = str(release), str(tmp_path / "out")
    codes = {
        "verify": cli.main(["verify", given, "-w", "1"]),
        "diff": cli.main(["diff", str(whole), given, "--json", f"{out}/a.json"]),
        "diff back": cli.main(["diff", given, str(whole), "--markdown", f"{out}/a.md"]),
        "trace": cli.main(["trace", given, "alpha/001", "--json", f"{out}/b.json"]),
        "make-recipe": cli.main(["make-recipe", given, "-o", out]),
        "publish": cli.main(["publish", given, out, "--private", "-w", "1"]),
    }
    said = capsys.readouterr().err
    assert set(codes.values()) <= {0, 1, 2}
    assert codes["publish"] == (2 if codes["verify"] else 0)
    assert said.count("error: ") == list(codes.values()).count(2)


def test_a_release_that_cannot_be_compared_is_named_with_what_to_do(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    release = Path(shutil.copytree(whole, tmp_path / "x"))
    put("statistics.json", "3")(release)
    assert cli.main(["diff", str(whole), str(release)]) == 2
    said = capsys.readouterr().err
    assert f"{whole} or {release}: cannot be read as a release (TypeError: " in said
    assert "`skeletonllm verify` lists its faults." in said


def test_two_releases_to_view_are_refused_likewise(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    release = Path(shutil.copytree(whole, tmp_path / "x"))
    STRANGE["statistics 3"](release)
    assert cli.main(["view", str(whole), str(release), "--no-browser"]) == 2
    assert f"{whole} or {release}: cannot be read as a release (" in capsys.readouterr().err
