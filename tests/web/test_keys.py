"""Where the open clip stands in the list, keys beside whatever has the focus, and false links."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.web.conftest import ROWS, Opener
from tests.web.made_data import PageData, clip_id
from tests.web.truth import read_rows

FAR = 250
"""Beyond the first pages of rows."""


def wait_for_clip(page: Any, clip: str) -> None:
    page.wait_for_function("id => location.hash.includes(`clip=${id}`)", arg=clip)


def is_in_sight(page: Any, row: int) -> bool:
    box, list_ = (page.locator(name).bounding_box() for name in (f"#row-{row}", "#clips"))
    return bool(list_["y"] <= box["y"] <= list_["y"] + list_["height"] - box["height"])


def is_playing(page: Any) -> bool:
    return page.locator(".pl-play").get_attribute("aria-label") == "Pause"


def test_a_link_to_a_clip_far_down_shows_its_row_and_its_neighbours(opened: Opener) -> None:
    page = opened(f"#clip={clip_id(FAR)}&t=0.1")
    page.wait_for_selector(f"#row-{FAR}.chosen")
    assert is_in_sight(page, FAR)
    page.keyboard.press("j")
    wait_for_clip(page, clip_id(FAR + 1))
    page.get_by_role("button", name="Previous clip").click()
    wait_for_clip(page, clip_id(FAR))
    page.get_by_role("button", name="Previous clip").click()
    wait_for_clip(page, clip_id(FAR - 1))


def test_an_open_clip_keeps_its_row_in_sight_when_the_order_changes(
    opened: Opener, data: PageData
) -> None:
    rows = read_rows(data)
    order = [r["clip_id"] for r in sorted(rows, key=lambda r: r["seconds"], reverse=True)]
    clip = order[FAR]
    page = opened(f"#clip={clip}&t=0.1")
    page.wait_for_selector(".row.chosen")
    page.get_by_label("Sort by").select_option("seconds")
    page.get_by_role("button", name="turn round").click()
    page.wait_for_selector(f"#row-{FAR}.chosen")
    assert is_in_sight(page, FAR)
    page.get_by_role("button", name="Next clip").click()
    wait_for_clip(page, order[FAR + 1])


def test_a_clip_that_another_link_opens_comes_into_sight(opened: Opener) -> None:
    page = opened(f"#clip={clip_id(3)}&t=0.1")
    page.wait_for_selector("#row-3.chosen")
    page.evaluate(f"location.hash = '#clip={clip_id(FAR)}&t=0.1'")
    page.wait_for_selector(f"#row-{FAR}.chosen")
    assert is_in_sight(page, FAR)
    page.go_back()
    page.wait_for_selector("#row-3.chosen")
    assert is_in_sight(page, 3)


@pytest.mark.parametrize("how", ["click", "Enter"])
def test_keys_of_the_player_work_while_the_list_has_the_focus(opened: Opener, how: str) -> None:
    page = opened("#clips")
    page.wait_for_selector("#row-2 .id")
    if how == "click":
        page.locator("#row-2").click()
    else:
        page.locator("#clips").press("ArrowDown")
        page.keyboard.press("Enter")
    page.locator(".pl-play").wait_for()
    assert page.evaluate("document.activeElement.id") == "clips"
    before = is_playing(page)
    page.keyboard.press("Space")
    assert is_playing(page) is not before
    assert page.evaluate("document.getElementById('clips').scrollTop") == 0
    page.keyboard.press("]")
    assert page.get_by_label("Speed").input_value() == "1.5"
    loop = page.get_by_role("button", name="Loop")
    was = loop.get_attribute("aria-pressed")
    page.keyboard.press("l")
    assert loop.get_attribute("aria-pressed") != was
    # What a list needs stays its own.
    row = page.locator("#clips").get_attribute("aria-activedescendant")
    page.keyboard.press("ArrowDown")
    assert page.locator("#clips").get_attribute("aria-activedescendant") != row
    page.keyboard.press("End")
    page.wait_for_selector(f"#row-{ROWS - 1} .id")
    page.keyboard.press("Enter")
    wait_for_clip(page, clip_id(ROWS - 1))


@pytest.mark.parametrize("kind", ["checkbox", "slider"])
def test_keys_of_the_page_work_beside_a_box_and_a_slider(opened: Opener, kind: str) -> None:
    page = opened(f"#clip={clip_id(5)}&t=0.1", viewport={"width": 1800, "height": 900})
    page.wait_for_selector("#row-5.chosen")
    page.get_by_role("slider", name="Time").wait_for()
    name = re.compile("^Time$") if kind == "slider" else re.compile("^utd_mhad")
    page.get_by_role(kind, name=name).first.focus()
    page.keyboard.press("j")
    wait_for_clip(page, clip_id(6))
    page.get_by_role("slider", name="Time").wait_for()
    page.get_by_role(kind, name=name).first.focus()
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keys").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="hidden")
    page.get_by_role(kind, name=name).first.focus()
    page.keyboard.press("Escape")
    page.wait_for_selector("#stage", state="detached")


def test_letters_that_are_typed_are_no_keys(opened: Opener) -> None:
    page = opened(f"#clip={clip_id(5)}&t=0.1")
    page.wait_for_selector("#row-5.chosen")
    page.locator("#words").press("j")
    assert page.locator("#words").input_value() == "j"
    assert f"clip={clip_id(5)}" in page.url


@pytest.mark.parametrize(
    ("link", "named"),
    [
        ("#where=bogus:x;corpus:nw_ucla", ["bogus"]),
        ("#range=seconds:a..b&where=corpus:nw_ucla", ["seconds"]),
        ("#sort=bogus:up&where=corpus:nw_ucla", ["bogus"]),
        ("#where=seconds:2;corpus:nw_ucla&range=label:1..2", ["seconds", "label"]),
    ],
)
def test_what_a_link_asks_in_vain_is_left_out_and_told(
    opened: Opener, link: str, named: list[str]
) -> None:
    page = opened(link)
    page.locator(".total b", has_text="100").wait_for()
    told = page.get_by_text("as the link asks: left out.").first.inner_text()
    assert all(f"“{name}”" in told for name in named)
    page.get_by_role("status").filter(has_text="left out. 100 clips").wait_for()
    chips = page.get_by_label("Filters", exact=True).get_by_role("button")
    chips.filter(has_text="Corpus: nw_ucla").wait_for()
    assert chips.count() == len(["Corpus: nw_ucla", "Clear all"])
    assert page.evaluate("location.hash") == "#where=corpus:nw_ucla"


def test_signs_without_a_word_find_nothing_and_the_page_says_why(opened: Opener) -> None:
    page = opened("#q=%25")
    page.get_by_text("“%” holds no word").wait_for()
