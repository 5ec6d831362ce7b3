from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.errors import UsageError
from skeletonllm.evaluation.baselines import meanings
from skeletonllm.evaluation.baselines.meanings import Meanings, compare_directions
from skeletonllm.evaluation.class_texts import HASHES, load_class_texts
from tests.skeletonllm.evaluation.baselines.made_up import WORDS, embed_by_letters


def test_each_name_is_embedded_once_and_given_in_the_order_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def note(names: list[str], embedder: str | None) -> object:
        asked.extend(names)
        return embed_by_letters(names, embedder)

    monkeypatch.setattr(meanings, "embed_names", note)
    own = Meanings("lab")
    first = own.embed(["wave", "clap"])
    assert own.embed(["clap", "jump", "wave"]).shape == (3, WORDS)
    np.testing.assert_array_equal(own.embed(["clap", "wave"]), first[::-1])
    assert asked == ["wave", "clap", "jump"]


def test_names_stand_for_themselves_and_descriptions_for_classes() -> None:
    assert Meanings("nw_ucla").word(["donning"]) == ["donning"]
    assert Meanings("nw_ucla").sha256 is None
    told = Meanings("nw_ucla", "descriptions")
    assert told.word(["donning"]) == [load_class_texts("nw_ucla")["donning"]]
    assert told.sha256 == HASHES["nw_ucla"]


def test_a_class_without_a_description_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match="1 classes have no description, such as 'reading'"):
        Meanings("ntu", "descriptions").word(["throw", "reading"])
    with pytest.raises(UsageError, match="texts 'words'; expected one of names, descriptions"):
        Meanings("ntu", "words")


def test_directions_are_compared_whatever_the_lengths() -> None:
    values = np.array([[3.0, 0.0], [0.0, 0.0]])
    np.testing.assert_array_equal(
        compare_directions(values, np.array([[2.0, 0.0], [0.0, -1.0]])), [[1, 0], [0, 0]]
    )
