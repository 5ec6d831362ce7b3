from __future__ import annotations

from collections import Counter

from skeletonllm.evaluation.responses.exchange import choose_givers

ROWS = [
    {"clip_id": f"{label}/{i}", "label": label, "label_namespace": "lab", "topology": "kinect_v2"}
    for label in ("wave", "sit", "throw")
    for i in range(8)
]


def test_every_clip_is_shown_with_the_motion_of_another_class() -> None:
    givers = choose_givers(ROWS)
    assert set(givers) == {row["clip_id"] for row in ROWS}
    assert all(clip.split("/")[0] != giver.split("/")[0] for clip, giver in givers.items())


def test_pairs_do_not_depend_on_the_order_of_the_list() -> None:
    assert choose_givers(ROWS) == choose_givers(ROWS[::-1])


def test_the_clips_of_a_class_are_not_all_shown_the_same_motion() -> None:
    """In a list sorted by class, the next clip of another class is one and the same for all."""
    givers = choose_givers(ROWS)
    for label in ("wave", "sit", "throw"):
        given = Counter(g for clip, g in givers.items() if clip.startswith(label))
        assert max(given.values()) <= 4


def test_skeletons_and_namespaces_are_not_mixed_and_a_lone_class_has_no_partner() -> None:
    other = [{**row, "topology": "smpl_22", "clip_id": f"x{row['clip_id']}"} for row in ROWS[:8]]
    assert choose_givers([*ROWS, *other]) == choose_givers(ROWS)


def test_clips_without_a_label_are_shown_with_the_next_one() -> None:
    bare = [{**row, "label": None} for row in ROWS]
    givers = choose_givers(bare)
    assert all(clip != giver for clip, giver in givers.items())
    assert sorted(givers.values()) == sorted(givers)
    assert choose_givers(bare[:1]) == {}
