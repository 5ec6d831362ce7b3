"""The page as `skeletonllm view` serves it: what it shows comes from the server, and errors too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from skeletonllm.synthesis import synthesize
from skeletonllm.testing.clips import make_clip
from skeletonllm.viewer.entries import Entry
from skeletonllm.viewer.served.shelf import Shelf, ShelfBuilder
from tests.web.conftest import Opener
from tests.web.serving import serve

CLIPS = 230
SUBJECTS = 106
LABELS = ("kick", "wave", "throw")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Of a server of made clips."""
    with serve(_make_shelf()) as found:
        yield found


def _make_shelf() -> Shelf:
    entries, builder = [_make_entry(row) for row in range(CLIPS)], ShelfBuilder()
    for entry in entries:
        builder.add(entry)
    rows, words = builder.build()
    nothing: dict[str, Any] = {"changes": None}
    parts = ("facts", "charts", "tables", "findings", "lineage")
    overview = nothing | {part: [] for part in parts}
    return Shelf("clips", "made clips", rows, words, entries.__getitem__, overview)


def _make_entry(row: int) -> Entry:
    motion = synthesize("hand waving", seed=row % 5)
    return Entry(
        make_clip(
            motion,
            clip_id=f"made/{row:04d}",
            label=LABELS[row % 3],
            subject=f"P{row % SUBJECTS:03d}",
        )
    )


@pytest.fixture
def served(chromium: Any, address: str) -> Iterator[Opener]:
    """Opens the served page; at the end it may have asked its own server alone."""
    opener = Opener(chromium, address)
    yield opener
    for context in opener.contexts:
        context.close()
    assert {url for url in opener.asked if not url.startswith((address, "data:"))} == set()


def test_rows_far_down_are_fetched_when_they_come_into_sight(served: Opener) -> None:
    page = served("#clips")
    page.wait_for_selector("#row-0 .id")
    assert page.locator(".total b").inner_text() == str(CLIPS)
    page.locator("#clips").press("End")
    page.locator(f"#row-{CLIPS - 1} .id", has_text=f"made/{CLIPS - 1:04d}").wait_for()
    assert served.logged == []


def test_words_filters_and_counts_are_the_servers(served: Opener) -> None:
    page = served("#where=label:kick")
    expected = len(range(0, CLIPS, 3))
    page.locator(".total b", has_text=str(expected)).wait_for()
    line = page.locator(".facet li", has_text="wave")
    assert line.locator(".number").inner_text() == str(len(range(1, CLIPS, 3)))
    page.get_by_role("searchbox", name="Search in all columns").fill("0009")
    page.locator(".total b", has_text="1").wait_for()
    page.locator("#row-0 .id", has_text="made/0009").wait_for()
    assert served.logged == []


def test_a_link_opens_a_clip_with_all_of_its_frames(served: Opener) -> None:
    page = served("#clip=made/0100&sort=quality:down")
    page.wait_for_selector("#stage canvas")
    assert "made/0100" in page.locator("#stage").inner_text()
    assert served.logged == []


def test_a_server_that_is_gone_is_told_and_asked_again(served: Opener) -> None:
    page = served("#clips")
    page.wait_for_selector("#row-0 .id")
    page.route("**/api/query*", lambda route: route.abort())
    page.get_by_label("Sort by").select_option("clip_id")
    page.get_by_role("alert").filter(has_text="does `skeletonllm view` still run?").wait_for()
    page.unroute("**/api/query*")
    page.get_by_role("button", name="Try again").click()
    page.get_by_role("alert").wait_for(state="detached")
    page.locator("#row-0 .id", has_text="made/0000").wait_for()


def test_where_no_rationale_was_judged_no_verdict_is_counted(served: Opener) -> None:
    page = served("#clips")
    page.wait_for_selector("#row-0 .id")
    assert page.locator(".chip").count() == 0
    page.get_by_role("button", name="At a glance").click()
    page.get_by_role("button", name=f"{CLIPS} clips in the list").wait_for()
    assert "contradicted" not in page.locator("main").inner_text()


def test_a_link_to_a_clip_far_down_shows_its_row_and_its_neighbours(served: Opener) -> None:
    page = served("#clip=made/0200&t=0.1")
    page.wait_for_selector("#row-200.chosen")
    page.keyboard.press("j")
    page.wait_for_function("() => location.hash.includes('clip=made/0201')")
    page.get_by_label("Sort by").select_option("clip_id")
    page.get_by_role("button", name="turn round").click()
    page.wait_for_selector(f"#row-{CLIPS - 1 - 201}.chosen")
    page.get_by_role("button", name="Previous clip").click()
    page.wait_for_function("() => location.hash.includes('clip=made/0202')")
    assert served.logged == []


def test_all_words_of_a_column_can_be_looked_for(served: Opener) -> None:
    page = served("#where=subject:P105,P999")
    page.locator(".total b", has_text=str(len(range(105, CLIPS, SUBJECTS)))).wait_for()
    facet = page.locator(".facet").filter(has=page.locator("summary", has_text="subject"))
    lines = [line.split() for line in facet.locator("li").all_inner_texts()]
    chosen = {line[0]: line[-1] for line in lines}
    assert (chosen["P105"], chosen["P999"]) == ("2", "0")
    assert facet.get_by_role("searchbox").get_attribute("placeholder") == f"Look in {SUBJECTS}"
    facet.get_by_role("searchbox").fill("p099")
    assert facet.locator("li").all_inner_texts()[0].split() == ["P099", "2"]
    assert served.logged == []


def test_what_a_link_asks_in_vain_is_left_out_and_told(served: Opener) -> None:
    page = served("#where=bogus:x&sort=worse:up")
    page.locator(".total b", has_text=str(CLIPS)).wait_for()
    page.get_by_text("filter or sort by “bogus”, “worse”").first.wait_for()
    assert page.evaluate("location.hash") == "#clips"
    assert served.logged == []
