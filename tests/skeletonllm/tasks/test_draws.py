from __future__ import annotations

from collections import Counter

from skeletonllm.tasks.draws import draw_number, draw_place, key_of_repeat


def test_a_number_is_the_same_for_ever() -> None:
    assert draw_number("caption/1", "toy/0") == 1329335424437781382
    assert draw_number("caption/2", "toy/0") != draw_number("caption/1", "toy/0")


def test_places_are_equally_likely_and_repeats_go_round() -> None:
    first = Counter(draw_place(3, "v", str(key)) for key in range(3000))
    assert all(860 < count < 1140 for count in first.values())  # 5 standard deviations
    around = [draw_place(3, "v", "k", repeat) for repeat in range(6)]
    assert sorted(around[:3]) == [0, 1, 2]
    assert around[:3] == around[3:]


def test_only_the_first_time_has_the_key_itself() -> None:
    assert [key_of_repeat("a", repeat) for repeat in range(3)] == ["a", "a#1", "a#2"]
