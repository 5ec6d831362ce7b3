"""Chromium, and pages in it that may ask no network and log no error."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.web.made_data import PageData, make_page_data
from tests.web.made_html import make_html

playwright = pytest.importorskip("playwright.sync_api", reason="needs the extra dev: playwright")
Page = playwright.Page

ROWS = 300
HARMLESS = "GL Driver Message"
"""Software drawing says that reading its pixels is slow: nobody but a test does so."""


@dataclass
class Opener:
    """Opens pages, and keeps what they logged and asked for.

    Args:
        browser: Runs them.
        place: File of the page, or the address of a server.
        logged: Errors and warnings, until now.
        asked: Addresses of all requests.
    """

    browser: Any
    place: Path | str
    logged: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    contexts: list[Any] = field(default_factory=list)

    def __call__(self, fragment: str = "", **options: Any) -> Any:
        """The page, once it is drawn.

        Args:
            fragment: Of its address.
            options: Of the context, such as ``color_scheme``.
        """
        size = {"width": 1440, "height": 900}
        context = self.browser.new_context(**({"viewport": size} | options))
        context.set_default_timeout(10_000)
        self.contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.logged.append(str(error)))
        page.on("console", self._hear)
        page.on("request", lambda request: self.asked.append(request.url))
        address = self.place if isinstance(self.place, str) else self.place.as_uri()
        page.goto(f"{address}{fragment}")
        page.wait_for_selector("main")
        return page

    def _hear(self, message: Any) -> None:
        if message.type in ("error", "warning") and HARMLESS not in message.text:
            self.logged.append(message.text)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Debian's Chromium; tests skip where it is missing."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    with playwright.sync_playwright() as started:
        # Root, as in a container, may not use Chromium's sandbox.
        browser = started.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def data() -> PageData:
    """What the page holds."""
    return make_page_data(ROWS)


@pytest.fixture(scope="session")
def page_file(data: PageData, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page on disk."""
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(make_html(data))
    return path


@pytest.fixture
def opened(chromium: Any, page_file: Path) -> Iterator[Opener]:
    """Opens the page; at the end nothing may have been logged or asked of a network."""
    opener = Opener(chromium, page_file)
    yield opener
    for context in opener.contexts:
        context.close()
    assert opener.logged == []
    assert {url.partition("#")[0] for url in opener.asked} <= {page_file.as_uri()}


@pytest.fixture
def broken(chromium: Any, tmp_path: Path) -> Iterator[Callable[[str], Any]]:
    """Opens a page of given text, which may log what it likes."""
    contexts = []

    def open_text(text: str) -> Any:
        path = tmp_path / "broken.html"
        path.write_text(text)
        context = chromium.new_context()
        contexts.append(context)
        page = context.new_page()
        page.goto(path.as_uri())
        return page

    yield open_text
    for context in contexts:
        context.close()
