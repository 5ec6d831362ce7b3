"""How soon a page is painted and filtered in Chromium, and what memory it takes.

    python -m benchmarks.viewer.paint                       # pages of 100, 1,000 and 10,000 clips
    python -m benchmarks.viewer.paint --pages a.html b.html # pages that are there
    python -m benchmarks.viewer.paint --served 1000000 --release demo/releases/demo/0.1.0

Milliseconds. First paint counts from the opening of the file; a filter from the key or click to the
frame that shows its answer, middle and slowest of nine (words that are asked of a server wait
150 ms for the next key). Memory is that of the process that draws the page (PSS), after all
rationales were read and clips were opened. Bounds are those of the issue: 2 s, 100 ms, 500 MB.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import tyro

from benchmarks.table import publish_table
from benchmarks.viewer.made_pages import write_made_page
from benchmarks.viewer.served_rows import serve_rows

REPEATS = 9
CLIPS_OPENED = 20
_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"
_TIMED = """async ([act, value]) => {
  const actions = {
    chip: () => document.querySelector('.chip.bad').click(),
    words: () => { const box = document.getElementById('words');
      box.value = value; box.dispatchEvent(new Event('input', { bubbles: true })); },
    link: () => { location.hash = value; },
  };
  const frame = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)));
  const busy = () => document.querySelector('.results').getAttribute('aria-busy') === 'true';
  await frame();
  const start = performance.now();
  actions[act]();
  do await frame(); while (busy());
  return performance.now() - start;
}"""
FILTERS = {
    "chip": ("chip", ""),
    "words": ("words", "left hand rises"),
    "class": ("link", "#where=label:hand%20waving"),
    "range": ("link", "#range=seconds:2..3"),
    "sort": ("link", "#sort=grounded:up"),
}
"""What is done, and with which value."""


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this benchmark."""

    counts: tuple[int, ...] = (100, 1_000, 10_000)
    """Clips of the pages that are made."""
    pages: tuple[str, ...] = ()
    """Pages that are there, instead."""
    served: int | None = None
    """Rows of a page that is served, as well; they are drawn from a release."""
    release: str = "demo/releases/demo/0.1.0"
    """Whose rows are served."""
    json: str | None = None
    """File for the table."""


def main(flags: Flags) -> int:
    program = shutil.which("chromium")
    if program is None:
        print("needs Chromium: apt-get install chromium")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(page) for page in flags.pages] or _make(Path(folder), flags.counts)
        rows = [_measure(program, path.as_uri(), _megabytes(path)) for path in paths]
    if flags.served is not None:
        with serve_rows(flags.release, flags.served) as url:
            rows.append(_measure(program, url, "served"))
    publish_table("The page in Chromium", rows, flags.json)
    return 0


def _megabytes(path: Path) -> str:
    return f"{path.stat().st_size / 1e6:.1f}"


def _make(folder: Path, counts: tuple[int, ...]) -> list[Path]:
    paths = [folder / f"{count}.html" for count in counts]
    for path, count in zip(paths, counts, strict=True):
        write_made_page(path, count)
    return paths


def _measure(program: str, url: str, size: str) -> dict[str, Any]:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only who measures needs it

    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(120_000)
        page.goto(url)
        page.wait_for_selector(".card, .start")
        paint = page.wait_for_function(f"() => {_PAINT}").json_value()
        page.goto(f"{url}#clips")
        page.wait_for_selector(".total b")
        began = time.perf_counter()
        page.wait_for_selector(".reading", state="detached")
        reading = time.perf_counter() - began
        clips = int(re.sub(r"\D", "", page.locator(".total").inner_text().partition("of")[2]))
        filters = {name: _time(page, *done) for name, done in FILTERS.items()}
        _open_clips(page)
        row = {
            "clips": f"{clips:,}",
            "MB": size,
            "first paint": round(paint),
            "rationales read, s": f"{reading:.1f}",
            **filters,
            "memory, MB": round(_measure_memory(browser)),
        }
        browser.close()
    return row


def _time(page: Any, act: str, value: str) -> str:
    """Milliseconds of some runs: the middle one, and the slowest."""
    runs = []
    for _ in range(REPEATS):
        page.evaluate("location.hash = '#clips'")
        page.wait_for_function("() => document.querySelectorAll('.filters').length === 0")
        page.wait_for_selector(".results[aria-busy=false]")
        runs.append(page.evaluate(_TIMED, [act, value]))
    return f"{median(runs):.0f}; {max(runs):.0f}"


def _open_clips(page: Any) -> None:
    page.evaluate("location.hash = '#clips'")
    page.wait_for_selector("#row-0 .id")
    page.locator("#row-0").click()
    for _ in range(CLIPS_OPENED):
        page.keyboard.press("j")
        page.wait_for_timeout(100)


def _measure_memory(browser: Any) -> float:
    """Megabytes of the process that draws the page; of several the largest."""
    session = browser.new_browser_cdp_session()
    told = session.send("SystemInfo.getProcessInfo")["processInfo"]
    return max(_read_pss(each["id"]) for each in told if each["type"] == "renderer")


def _read_pss(process: int) -> float:
    text = Path(f"/proc/{process}/smaps_rollup").read_text()
    found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    assert found is not None
    return int(found[1]) / 1e3


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Flags)))
