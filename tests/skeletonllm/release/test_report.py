from __future__ import annotations

from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path

import pytest

from skeletonllm.release import cut_release

VOID = {"meta", "rect", "line", "br"}


class Balanced(HTMLParser):
    """Fails where tags do not nest."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.add(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        self.seen.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_is_one_wellformed_page_without_script_or_network(pristine: Path) -> None:
    text = (pristine / "report.html").read_text()
    page = Balanced()
    page.feed(text)
    assert page.open == []
    assert not page.seen & {"script", "link", "img", "iframe"}
    assert 'src="' not in text


def test_shows_what_decides_trust(pristine: Path) -> None:
    text = (pristine / "report.html").read_text()
    assert "2 (15.4% of clips and refusals)" in text
    assert "8 (true: 8)" in text
    assert "median 0.65, lowest 5 % up to 0.335" in text
    assert "redistribute: no" in text
    assert text.count("<figure>") == 3
    assert "beta" in text


def test_text_of_the_data_is_escaped(pristine: Path) -> None:
    text = (pristine / "report.html").read_text()
    assert "empty &lt;file&gt; &amp; &#x27;more&#x27;" in text
    assert "<file>" not in text


def test_a_clip_that_cannot_be_shown_costs_its_picture_only(
    stages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = import_module("skeletonllm.release.report")
    real, calls = report.draw_stick_figures, iter(range(99))

    def second_fails(motion: object) -> str:
        if next(calls) == 1:
            raise ZeroDivisionError("by <zero>")
        return str(real(motion))

    monkeypatch.setattr(report, "draw_stick_figures", second_fails)
    release = cut_release(str(tmp_path), "toy", "1.0.0", code="test", **stages)
    text = (Path(release) / "report.html").read_text()
    assert text.count("<figure>") == 3
    assert text.count("<figure><svg") == 2
    assert "No picture: alpha/001: ZeroDivisionError: by &lt;zero&gt;" in text
