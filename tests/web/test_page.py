"""The page as a whole: links, keys, phone, themes, screen readers, and what it says when broken."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.web.conftest import Opener
from tests.web.made_data import PageData, clip_id
from tests.web.made_html import make_html
from tests.web.test_list import wait_for_total
from tests.web.truth import count, read_rows

PLACES = {
    "glance": "",
    "list": "#where=verdicts:contradicted",
    "clip": f"#clip={clip_id(14)}&where=verdicts:contradicted",
    "two clips": f"#clip={clip_id(14)}&vs={clip_id(15)}",
    "nothing": "#q=nosuchword",
}
WIDTHS = (1440, 1024, 768, 390, 320)


def settle(page: Any, place: str) -> None:
    """Wait until a place is drawn."""
    waits = {"glance": ".card", "list": "#row-0 .id", "nothing": ".empty .lead"}
    page.wait_for_selector(waits.get(place, "#stage canvas"))


@pytest.mark.parametrize("place", PLACES)
def test_no_place_logs_an_error_asks_a_network_or_runs_off_a_screen(
    opened: Opener, place: str
) -> None:
    page = opened(PLACES[place])
    settle(page, place)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        page.wait_for_timeout(100)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert len(opened.asked) == 1


def test_a_link_opens_the_same_view(opened: Opener) -> None:
    page = opened(
        f"#clip={clip_id(40)}&t=0.5&vs={clip_id(41)}&q=hand&where=corpus:utd_mhad"
        "&range=seconds:1.5..&sort=grounded:up"
    )
    settle(page, "clip")
    assert page.get_by_role("searchbox", name="Search in all columns").input_value() == "hand"
    assert page.get_by_label("Sort by").input_value() == "grounded"
    page.get_by_role("button", name="Seconds: at least 1.50").wait_for()
    page.get_by_role("button", name="Corpus: utd_mhad").wait_for()
    assert page.locator("#stage code", has_text=clip_id(40)).is_visible()
    assert page.locator("#stage canvas").count() == 2
    assert "t=0.5" in page.url


def test_a_link_to_a_clip_that_is_not_there_says_so(opened: Opener) -> None:
    page = opened("#clip=no/such/clip")
    page.get_by_text('This page holds no clip "no/such/clip".').wait_for()
    page.get_by_role("button", name="Back to the list").click()
    page.wait_for_selector("#stage", state="detached")


def test_back_and_forward_walk_through_what_was_looked_at(opened: Opener) -> None:
    page = opened()
    settle(page, "glance")
    page.get_by_role("button", name="utd_mhad").click()
    page.locator("#row-2").click()
    settle(page, "clip")
    page.go_back()
    page.wait_for_selector("#stage", state="detached")
    page.go_back()
    settle(page, "glance")
    page.go_forward()
    page.get_by_role("button", name="Corpus: utd_mhad").wait_for()
    page.go_forward()
    settle(page, "clip")


def test_the_list_is_driven_by_keys_alone(opened: Opener, data: PageData) -> None:
    page = opened()
    settle(page, "glance")
    page.keyboard.press("/")
    page.wait_for_function("() => document.activeElement.id === 'words'")
    page.keyboard.type("kick")
    page.keyboard.press("Escape")
    wait_for_total(page, count(read_rows(data), lambda row: row["label"] == "kick"))
    page.locator("#clips").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    settle(page, "clip")
    second = page.locator("#row-1 .id").inner_text()
    assert f"clip={second}" in page.url
    page.keyboard.press("ArrowDown")
    page.keyboard.press("v")
    page.wait_for_function("() => document.querySelectorAll('#stage canvas').length === 2")
    page.keyboard.press("j")
    third = page.locator("#row-2 .id").inner_text()
    page.wait_for_function("id => location.hash.includes(`clip=${id}`)", arg=third)
    page.keyboard.press("Escape")
    page.wait_for_selector("#stage", state="detached")
    page.keyboard.press("x")
    page.wait_for_function("() => location.hash === '#clips'")


def test_the_help_of_keys_opens_and_closes_by_keys(opened: Opener) -> None:
    page = opened("#clips")
    settle(page, "list")
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keys").wait_for()
    page.keyboard.press("c")
    assert "contradicted" not in page.url
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="hidden")


def test_a_second_clip_stands_beside_the_first_until_it_is_taken_away(opened: Opener) -> None:
    page = opened(f"#clip={clip_id(0)}")
    settle(page, "clip")
    page.get_by_role("button", name=f"Side by side: {clip_id(3)}").click()
    page.wait_for_function("() => document.querySelectorAll('#stage canvas').length === 2")
    assert f"vs={clip_id(3)}" in page.url
    page.get_by_role("button", name=f"Side by side: {clip_id(3)}").click()
    page.wait_for_function("() => document.querySelectorAll('#stage canvas').length === 1")
    assert "vs=" not in page.url


def test_the_link_is_copied_by_a_key(opened: Opener) -> None:
    page = opened("#where=corpus:nw_ucla")
    settle(page, "list")
    page.keyboard.press("y")
    page.get_by_role("status").filter(
        has_text=re.compile("Link copied|take the address")
    ).wait_for()


def test_on_a_phone_an_opened_clip_comes_into_sight(opened: Opener) -> None:
    page = opened("#clips", viewport={"width": 390, "height": 844})
    settle(page, "list")
    page.locator("#row-1").click()
    settle(page, "clip")
    page.wait_for_function(
        "() => document.querySelector('#stage').getBoundingClientRect().top < 200"
    )


def test_the_theme_follows_the_system_until_it_is_switched(opened: Opener) -> None:
    page = opened(color_scheme="dark")
    settle(page, "glance")
    background = "() => getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(background)
    page.get_by_role("button", name="Light theme").click()
    assert page.evaluate(background) != dark
    page.emulate_media(color_scheme="light")
    page.get_by_role("button", name="Dark theme").click()
    assert page.evaluate(background) == dark


@pytest.mark.parametrize("place", PLACES)
def test_axe_finds_nothing_in_either_theme(opened: Opener, place: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs the extra dev")
    page = opened(PLACES[place], color_scheme="light", reduced_motion="reduce")
    settle(page, place)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.wait_for_function(f"() => document.documentElement.dataset.theme === '{scheme}'")
        page.wait_for_timeout(200)
        found = axe.Axe().run(page).response["violations"]
        told = [(fault["id"], [node["html"] for node in fault["nodes"]][:3]) for fault in found]
        assert told == [], scheme


def test_without_wish_for_motion_nothing_moves(opened: Opener) -> None:
    page = opened(PLACES["clip"], reduced_motion="reduce")
    settle(page, "clip")
    durations = page.evaluate(
        "[...document.querySelectorAll('*')].map(e => getComputedStyle(e))"
        ".filter(s => s.animationName !== 'none' || parseFloat(s.transitionDuration) > 0).length"
    )
    assert durations == 0


def test_a_page_that_holds_a_part_says_why(opened: Opener, data: PageData) -> None:
    page = opened()
    page.get_by_text(data.head["note"]).wait_for()


def test_a_damaged_block_is_told_and_the_overview_stays(
    broken: Callable[[str], Any], data: PageData
) -> None:
    damaged = replace(data, blocks=data.blocks | {"rows": data.blocks["rows"][:100]})
    page = broken(make_html(damaged))
    page.get_by_text('block "rows" cannot be inflated').wait_for()
    assert page.locator(".card").count() > 0


def test_rationales_that_no_search_can_find_are_told(
    broken: Callable[[str], Any], data: PageData
) -> None:
    damaged = replace(data, blocks=data.blocks | {"texts-0": data.blocks["texts-0"][:100]})
    page = broken(make_html(damaged))
    page.get_by_role("button", name=re.compile("^Clips")).click()
    told = page.get_by_role("alert")
    told.wait_for()
    assert told.inner_text().startswith("Not all rationales can be searched: block ")
    assert page.locator("#row-0").is_visible()


@pytest.mark.parametrize(
    ("text", "other", "told"),
    [
        ('"version":1,', '"version":7,', "reads version 1"),
        ('id="sk-head"', 'id="other"', "the page holds no data"),
    ],
)
def test_a_page_that_cannot_be_read_says_why(
    broken: Callable[[str], Any], data: PageData, text: str, other: str, told: str
) -> None:
    html = make_html(data)
    assert text in html
    broken(html.replace(text, other)).get_by_text(told).wait_for()
