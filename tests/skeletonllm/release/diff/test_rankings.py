from __future__ import annotations

from skeletonllm.release.diff import compare_releases, judge_step
from skeletonllm.release.diff.rankings import compare_rankings
from skeletonllm.release.diff.side import open_side


def compare(old, new):
    return compare_rankings(open_side(str(old)), open_side(str(new)))


def test_equal_rankings_have_no_change(pristine) -> None:
    found = compare(pristine, pristine)
    assert (found.before, found.after, found.views) == (6, 6, {})
    assert found.added == found.removed == found.redefined == ()


def test_another_order_of_the_hardest_is_told_with_what_stayed(pristine, edit) -> None:
    def swap(rows):
        for row in rows:
            if row["label"] == "jump up":
                row["rank"] = 3 - row["rank"]
        return rows

    (view,) = compare(pristine, edit("negatives.parquet", swap)).views.values()
    assert (view.classes, view.changed, view.shared) == ((3, 3), 1, 1.0)


def test_views_come_go_and_select_otherwise(pristine, edit) -> None:
    def name(sha):
        def change(rows):
            return [*rows, *({**r, "view": "lab/1", "view_sha256": sha} for r in rows)]

        return change

    one = edit("negatives.parquet", name("a" * 64), "1.0.1")
    two = edit("negatives.parquet", name("b" * 64), "1.0.2")
    assert compare(pristine, one).added == ("lab/1",)
    assert compare(one, pristine).removed == ("lab/1",)
    assert compare(one, two).redefined == ("lab/1",)


def test_a_class_that_lost_its_ranking_is_told_as_such(pristine, edit) -> None:
    def drop(rows):
        return [row for row in rows if row["label"] != "jump up"]

    new = edit("negatives.parquet", drop)
    (view,) = compare(pristine, new).views.values()
    assert (view.classes, view.changed, view.lost, view.gained) == ((3, 2), 0, 1, 0)
    for old, later, said in ((pristine, new, "are not ranked any more"), (new, pristine, "now")):
        judged = judge_step(compare_releases(str(old), str(later)))
        (reason,) = [r.text for r in judged.reasons if r.text.startswith("rankings")]
        assert reason.startswith("rankings of view all: 1 classes are ")
        assert reason.endswith(said)


def test_classes_that_took_the_place_of_others_are_a_change(pristine, edit) -> None:
    def rename(rows):
        return [{**r, "label": "x"} if r["label"] == "jump up" else r for r in rows]

    (view,) = compare(pristine, edit("negatives.parquet", rename)).views.values()
    assert (view.classes, view.lost, view.gained) == ((3, 3), 1, 1)
