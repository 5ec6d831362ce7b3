"""The page of a release that was cut: wide tables, long words, nameless clips, two releases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from skeletonllm.viewer.served.pairs import open_pair
from skeletonllm.viewer.served.releases import open_release
from tests.web.conftest import Opener
from tests.web.made_releases import (
    CAPTION,
    CAPTIONED,
    CHANGES,
    NAMELESS,
    UNSEEN,
    Releases,
    make_releases,
)
from tests.web.serving import serve

WIDTHS = (1400, 390, 320)
PHONE = {"width": 390, "height": 844}
WAITS = {"": ".card", "#clips": "#row-0 .id", f"#clip={CAPTIONED}": "#stage canvas"}
_FOCUSED = "(e => e.id || e.className || e.tagName)(document.activeElement)"


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Releases:
    """Two of them, read only."""
    return make_releases(tmp_path_factory.mktemp("releases"))


@pytest.fixture(params=["file", "server"])
def release(request: Any, chromium: Any, releases: Releases) -> Iterator[Opener]:
    """Opens the later one, from disk and from a server; nothing may have been logged."""
    if request.param == "file":
        yield from _opening(chromium, Path(releases.new) / "report.html")
        return
    with serve(open_release(releases.new)) as address:
        yield from _opening(chromium, address)


@pytest.fixture
def page_file(releases: Releases) -> Path:
    """The page of the later one."""
    return Path(releases.new) / "report.html"


@pytest.fixture
def pair(chromium: Any, releases: Releases) -> Iterator[Opener]:
    """Opens both side by side."""
    changes = (Path(releases.new) / "changes.md").read_text()
    with serve(open_pair(releases.old, releases.new, changes)) as address:
        yield from _opening(chromium, address)


def _opening(chromium: Any, place: Path | str) -> Iterator[Opener]:
    opener = Opener(chromium, place)
    yield opener
    for context in opener.contexts:
        context.close()
    assert opener.logged == []


def focus_is(page: Any, wanted: str) -> None:
    """Wait until an element has the focus.

    Args:
        page: Asked.
        wanted: Its id, or else its classes.
    """
    page.wait_for_timeout(100)
    assert page.evaluate(_FOCUSED) == wanted


@pytest.mark.parametrize("fragment", WAITS)
def test_a_cut_release_stays_on_the_screen(release: Opener, fragment: str) -> None:
    page = release(fragment)
    page.wait_for_selector(WAITS[fragment])
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        page.wait_for_timeout(100)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_in_a_cut_release(opened: Opener, width: int) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs the extra dev")
    page = opened(viewport={"width": width, "height": 844}, reduced_motion="reduce")
    page.wait_for_selector(".markdown table")
    found = axe.Axe().run(page).response["violations"]
    told = [(fault["id"], [node["html"] for node in fault["nodes"]][:3]) for fault in found]
    assert told == []


def test_a_wide_table_is_scrolled_by_keys(opened: Opener) -> None:
    page = opened(viewport=PHONE)
    table = page.get_by_role("region", name="Costs by teacher")
    table.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.activeElement.scrollLeft > 0")


def test_clips_without_a_label_are_named_by_caption_or_id(release: Opener) -> None:
    page = release(f"#clip={CAPTIONED}&vs={NAMELESS}&t=0.1")
    page.wait_for_function("() => document.querySelectorAll('#stage canvas').length === 2")
    names = page.locator("figcaption").all_inner_texts()
    assert names[0] == CAPTION
    assert names[1].startswith(NAMELESS)
    assert page.locator(".pl-title h2").inner_text() == CAPTION
    page.get_by_role("button", name=f"Close “{NAMELESS}”").wait_for()
    told = page.locator(".pl-canvas").first.get_attribute("aria-label")
    assert f'"{CAPTION}"' in told


def test_a_row_without_a_label_says_what_is_known(release: Opener) -> None:
    page = release(f"#q={CAPTIONED}")
    page.locator(".total b", has_text="1").wait_for()
    assert page.locator("#row-0 .rank-0").inner_text().split("\n") == [CAPTION, CAPTIONED]
    page = release(f"#q={NAMELESS}")
    page.locator(".total b", has_text="1").wait_for()
    assert page.locator("#row-0 .rank-0").inner_text().split("\n") == [NAMELESS, "no label"]


def test_a_class_may_be_called_as_something_of_javascript_is(opened: Opener) -> None:
    page = opened("#where=label:constructor")
    page.get_by_role("button", name="class: constructor").wait_for()
    assert page.locator(".total b").inner_text() == "1"


def test_a_clip_that_nobody_observed_says_so(opened: Opener) -> None:
    page = opened(f"#clip={UNSEEN}&t=0.1")
    page.get_by_text("No joint of this clip was observed").wait_for()
    page = opened(f"#clip={CAPTIONED}&t=0.1")
    page.wait_for_selector("#stage canvas")
    assert page.locator(".pl-nothing").count() == 0


def test_the_list_of_two_releases_says_what_became_of_each_clip(pair: Opener) -> None:
    for width, name in ((1400, "list"), (390, "phone")):
        page = pair("#clips", viewport={"width": width, "height": 844})
        page.wait_for_selector("#row-0 .id")
        found = dict(
            zip(
                page.locator(".tall .id").all_inner_texts(),
                page.locator(".tall .of-change").all_inner_texts(),
                strict=True,
            )
        )
        words = {clip: found[clip].split()[-1] for clip in CHANGES}
        assert words == CHANGES, name
        assert page.locator(".tall .of-change").first.is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_filter_of_changes_is_the_first_and_open(pair: Opener) -> None:
    page = pair("#clips")
    first = page.locator("details.facet").first
    assert first.locator("summary").inner_text().lower().startswith("change")
    first.get_by_label("added").click()
    page.locator(".total b", has_text="1").wait_for()
    assert page.locator("#row-0 .id").inner_text() == "alpha/008"


@pytest.mark.parametrize("clip", CHANGES)
def test_an_opened_clip_of_two_releases_says_what_became_of_it(pair: Opener, clip: str) -> None:
    page = pair(f"#clip={clip}&t=0.1")
    said = page.locator(".pl-title h2 .pl-change")
    said.wait_for()
    assert CHANGES[clip] in said.inner_text()


def test_keys_go_on_where_they_were_when_something_closes(opened: Opener) -> None:
    page = opened(f"#clip=alpha/000&vs={NAMELESS}&t=0.1&where=corpus:alpha")
    close = page.get_by_role("button", name="Close “")
    close.focus()
    page.keyboard.press("Enter")
    close.wait_for(state="detached")
    focus_is(page, "pl-canvas")
    page.keyboard.press("Escape")
    page.wait_for_selector("#stage", state="detached")
    focus_is(page, "clips")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Close the clip").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#stage", state="detached")
    focus_is(page, "clips")
    page.get_by_role("button", name="corpus: alpha").focus()
    page.keyboard.press("Enter")
    focus_is(page, "words")


def test_on_a_phone_filters_open_in_sight(opened: Opener) -> None:
    page = opened("#clips", viewport=PHONE, has_touch=True, is_mobile=True)
    page.wait_for_selector("#row-0 .id")
    button = page.get_by_role("button", name="Filters", exact=True)
    assert button.get_attribute("aria-expanded") == "false"
    button.tap()
    focus_is(page, "filters")
    assert button.get_attribute("aria-expanded") == "true"
    assert button.get_attribute("aria-controls") == "filters"
    panel, shown = page.locator("#filters").bounding_box(), page.evaluate("[scrollY, innerHeight]")
    assert panel["y"] >= 0
    assert panel["y"] + 100 < shown[1]
    button.tap()
    page.wait_for_selector("#filters", state="detached")


@pytest.mark.parametrize("by", ["tap", "link"])
def test_on_a_phone_what_plays_a_clip_is_in_sight(release: Opener, by: str) -> None:
    fragment = "#clips" if by == "tap" else f"#clip={CAPTIONED}&t=0.1"
    page = release(fragment, viewport=PHONE, has_touch=True, is_mobile=True)
    if by == "tap":
        page.locator("#row-1").tap()
    page.wait_for_selector("#stage canvas")
    page.wait_for_timeout(300)
    canvas, play = (page.locator(name).bounding_box() for name in (".pl-canvas", ".pl-transport"))
    assert canvas["y"] >= 0
    assert play["y"] + play["height"] <= PHONE["height"]


THROWS = """{
  const get = HTMLCanvasElement.prototype.getContext;
  HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
    if (KINDS.test(kind)) throw new Error("no");
    return get.call(this, kind, ...more);
  };
}"""


@pytest.mark.parametrize(("kinds", "told"), [("/webgl/", False), ("/webgl|2d/", True)])
def test_a_browser_that_throws_for_a_context_is_met(opened: Opener, kinds: str, told: bool) -> None:
    page = opened("#clips")
    page.add_init_script(THROWS.replace("KINDS", kinds))
    page.reload()
    page.locator("#row-0").click()
    page.wait_for_selector("#stage canvas")
    page.wait_for_timeout(300)
    assert page.get_by_text("draw neither with WebGL nor on a canvas").count() == int(told)
    page.get_by_role("slider", name="Time").focus()
    page.keyboard.press("ArrowRight")
