from __future__ import annotations

import random

from benchmarks.grounding.edits import draw_edits, draw_told, tabulate_edits
from benchmarks.grounding.word_edits import KINDS, edit_sentence


def test_changed_words_are_caught_and_unchanged_sentences_are_not_accused() -> None:
    *kinds, total = tabulate_edits(list(draw_edits(300, seed=0)))
    assert total["changed"] == 300
    assert float(total["caught %"]) >= 98.0
    assert total["accused unchanged"] == 0
    assert all(float(row["caught %"]) >= 95.0 for row in kinds)


def test_an_edit_changes_one_word_of_its_kind() -> None:
    rng = random.Random(3)
    for kind in KINDS:
        edit = None
        while edit is None:
            told = draw_told(rng)
            edit = edit_sentence(told.text, rng, kind)
        assert edit.kind == kind
        assert edit.text != told.text
        assert edit.text.replace(edit.now, edit.was, 1).split()[0] == told.text.split()[0]


def test_a_sentence_without_such_a_word_is_not_edited() -> None:
    assert edit_sentence("The torso twists.", random.Random(0), "count") is None
