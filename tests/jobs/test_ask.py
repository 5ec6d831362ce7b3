"""`skeletonllm ask`: what a person and a program read."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from jobs import cli
from skeletonllm.synthesis import synthesize, write_ntu
from tests.skeletonllm.answering.conftest import CLASSES, write_checkpoint

NAME = "S001C001P001R001A010"


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_checkpoint(tmp_path_factory.mktemp("checkpoint"))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = str(tmp_path_factory.mktemp("raw") / f"{NAME}.skeleton")
    write_ntu(path, synthesize("hand waving"))
    return path


def test_a_person_reads_the_class_and_how_sure(
    file: str, checkpoint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["ask", file, "--checkpoint", checkpoint, "--top", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] in CLASSES
    assert lines[1].endswith(f"%  {lines[0]}")
    assert lines[3].endswith("2 others")
    last = rf"3 of \d+ frames of ntu_rgbd/{NAME}; [\d.]+ s from start to answer"
    assert re.fullmatch(last, lines[4])


def test_a_program_reads_one_object_and_pictures_are_written(
    file: str, checkpoint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ["--json", "--frames", str(tmp_path / "seen"), "--classes", "bow", "throw"]
    assert cli.main(["ask", file, "--checkpoint", checkpoint, *more]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["text"] == told["likelihoods"][0]["text"]
    assert {each["text"] for each in told["likelihoods"]} == {"bow", "throw"}
    assert (told["model"], told["kind"], told["clip_id"]) == (
        "tiny-warm_up",
        "recognition",
        f"ntu_rgbd/{NAME}",
    )
    assert told["remarks"] == ["not among the classes of its training: 'bow'"]
    assert told["seconds"] > 0
    assert len(list((tmp_path / "seen").glob("*.png"))) == len(told["frames"]) == 3


def test_words_are_a_question_and_its_text_comes_in_pieces(
    file: str, checkpoint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["ask", file, "Which hand?", "--checkpoint", checkpoint, "--max-tokens", "6"]
    assert cli.main(asked) == 0
    plain = capsys.readouterr().out
    assert "note: this checkpoint was last trained on recognition; an answer to a" in plain
    assert cli.main([*asked, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["kind"] == "question"
    assert told["answer_tokens"] <= 6
    assert plain.startswith(told["text"])


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["nowhere.bvh"], "nowhere.bvh: no such file or folder"),
        (["FILE", "Why?", "--kind", "caption"], "the question 'Why?' beside kind caption"),
        (["FILE", "--kind", "poem"], "kind 'poem'; expected one of recognition"),
        (["FILE#none"], "no clip 'none'"),
        (["FILE", "--checkpoint", "nothing"], "nothing"),
    ],
)
def test_errors_can_be_acted_on(
    argv: list[str],
    words: str,
    file: str,
    checkpoint: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    given = [word.replace("FILE", file) for word in argv]
    if "--checkpoint" not in argv:
        given += ["--checkpoint", checkpoint]
    assert cli.main(["ask", *given]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said
