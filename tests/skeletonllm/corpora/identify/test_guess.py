from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from jobs import cli
from skeletonllm.clip import Clip
from skeletonllm.corpora import get_reader
from skeletonllm.corpora import reader as base
from skeletonllm.corpora.identify import guess, identify_corpus
from skeletonllm.corpora.identify.guess import find_nearest
from skeletonllm.corpora.toolkit.assumed import SKELETON_ASSUMED
from skeletonllm.errors import UsageError
from skeletonllm.synthesis import write_corpora

Write = Callable[[str, str | bytes], Path]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return write_corpora(
        tmp_path_factory.mktemp("raw"),
        ntu_clips_per_action=1,
        nw_ucla_clips_per_action=1,
        humanml3d_clips=2,
        pyskl_clips_per_action=1,
        subjects=1,
        actions=("hand waving", "sit down"),
    )


@pytest.mark.parametrize("corpus", ["ntu_rgbd", "nw_ucla", "humanml3d", "pyskl"])
def test_a_corpus_is_certain_and_says_why(folders: dict[str, str], corpus: str) -> None:
    best, *others = identify_corpus(folders[corpus])
    assert (best.corpus, best.certain, best.read) == (corpus, True, best.tried)
    assert best.reasons[0] == f"{best.read} of {best.read} files tried were read"
    assert not any(guess.certain for guess in others)
    assert [guess.score for guess in others] == sorted((g.score for g in others), reverse=True)


def test_files_of_no_corpus_are_refused_with_the_reasons(write: Write, tmp_path: Path) -> None:
    write("a.json", "{}")
    guesses = identify_corpus(str(tmp_path))
    assert {"nw_ucla", "coco"} <= {guess.corpus for guess in guesses}
    for made in guesses:
        assert (made.score, made.certain, made.read) == (0, False, 0)
        assert made.reasons[1].startswith("refused (")


def test_a_file_in_two_that_cannot_be_read_costs_certainty(
    folders: dict[str, str], write: Write, tmp_path: Path
) -> None:
    whole = min(Path(folders["nw_ucla"]).rglob("*.json"))
    write(f"x/{whole.name}", whole.read_bytes())
    write("x/a01_s01_e99_v01.json", "{}")
    best = identify_corpus(str(tmp_path / "x"))[0]
    assert (best.corpus, best.read, best.tried, best.certain) == ("nw_ucla", 1, 2, False)


def test_two_that_fit_equally_well_are_both_named(
    folders: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Twin(type(get_reader("nw_ucla"))):  # type: ignore[misc]
        name = "twin"

    monkeypatch.setitem(base._READERS, "twin", Twin())
    first, second = identify_corpus(next(str(p) for p in Path(folders["nw_ucla"]).rglob("*.json")))[
        :2
    ]
    assert {first.corpus, second.corpus} == {"nw_ucla", "twin"}
    assert not first.certain
    assert first.reasons[-1] == f"{second.corpus} comes near"


def test_what_a_shape_says_is_never_certain(
    folders: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Guesser(type(get_reader("nw_ucla"))):  # type: ignore[misc]
        name = "guesser"

        def read(self, source: base.Source) -> Iterator[Clip | base.Reject]:
            for item in super().read(source):
                yield replace(item, flags=(SKELETON_ASSUMED,)) if isinstance(item, Clip) else item

    monkeypatch.setitem(base._READERS, "guesser", Guesser())
    first, second = identify_corpus(folders["nw_ucla"])[:2]
    assert (first.corpus, first.certain) == ("nw_ucla", True)
    assert (second.corpus, second.guessed) == ("guesser", True)
    monkeypatch.setattr(guess, "readers", lambda: {"guesser": Guesser()})
    (only,) = identify_corpus(folders["nw_ucla"])
    assert (only.read, only.certain) == (only.tried, False)
    assert "that follows from a shape, a count or a name (skeleton_assumed)" in only.reasons


def test_the_reader_that_came_farthest_is_nearest(
    folders: dict[str, str], write: Write, tmp_path: Path
) -> None:
    whole = min(Path(folders["nw_ucla"]).rglob("*.json"))
    write(f"x/{whole.name}", whole.read_bytes().replace(b"[", b"[1e9,", 3)[:-1])
    write("y/a.json", "{}")
    assert find_nearest(identify_corpus(str(tmp_path / "y"))) is None
    nearest = find_nearest(identify_corpus(str(tmp_path / "x")))
    assert nearest is not None
    assert nearest.nearness == 2


def test_a_reader_that_fails_does_not_end_the_search(
    folders: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing(type(get_reader("bvh"))):  # type: ignore[misc]
        name = "failing"

        def sources(self, root: str) -> list[base.Source]:
            raise ZeroDivisionError(root)

    monkeypatch.setitem(base._READERS, "failing", Failing())
    guesses = {guess.corpus: guess for guess in identify_corpus(folders["nw_ucla"])}
    assert guesses["nw_ucla"].certain
    assert "listing failed: ZeroDivisionError" in guesses["failing"].reasons[0]


def test_nothing_there() -> None:
    with pytest.raises(UsageError, match="no such file or folder"):
        identify_corpus("/nosuch")


def test_the_verb_ends_with_0_if_certain_and_2_if_not(
    folders: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["identify", folders["nw_ucla"]]) == 0
    assert "read it with --corpus nw_ucla" in capsys.readouterr().out
    assert cli.main(["identify", str(tmp_path)]) == 2
    assert "no file of a format we read" in capsys.readouterr().out
    (tmp_path / "a.json").write_text("{}")
    assert cli.main(["identify", str(tmp_path)]) == 2
    assert "no reader could read a file of it" in capsys.readouterr().out
