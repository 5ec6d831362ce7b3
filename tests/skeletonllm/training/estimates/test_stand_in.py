from __future__ import annotations

from skeletonllm.training.estimates.stand_in import StandInTokenizer, number_specials

SPECIAL = ("<s>", "<image>", "</s>")


def test_special_tokens_are_one_each_and_text_four_bytes() -> None:
    ids = number_specials(SPECIAL, {"<image>": 7}, 10)
    assert ids == {"<s>": 9, "<image>": 7, "</s>": 8}
    tokens = StandInTokenizer(ids)("<s>frame one<image><image></s>")["input_ids"]
    assert tokens == [9, 0, 0, 0, 7, 7, 8]


def test_text_never_becomes_a_special_token() -> None:
    ids = {"<s>": 0, "<image>": 1}
    tokens = StandInTokenizer(ids)("Frame: ä")["input_ids"]
    assert len(tokens) == 3
    assert set(tokens).isdisjoint(ids.values())
