"""Search, filters, order and the list: what is shown is what the rows hold."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.web.conftest import ROWS, Opener
from tests.web.made_data import CORPORA, HOSTILE, PageData, clip_id
from tests.web.truth import Row, count, read_rows


@pytest.fixture(scope="session")
def rows(data: PageData) -> list[Row]:
    return read_rows(data)


def total_of(page: Any) -> int:
    """Clips that fit, as the page says."""
    page.wait_for_selector(".total b")
    return int(page.locator(".total b").inner_text().replace(",", ""))


def wait_for_total(page: Any, total: int) -> None:
    page.wait_for_function(
        "n => document.querySelector('.total b')?.textContent === n.toLocaleString('en')", arg=total
    )


def facet_of(page: Any, title: str) -> Any:
    """Words of one column, with their counts."""
    return page.locator(".facet").filter(has=page.locator("summary", has_text=title))


def first_ids(page: Any, many: int) -> list[str]:
    return [page.locator(f"#row-{i} .id").inner_text() for i in range(many)]


def chip(page: Any, word: str) -> Any:
    return page.get_by_role("button", name=re.compile(rf"^\W*{word} [\d,]+$"))


def test_contradicted_clips_are_two_clicks_away_and_the_reason_is_in_sight(
    opened: Opener, rows: list[Row]
) -> None:
    page = opened()
    page.get_by_role("button", name="with a contradicted step").click()
    wait_for_total(page, count(rows, lambda row: "contradicted" in row["verdicts"]))
    page.locator("#row-0").click()
    page.get_by_text(re.compile(r"it rises by \d+ cm")).first.wait_for()
    assert "contradicted" in page.locator("#stage").inner_text()


def test_the_chip_of_contradicted_clips_has_their_count_and_filters(
    opened: Opener, rows: list[Row]
) -> None:
    page = opened("#clips")
    expected = count(rows, lambda row: "contradicted" in row["verdicts"])
    wait_for_total(page, ROWS)
    button = chip(page, "contradicted")
    assert button.inner_text().endswith(f" {expected}")
    button.click()
    wait_for_total(page, expected)
    assert button.get_attribute("aria-pressed") == "true"


def test_a_bar_of_a_chart_filters_by_its_label(opened: Opener, rows: list[Row]) -> None:
    page = opened()
    page.get_by_role("button", name="utd_mhad").click()
    wait_for_total(page, count(rows, lambda row: row["corpus"] == "utd_mhad"))
    assert "where=corpus:utd_mhad" in page.url


@pytest.mark.parametrize("words", ["Unusual17word", "ÚNUSUAL17WORD", clip_id(17)])
def test_words_of_a_rationale_and_of_an_id_find_their_clip(opened: Opener, words: str) -> None:
    page = opened("#clips")
    page.get_by_role("searchbox", name="Search in all columns").fill(words)
    wait_for_total(page, 1)
    assert first_ids(page, 1) == [clip_id(17)]


def test_every_word_must_occur_somewhere(opened: Opener, rows: list[Row]) -> None:
    page = opened("#clips")
    page.get_by_role("searchbox", name="Search in all columns").fill("kick S02 sbu")
    fits = count(
        rows,
        lambda row: (row["label"], row["subject"], row["corpus"]) == ("kick", "S02", "sbu_kinect"),
    )
    assert fits > 0
    wait_for_total(page, fits)


def test_words_of_one_column_widen_and_those_of_two_columns_narrow(
    opened: Opener, rows: list[Row]
) -> None:
    page = opened("#clips")
    for facet, word in (("Label", "kick"), ("Label", "hug"), ("Corpus", "nw_ucla")):
        facet_of(page, facet).get_by_label(word).check()
    expected = count(
        rows, lambda row: row["label"] in ("kick", "hug") and row["corpus"] == "nw_ucla"
    )
    wait_for_total(page, expected)


def test_counts_beside_words_are_what_a_click_would_give(opened: Opener, rows: list[Row]) -> None:
    page = opened("#where=label:kick;corpus:nw_ucla")
    page.wait_for_selector(".facet li")
    for corpus in CORPORA:
        expected = count(rows, lambda r, c=corpus: r["label"] == "kick" and r["corpus"] == c)
        line = facet_of(page, "Corpus").locator("li", has_text=corpus)
        assert int(line.locator(".number").inner_text()) == expected


def test_a_range_leaves_out_what_lies_outside_and_what_has_no_number(
    opened: Opener, rows: list[Row]
) -> None:
    page = opened("#clips")
    page.get_by_label("Grounded, to").fill("0.55")
    page.get_by_label("Grounded, to").press("Enter")
    wait_for_total(
        page, count(rows, lambda row: row["grounded"] is not None and row["grounded"] <= 0.55)
    )
    page.get_by_label("Seconds, from").fill("4")
    page.get_by_label("Seconds, from").press("Enter")
    fits = [row for row in rows if (row["grounded"] or 1) <= 0.55 and row["seconds"] >= 4]
    wait_for_total(page, len(fits))


@pytest.mark.parametrize("column", ["grounded", "seconds", "label", "clip_id", "flags"])
def test_rows_are_sorted_by_any_column_and_rows_without_value_come_last(
    opened: Opener, rows: list[Row], column: str
) -> None:
    key = (lambda row: len(row["flags"])) if column == "flags" else (lambda row: row[column])
    known = [row for row in rows if row[column] is not None]
    missing = [row for row in rows if row[column] is None]
    page = opened("#clips")
    for way in ("up", "down"):
        expected = [r["clip_id"] for r in sorted(known, key=key, reverse=way == "down") + missing]
        page.evaluate(f"location.hash = '#sort={column}:{way}'")
        page.locator("#row-0 .id", has_text=expected[0]).wait_for()
        assert first_ids(page, 6) == expected[:6]
        page.locator("#clips").press("End")
        page.locator(f"#row-{ROWS - 1} .id", has_text=expected[-1]).wait_for()


def test_quality_puts_most_joints_seen_first_and_then_fewest_flags(
    opened: Opener, rows: list[Row]
) -> None:
    page = opened("#clips")
    page.get_by_label("Sort by").select_option("quality")
    page.wait_for_function("() => location.hash.includes('sort=quality:down')")
    best = sorted(rows, key=lambda row: (-row["observed"], len(row["flags"])))
    page.get_by_text(best[0]["clip_id"]).wait_for()
    assert first_ids(page, 3) == [row["clip_id"] for row in best[:3]]


@pytest.mark.parametrize("width", [390, 1440])
def test_only_rows_in_sight_exist_and_the_last_one_can_be_reached(
    opened: Opener, width: int
) -> None:
    page = opened("#clips", viewport={"width": width, "height": 844})
    page.wait_for_selector("#row-0 .id")
    assert page.locator(".tall .row").count() < ROWS / 4
    assert page.locator("#clips").get_attribute("aria-rowcount") == str(ROWS + 1)
    page.locator("#clips").press("End")
    page.wait_for_selector(f"#row-{ROWS - 1} .id")
    assert page.locator(f"#row-{ROWS - 1} .id").inner_text() == clip_id(ROWS - 1)


def test_where_nothing_fits_the_page_says_what_to_do(opened: Opener) -> None:
    page = opened("#q=nosuchword&where=corpus:nw_ucla")
    page.get_by_text("No clip fits all of this.").wait_for()
    page.get_by_role("button", name="Clear all filters").click()
    wait_for_total(page, ROWS)


def test_a_filter_is_taken_away_where_it_is_shown(opened: Opener, rows: list[Row]) -> None:
    page = opened("#q=kick&where=corpus:nw_ucla")
    page.get_by_role("button", name="Corpus: nw_ucla").click()
    wait_for_total(page, count(rows, lambda row: "kick" in str(row["label"])))


def test_counts_are_announced(opened: Opener, rows: list[Row]) -> None:
    page = opened("#clips")
    chip(page, "contradicted").click()
    expected = count(rows, lambda row: "contradicted" in row["verdicts"])
    page.get_by_role("status").filter(has_text=f"{expected} clips").wait_for()


def test_a_label_that_is_markup_is_text(opened: Opener) -> None:
    page = opened(f"#clip={clip_id(7)}")
    page.get_by_role("heading", name=HOSTILE).wait_for()
    assert page.locator("#row-7 .label").inner_text() == HOSTILE
    assert page.locator("main script").count() == 0


def test_the_row_of_a_clip_that_a_link_opens_is_in_sight(opened: Opener) -> None:
    page = opened(f"#clip={clip_id(60)}")
    page.wait_for_selector("#row-60.chosen")
    box, list_ = (page.locator(name).bounding_box() for name in ("#row-60", "#clips"))
    assert list_["y"] <= box["y"] <= list_["y"] + list_["height"] - box["height"]
