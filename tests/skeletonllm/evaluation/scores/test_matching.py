"""Two rules for the class that a text names, each as it says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skeletonllm.errors import UsageError
from skeletonllm.evaluation.scores.matching import (
    MATCHERS,
    is_right_published,
    match_exact,
    match_published,
)
from skeletonllm.testing.strategies import FEW_EXAMPLES

NAMES = (
    *("throw", "throw up cap/hat", "cheer (raise arms)", "hand waving", "put on hat/cap"),
    *("punch/slap someone", "nausea/vomiting", "Touch Someone's Pocket"),
)
PIECES = st.sampled_from(
    [*NAMES, *map(str.upper, NAMES), "Label: ", "\n", "\r\n", "\t", "error", "a person ", ".", " "]
)
TEXTS = st.lists(PIECES | st.text(max_size=3), max_size=6).map("".join)


@pytest.fixture(scope="session")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], bool]:
    """The published way: a line in a file of answers, read again, counted for one clip."""
    path = tmp_path_factory.mktemp("published") / "answers.tsv"

    def count(path: Path, text: str, target: str) -> bool:
        with path.open("w", encoding="utf-8") as stream:
            stream.write(f"A001\t{text}\n")
        with path.open(encoding="utf-8", errors="ignore") as stream:
            rows = [line.removesuffix("\n").split("\t", 1) for line in stream if "\t" in line]
        answers = [row[1].lower().strip() for row in rows if row[0] == "A001"]
        sound = [answer for answer in answers if answer.find("error") < 0]
        hits = [answer for answer in sound if answer.find(target.lower()) >= 0]
        return len(sound) > 0 and 2 * len(hits) >= len(sound)

    return lambda text, target: count(path, text, target)


@settings(FEW_EXAMPLES, max_examples=200)
@given(text=TEXTS, target=st.sampled_from(NAMES))
def test_published_counts_as_the_published_file_does(
    judge: Callable[[str, str], bool], text: str, target: str
) -> None:
    if "\nA001\t" not in text.replace("\r", "\n"):
        assert is_right_published(text, target) == judge(text, target)


@pytest.mark.parametrize(
    ("text", "target", "right"),
    [
        ("throw up cap/hat", "throw", True),
        ("They THROW it.", "throw", True),
        ("overthrown", "throw", True),
        ("throw, no error", "throw", False),
        ("Two hands.\nLabel: throw", "throw", False),
        ("\nthrow", "throw", False),
        ("", "throw", False),
        ("touch someone's pocket", "Touch Someone's Pocket", True),
        ("throw  up cap/hat", "throw up cap/hat", False),
    ],
)
def test_published_looks_for_the_name_anywhere_in_the_first_line(
    text: str, target: str, right: bool
) -> None:
    assert is_right_published(text, target) is right


@FEW_EXAMPLES
@given(text=TEXTS)
def test_published_names_the_longest_name_that_it_finds(text: str) -> None:
    found = [name for name in NAMES if is_right_published(text, name)]
    named = match_published(text, NAMES)
    assert named in found if found else named == ""
    assert all(len(named) >= len(name) for name in found)


def test_a_name_within_another_tells_the_rules_apart() -> None:
    assert match_exact("throw up cap/hat", ["throw"]) == ""
    assert match_published("throw up cap/hat", ["throw"]) == "throw"
    for match in MATCHERS.values():
        assert match("throw up cap/hat", NAMES) == "throw up cap/hat"
        assert match("Throw.", NAMES) == "throw"


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        " {}\n",
        "{}.",
        '"{}"',
        "'{}'.",
        "**{}**",
        "“{}.”",
        "Label: {}",
        "He moves.\nLabel: {}.",
        "A.\n\n  Label:{}\n\n",
    ],
)
@pytest.mark.parametrize("name", NAMES)
def test_exact_takes_a_whole_name_in_any_case_and_quotes(text: str, name: str) -> None:
    for form in (name, name.upper(), name.replace(" ", "  ")):
        assert match_exact(text.format(form), NAMES) == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        "...",
        "Label:",
        "throwing",
        "throw or hand waving",
        "I see: throw",
        "The answer is throw",
        "throw\nLabel: jump",
        "throw\nLabel:",
        "Label: throw\nI am sure.",
        "hand  wa ving",
        "hand-waving",
    ],
)
def test_exact_takes_nothing_else(text: str) -> None:
    assert match_exact(text, NAMES) == ""


def test_a_name_of_punctuation_is_a_name() -> None:
    assert match_exact("<", ["<", ">"]) == "<"
    assert match_exact("", ["<", ">"]) == ""


def test_names_that_exact_cannot_tell_apart_are_refused() -> None:
    with pytest.raises(UsageError, match=r"'Wave\.' and 'wave'.*rename"):
        match_exact("wave", ["Wave.", "wave"])
