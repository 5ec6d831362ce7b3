from __future__ import annotations

from pathlib import Path

from skeletonllm.release.diff import (
    compare_releases,
    judge_step,
    list_sections,
    write_changelog,
)


def test_an_entry_has_the_step_its_reasons_and_only_what_changed(
    pristine, cut, corpora, make_clip
) -> None:
    first, second = corpora
    more = [*first, make_clip("alpha", 9, licence="cc-by-4.0")]
    found = compare_releases(str(pristine), cut("1.1.0", more, second, parent=str(pristine)))
    entry = write_changelog(found, judge_step(found))
    assert entry.startswith("## toy 1.1.0\n\nSince 1.0.0 (")
    assert "this is a minor step; the versions say 1.0.0 -> 1.1.0: right." in entry
    assert "- minor: 1 clips added\n" in entry
    assert "| added | 1 | alpha: 1; alpha/009 |" in entry
    assert "| saved state of a stream | next epoch: `successor=True` begins" in entry
    assert "### Questions" not in entry
    titles = [section.title for section in list_sections(found)]
    assert titles[:2] == ["Clips", "Classes"]
    assert found.new.sha256[:12] not in entry  # the card of the release itself holds this text


def test_long_lists_are_cut_and_counted(pristine, edit) -> None:
    def rename(rows):
        for row in rows:
            row["label"] = f"{row['label']} {row['clip_id']}"
        return rows

    found = compare_releases(str(pristine), edit("index.parquet", rename))
    (classes,) = [s for s in list_sections(found) if s.title == "Classes"]
    assert len(classes.rows) + classes.left == 11 + 3
    (clips,) = [s for s in list_sections(found) if s.title == "Clips"]
    (label,) = [row for row in clips.rows if row[0] == "label changed"]
    assert label == ("label changed", "11", "alpha/000, alpha/001, alpha/002 and 8 more")


def test_nothing_changed_leaves_order_alone(pristine: Path) -> None:
    found = compare_releases(str(pristine), str(pristine))
    assert [section.title for section in list_sections(found)] == ["Order and saved states"]
    entry = write_changelog(found, judge_step(found))
    assert "nothing changed; the versions say 1.0.0 -> 1.0.0: right." in entry


def test_numbers_that_are_none_are_shown_as_such(pristine, edit) -> None:
    def change(told):
        return {**told, "clips": float("inf"), "persons": float("nan")}

    found = compare_releases(str(pristine), edit("statistics.json", change))
    told = {row[0]: row[2] for s in list_sections(found) for row in s.rows if len(row) > 2}
    assert (told["clips"], told["persons"]) == ("inf", "nan")
