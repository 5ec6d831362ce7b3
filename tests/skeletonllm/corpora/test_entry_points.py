"""Readers of other packages: a distribution on sys.path, as pip would leave it."""

from __future__ import annotations

from pathlib import Path

import pytest

from skeletonllm.corpora import get_reader, readers
from skeletonllm.corpora import reader as base
from skeletonllm.errors import UsageError

MODULE = """
class Good:
    name, licence, label_names = "plugged", "unknown", {}
    def sources(self, root): return []
    def read(self, source): return iter(())
class OtherName(Good):
    name = "not plugged"
class NoReader: pass
class Failing:
    def __init__(self): raise ZeroDivisionError("by zero")
"""
POINTS = """
[skeletonllm.readers]
plugged = plugged_lab:Good
renamed = plugged_lab:OtherName
no_reader = plugged_lab:NoReader
failing = plugged_lab:Failing
absent = plugged_lab_nowhere:Good
twice = plugged_lab:Good
ntu_rgbd = plugged_lab:Failing
"""


def install(folder: Path, name: str, points: str) -> None:
    info = folder / f"{name}-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
    (info / "entry_points.txt").write_text(points)


@pytest.fixture(autouse=True)
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "plugged_lab.py").write_text(MODULE)
    install(tmp_path, "plugged_lab", POINTS)
    install(tmp_path, "other_lab", "[skeletonllm.readers]\ntwice = other_lab:Reader\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(base, "_READERS", dict(base._READERS))


def test_a_reader_of_another_package_is_known_by_its_name() -> None:
    reader = get_reader("plugged")
    assert type(reader).__module__ == "plugged_lab"
    assert get_reader("plugged") is reader
    assert readers()["plugged"] is reader


def test_the_broken_do_not_break_the_others() -> None:
    names = set(readers())
    assert {"plugged", "nw_ucla"} <= names
    assert not {"renamed", "no_reader", "failing", "absent", "twice"} & names


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("failing", "failing = plugged_lab:Failing of skeletonllm.readers: ZeroDivisionError: by"),
        ("absent", "No module named 'plugged_lab_nowhere'"),
        ("no_reader", "it is no Reader"),
        ("renamed", "its reader is called 'not plugged'; expected 'renamed'"),
        ("twice", "two packages use this name"),
    ],
)
def test_a_broken_one_is_named_when_it_is_asked_for(name: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        get_reader(name)


def test_ours_go_before_those_of_the_same_name() -> None:
    assert type(get_reader("ntu_rgbd")).__name__ == "NtuReader"


def test_an_unknown_corpus_lists_theirs_too() -> None:
    with pytest.raises(UsageError, match="one of .*nw_ucla, .*plugged"):
        get_reader("nowhere")
