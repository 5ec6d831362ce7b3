"""The page of every report: whole, escaped, without script or network, and without torch."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from skeletonllm.visualization.page import (
    make_facts,
    make_page,
    make_quote,
    make_section,
    make_table,
)

LIBRARY = Path(__file__).parents[3] / "skeletonllm"


def test_a_page_has_its_title_twice_and_its_parts_in_order() -> None:
    page = make_page("a < b", ["<p>one</p>", make_section("c & d", "<p>two</p>")], style=".x {}")
    assert page.startswith("<!doctype html>\n")
    assert "<title>a &lt; b</title>" in page
    assert "<h1>a &lt; b</h1>" in page
    assert page.index("<p>one</p>") < page.index("<h2>c &amp; d</h2>") < page.index("<p>two</p>")
    assert ".x {}</style>" in page
    assert not re.search(r"<script|<link|https?:|@import|url\(", page)


def test_what_comes_from_data_is_escaped() -> None:
    for text in (
        make_table([["<i>", 3]], ["<b>", "n"]),
        make_facts({"<b>": "<i>"}),
        make_quote("<b><i>"),
    ):
        assert "<b>" not in text
        assert "<i>" not in text
        assert "&lt;i&gt;" in text


def test_a_table_without_a_head_has_no_line_for_it() -> None:
    assert make_table([["a"]]) == "<table><tr><td>a</td></tr></table>"
    assert make_table([["a"]], ["b"]).count("<tr>") == 2


def test_no_other_module_has_a_page_or_a_style_of_a_page() -> None:
    skeletons = [
        str(path.relative_to(LIBRARY))
        for path in LIBRARY.rglob("*.py")
        if re.search(r"<!doctype|svg rect \{|^\s*table \{", path.read_text(), re.MULTILINE)
    ]
    # A report without scripts, and the page of a release, which is an application.
    assert sorted(skeletons) == ["viewer/page.py", "visualization/page.py"]


def test_charts_and_pages_open_without_torch() -> None:
    modules = "svg", "charts", "page", "sheets"
    names = ", ".join(f"skeletonllm.visualization.{name}" for name in modules)
    code = f"import sys, {names}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
