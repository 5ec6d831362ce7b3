"""The example scripts run from end to end, and say what they promise."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

from examples import bring_a_corpus, render_and_train


def test_a_corpus_is_brought_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bring_a_corpus.main(tmp_path)
    printed = capsys.readouterr().out
    assert re.findall(r"^lab/(\w+): ", printed, re.MULTILINE) == [
        "squat_0",
        "squat_1",
        "wave_0",
        "wave_1",
    ]
    assert "rejected" not in printed


def test_what_the_reader_refuses_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bring_a_corpus.write_lab_files(tmp_path, each=1)
    (tmp_path / "dance_0.csv").write_text("a,b\n1,2\n")
    assert len(bring_a_corpus.read_corpus(tmp_path)) == 2
    assert "dance_0.csv (unknown_label)" in capsys.readouterr().out


def test_a_renderer_draws_learns_and_is_taught(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    render_and_train.main(tmp_path)
    pairs = re.findall(r"loss ([\d.]+) -> ([\d.]+)", capsys.readouterr().out)
    assert len(pairs) == 2
    assert all(float(after) < 0.8 * float(before) for before, after in pairs)
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width > 4 * 224
