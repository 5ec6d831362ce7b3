from __future__ import annotations

from skeletonllm.shards.class_order import NO_ID, merge_class_ids, order_classes


def test_classes_of_equal_or_unknown_number_stand_by_name_and_unknown_ones_last() -> None:
    ids = {"ntu": {"b": 3, "a": 3, "z": 0, "c": NO_ID, "d": NO_ID}, "lab": {"wave": 5}}
    assert order_classes(ids) == {"lab": ("wave",), "ntu": ("z", "a", "b", "c", "d")}
    assert list(order_classes(ids)) == ["lab", "ntu"]


def test_parts_together_have_the_classes_of_all_with_their_lowest_numbers() -> None:
    parts = [{"lab": {"wave": 4, "sit": NO_ID}}, {"lab": {"wave": 2, "sit": 7}, "ntu": {"a": 0}}]
    merged = merge_class_ids(parts)
    assert merged == merge_class_ids(parts[::-1])
    assert merged == {"lab": {"wave": 2, "sit": 7}, "ntu": {"a": 0}}
    assert parts[0] == {"lab": {"wave": 4, "sit": NO_ID}}
