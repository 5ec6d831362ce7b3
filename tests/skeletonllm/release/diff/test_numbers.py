from __future__ import annotations

from skeletonllm.release.diff.numbers import Moved, compare_numbers
from skeletonllm.release.diff.side import open_side


def test_numbers_are_named_by_their_keys_and_joints_by_their_names(pristine, edit) -> None:
    def change(data):
        data["missing_joints"]["kinect_v2"]["joints"][3] = 0.5
        data["captions"] += 100
        data["frames"]["median"] *= 1.004
        data["fps"] = {}
        return data

    old, new = open_side(str(pristine)), open_side(edit("statistics.json", change))
    found = compare_numbers(old, new)
    told = {number.name: number for number in found.told}
    assert told["captions"].relative == round(100 / told["captions"].old, 6)
    head = told["missing_joints / kinect_v2 / joints / head"]
    assert (head.old, head.new, head.relative) == (0.0, 0.5, None)
    assert told["fps / 30"].new is None
    assert found.below == 1
    assert "frames / median" not in told
    every = compare_numbers(old, new, 0.0)
    assert "frames / median" in {number.name for number in every.told}
    assert every.below == 0
    assert [n.relative is None for n in found.told] == sorted(
        n.relative is None for n in found.told
    )


def test_a_share_of_nothing_is_no_number() -> None:
    assert Moved("a", 0.0, 2.0).relative is None
    assert Moved("a", None, 2.0).relative is None
    assert Moved("a", -2.0, -1.0).relative == 0.5
